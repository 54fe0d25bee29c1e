"""Two kinds of not knowing kept apart: what varies from year to year is a curve, what we do not know is its band."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, finite_array, level
from kivijalka.engine.law import Severity
from kivijalka.engine.learning import GammaRate
from kivijalka.engine.measure import EventMeasure, Knots
from kivijalka.engine.portfolio import Portfolio
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.tables import filled
from kivijalka.engine.view import View

CHUNK = 256
SURE = 0.99  # confidence of the bounds in what the draws happen to be
DrawSeverity = Callable[[np.random.Generator], Severity]


@dataclass(frozen=True)
class Band:
    """P(S > x) at each x: its mean over what we do not know, and the limits between which `inside` of it lies.

    `mean_bounds`, `low_bounds`, `high_bounds` (2, len(x)) contain the true ones: certainly as to what is computed for
    each draw, and with a confidence of 99 % at each x as to which draws were made (docs/engine.md).
    """

    x: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    mean_bounds: FloatArray
    low_bounds: FloatArray
    high_bounds: FloatArray
    inside: float


def band(
    portfolio: Portfolio,
    rates: Sequence[GammaRate | None],
    x: FloatArray,
    rng: np.random.Generator,
    *,
    severities: Mapping[int, DrawSeverity] | None = None,
    draws: int = 200,
    inside: float = 0.9,
    points: int = 2**11,
) -> Band:
    """Exceedance curves with a band: rates[i] is what we know of the rate of the portfolio's i-th risk (None: all).

    `severities` gives, by the risk's place, a function that draws one of the severities that may be true (for instance
    from `learning.lognormal_posterior`). Year-to-year variation, factors and shocks are in each curve; not knowing is
    between curves.

    >>> from kivijalka.engine.severity import Gamma
    >>> from kivijalka.engine.portfolio import Risk
    >>> town = Portfolio([Risk(1.0, Gamma(1, 100.0))])
    >>> b = band(town, [GammaRate(2.0, 2.0)], np.array([300.0]), np.random.default_rng(1), draws=50)
    >>> bool(b.low[0] < town.curve().exceedance(300.0).value < b.high[0])
    True
    """
    level("inside", inside)
    numbers, unsure = list(portfolio.risks), dict(severities or {})
    if len(rates) != len(numbers):
        raise BadInput("rates", len(rates), f"one entry per risk ({len(numbers)})")
    if wrong := [i for i in unsure if not 0 <= i < len(numbers)]:
        raise BadInput("severities", wrong, f"places of risks from 0 to {len(numbers) - 1}")
    if not draws >= 2:
        raise BadInput("draws", draws, "a whole number of at least 2")
    x = finite_array("x", x, least=0.0)
    drawn = [
        np.full(draws, portfolio.risks[n].rate) if r is None else rng.gamma(r.shape, 1 / r.exposure, draws)
        for n, r in zip(numbers, rates, strict=True)
    ]
    tables = _tables(portfolio, np.array(drawn).reshape(len(numbers), draws), unsure, rng, draws)
    recipe, knots = portfolio.table(0), portfolio.knots
    cap = float(knots.x[min(int(np.searchsorted(knots.x, 1.02 * float(x.max(initial=1.0)))), knots.count - 1)])
    found = np.empty((3, draws, len(x)))
    for i in range(draws):
        view = View(_with(recipe, portfolio.blocks_of(0), tables, i, knots), cap, points, 1e-2)
        for j, size in enumerate(x):
            b = view.exceedance(float(size)) if size > 0 else None
            none = view.recipe.probability_of_none()
            found[:, i, j] = (b.value, b.low, b.high) if b else (1 - none, 1 - none, 1 - none)
    return _band(x, found, inside)


def _tables(
    portfolio: Portfolio, rates: FloatArray, unsure: Mapping[int, DrawSeverity], rng: np.random.Generator, draws: int
) -> dict[int | None, FloatArray]:
    """For each factor its table row in each draw."""
    knots, risks = portfolio.knots, list(portfolio.risks.values())
    out = {f: np.zeros((draws, knots.width)) for f in portfolio.blocks_of(0)}
    for factor, table in out.items():
        sure = [i for i, r in enumerate(risks) if r.factor == factor and i not in unsure]
        for start in range(0, len(sure), CHUNK):
            part = sure[start : start + CHUNK]
            one = filled(np.arange(len(part)), len(part), np.ones(len(part)), [risks[i].severity for i in part], knots)
            table += rates[part].T @ one
    for i, draw in unsure.items():
        some = [draw(rng) for _ in range(draws)]
        out[risks[i].factor] += filled(np.arange(draws), draws, rates[i], some, knots)
    return out


def _with(
    recipe: Recipe, factors: list[int | None], tables: Mapping[int | None, FloatArray], draw: int, knots: Knots
) -> Recipe:
    """The recipe with its events' rows of one draw."""
    blocks = (
        replace(block, events=EventMeasure(knots, tables[f][draw], 4 * block.events.noise))
        for f, block in zip(factors, recipe.blocks, strict=True)
    )
    return Recipe(tuple(blocks))


def _band(x: FloatArray, found: FloatArray, inside: float) -> Band:
    """Sample means and quantiles; bounds by Hoeffding's inequality and by order statistics."""
    from scipy.stats import binom

    value, least, most = np.sort(np.clip(found, 0.0, 1.0), axis=1)
    draws, side, miss = value.shape[0], (1 - inside) / 2, (1 - SURE) / 2
    slip = math.sqrt(math.log(1 / miss) / (2 * draws))

    def limit(p: float) -> FloatArray:
        a, b = int(binom.ppf(miss, draws, p)) - 1, int(binom.ppf(1 - miss, draws, p))
        low = least[a] if a >= 0 else np.zeros(len(x))
        return np.array([low, most[b] if b < draws else np.ones(len(x))])

    mean = np.array([least.mean(0) - slip, most.mean(0) + slip])
    low, high = np.quantile(value, [side, 1 - side], axis=0)
    return Band(x, value.mean(0), low, high, np.clip(mean, 0, 1), limit(side), limit(1 - side), inside)
