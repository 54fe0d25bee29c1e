"""All units of a tree at once: quantiles and tail means of many curves, each with its bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.errors import BadInput, FloatArray, IntArray, level
from kivijalka.engine.inversion import OutOfReach
from kivijalka.engine.portfolio import Portfolio
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.view import View, reach

Wheel = tuple[NDArray[np.complex128], IntArray]
NARROW = 0.02  # relative width of a quantile's bounds from which four times the points are asked
WIDE = 1e-2  # the same, where units are not plain, from which the slower bounds by chords are asked


@dataclass(frozen=True)
class Bounds:
    """Figures with bounds that contain the truth, euro: arrays (units, levels)."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Figures:
    """Per unit (row): mean, standard deviation, probability of none; per level (column): quantile, tail mean; euro."""

    mean: FloatArray
    std: FloatArray
    none: FloatArray
    quantile: Bounds
    tail_mean: Bounds


def figures(
    portfolio: Portfolio,
    levels: Sequence[float] = (0.99, 0.995),
    units: Sequence[int] | None = None,
    *,
    points: int = 2**9,
    workers: int | None = None,
) -> Figures:
    """Figures of `units` (default: all), each on a lattice of its own scale, from the tables kept up to date.

    Bounds contain the truth and are as wide as they come: `portfolio.curve(unit)` refines them. After a change only
    the changed risk's unit and those above need asking: `figures(portfolio, units=portfolio.above(unit))`.

    >>> from kivijalka.engine import Gamma, Risk
    >>> f = figures(Portfolio([Risk(2.0, Gamma(1, 100.0), 1)], [-1, 0]), [0.99])
    >>> f.quantile.value.round(1).tolist()
    [[862.3], [862.3]]
    >>> bool((f.quantile.low <= 862.2568).all() and (f.quantile.high >= 862.2568).all())
    True
    """
    from kivijalka.engine.compiled import in_parallel
    from kivijalka.engine.reach_kernels import wheel

    wanted = [level("levels", p) for p in levels]
    if points < 64 or points & (points - 1):
        raise BadInput("points", points, "a power of 2 from 64 on")
    chosen = range(len(portfolio.parents)) if units is None else units
    quantile, tail = np.zeros((3, len(chosen), len(wanted))), np.zeros((3, len(chosen), len(wanted)))
    plain = np.zeros((3, len(chosen)))

    small, wheels = wheel(256), [wheel(2 * points), wheel(8 * points)]

    def work(first: int, last: int) -> None:
        found = np.empty((len(wanted), 6))
        for i in range(first, last):
            unit = chosen[i]
            row, noise = portfolio.plain_row(unit)
            if row is not None and _plain(portfolio, row, noise, wanted, small, wheels, found):
                plain[:, i] = row[-2], math.sqrt(row[-1]), math.exp(-row[portfolio.knots.count])
                quantile[:, i], tail[:, i] = found[:, :3].T, found[:, 3:].T
                continue
            recipe = portfolio.table(unit)
            none = recipe.probability_of_none()
            plain[:, i] = recipe.mean, math.sqrt(max(recipe.variance, 0.0)), none
            for j, (q, t) in enumerate(_ask(portfolio, unit, recipe, wanted, none, points)):
                quantile[:, i, j] = q.value, q.low, q.high
                tail[:, i, j] = t.value, t.low, t.high

    portfolio.add_up()
    in_parallel(work, len(chosen), workers)
    return Figures(plain[0], plain[1], plain[2], Bounds(*quantile), Bounds(*tail))


def _plain(
    portfolio: Portfolio,
    row: FloatArray,
    noise: float,
    levels: list[float],
    small: Wheel,
    wheels: list[Wheel],
    out: FloatArray,
) -> bool:
    """The figures of independent events with densities, on more points where bounds are wide; False where in vain."""
    from kivijalka.engine.node_kernels import grid
    from kivijalka.engine.plain_kernels import figures_of

    knots = portfolio.knots
    fixed = (knots.x, knots.sizes, knots.frequencies, row, noise, np.array(levels), *small)
    done = False
    for large in wheels:
        found = np.empty_like(out)
        told: list[Any] = [*fixed, *large, *grid(len(large[1]) // 2, 1.0, 10), found]
        if figures_of(*told):
            if not done or found[:, 2].sum() - found[:, 1].sum() < out[:, 2].sum() - out[:, 1].sum():
                out[:] = found
            done = True
            if not (out[:, 2] - out[:, 1] > NARROW * out[:, 0]).any():
                break
    return done


def _ask(
    portfolio: Portfolio, unit: int, recipe: Recipe, levels: list[float], none: float, points: int
) -> list[tuple[Bounded, Bounded]]:
    if none >= 1.0:
        return [(Bounded.exactly(0.0), Bounded.exactly(0.0))] * len(levels)
    view = View(recipe, reach(recipe, max(*levels, 1e-9)), points, WIDE)
    try:
        return [_one(view, p, none, recipe.mean) for p in levels]
    except OutOfReach:
        curve = portfolio.curve(unit, points=points, tolerance=WIDE)
        worst = Bounded.exactly(math.inf)
        finite = math.isfinite(recipe.mean)
        return [(curve.quantile(p), curve.tail_mean(p) if finite else worst) for p in levels]


def _one(view: View, p: float, none: float, mean: float) -> tuple[Bounded, Bounded]:
    if p > none:
        found = view.quantile(p)
        return found, view.tail_mean(p, mean, found) if math.isfinite(mean) else Bounded.exactly(math.inf)
    tail = mean / (1 - p)
    error = view.recipe.noise * tail
    return Bounded.exactly(0.0), Bounded(tail, tail - error, tail + error)
