"""Allocation: each risk's and unit's share of mean, VaR and TVaR, adding up and bounded (docs/engine.md, Shares)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.curve import LossCurve
from kivijalka.engine.errors import BadInput, FloatArray, IntArray, NoMean, level
from kivijalka.engine.insurance import Cover
from kivijalka.engine.portfolio import Portfolio, Risk
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.sharing import Others, View, sharing

CHUNK, POINTS = 512, 2**14
WINDOW = 0.005  # years whose loss lies this near to VaR, relative, stand for those where it is VaR


@dataclass(frozen=True)
class Share:
    """A share with bounds that contain the true one, euro: arrays of one entry per row."""

    value: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def total(self) -> float:
        """What the shares add up to."""
        return float(self.value.sum())


@dataclass(frozen=True)
class Shares:
    """Euler shares, euro: row i belongs to risk `risks[i]`; then one row for each hit of each shock, in order.

    `mean` is E[S_i]; `tvar` the mean of S_i over the worst 1 - p of years; `var` VaR times its part of what the years cost
    whose loss lies within 0.5 % of VaR. Each adds up to the mean, TVaR and VaR. `units[i]` is the unit at which row i enters.
    """

    risks: IntArray
    units: IntArray
    mean: FloatArray
    var: Share
    tvar: Share

    def by_unit(self, portfolio: Portfolio) -> FloatArray:
        """Shares (units, 3) of mean, VaR and TVaR of every unit with all below it."""
        out = np.zeros((len(portfolio.parents), 3))
        np.add.at(out, self.units, np.column_stack([self.mean, self.var.value, self.tvar.value]))
        for unit in np.argsort(-portfolio.depth, kind="stable"):
            if (parent := portfolio.parents[unit]) >= 0:
                out[parent] += out[unit]
        return out


def shares(portfolio: Portfolio, p: float, unit: int = 0, *, points: int = POINTS) -> Shares:
    """Each risk's shares of the unit's mean, VaR and TVaR at level p.

    By Mecke's formula E[S_i; S <= x] is the integral of y P(S <= x - y) over the events of i, hence linear in its
    row of the tables; under a gamma factor or in a shock the other part's law takes the place of S's.
    Source: Tasche 1999 (Euler shares); Last and Penrose, Lectures on the Poisson Process, section 4.1 (Mecke).

    >>> from kivijalka.engine.severity import Gamma
    >>> s = shares(Portfolio([Risk(1.0, Gamma(1, 10.0)), Risk(2.0, Gamma(1, 50.0))]), 0.99)
    >>> total = Portfolio([Risk(1.0, Gamma(1, 10.0)), Risk(2.0, Gamma(1, 50.0))]).curve().tail_mean(0.99)
    >>> abs(s.tvar.total - total.value) < 1e-9 * total.value
    True
    """
    made = WorstYears.of(portfolio, p, unit, points=points)
    numbers = portfolio.members(unit)
    risks = [portfolio.risks[i] for i in numbers]
    hits = [u for _, h in portfolio.shocks_of(unit) for u, _ in h]
    out = np.zeros((7, len(risks) + len(hits)))
    for factor in {r.factor for r in risks if r.rate > 0}:
        mine = np.array([i for i, r in enumerate(risks) if r.factor == factor])
        for some in np.array_split(mine, -(-len(mine) // CHUNK)):
            out[:, some] = made.events(factor, portfolio.each([risks[i] for i in some]))
    out[:, len(risks) :] = made.hits()
    units = np.array([r.unit for r in risks] + hits, np.int64)
    return Shares(np.array(numbers, np.int64), units, out[0], Share(*out[1:4]), Share(*out[4:]))


def some_shares(
    portfolio: Portfolio, some: Sequence[Risk], p: float, unit: int = 0, *, years: WorstYears | None = None
) -> tuple[FloatArray, Share]:
    """Shares (mean, TVaR) of parts of the unit's independent events: of each of `some`, at its own rate.

    `years` are the unit's, if they are at hand.

    >>> from kivijalka.engine.severity import Gamma
    >>> a, b = Risk(1.0, Gamma(1, 10.0)), Risk(2.0, Gamma(1, 50.0))
    >>> mean, tvar = some_shares(Portfolio([a, b]), [b, Risk(1.0, Gamma(1, 50.0))], 0.99)
    >>> mean.round(6).tolist(), bool(abs(tvar.value[0] - 2 * tvar.value[1]) < 1e-9 * tvar.value[0])
    ([100.0, 50.0], True)
    """
    found = (years or WorstYears.of(portfolio, p, unit)).events(None, portfolio.each(some))
    return found[0], Share(*found[4:])


def unit_shares(
    portfolio: Portfolio, p: float, unit: int = 0, *, years: WorstYears | None = None
) -> tuple[FloatArray, Share, Share]:
    """Shares (mean, VaR, TVaR) of every unit with all below it in the figures of `unit`: arrays by unit, 0 outside it.

    `years` are the unit's, if they are at hand.

    >>> from kivijalka.engine.severity import Gamma
    >>> mean, _, tvar = unit_shares(Portfolio([Risk(1.0, Gamma(1, 10.0), 1), Risk(2.0, Gamma(1, 50.0), 2)], [-1, 0, 0]), 0.99)
    >>> mean.round(6).tolist(), bool(abs(tvar.value[1] + tvar.value[2] - tvar.value[0]) < 1e-9 * tvar.value[0])
    ([110.0, 10.0, 100.0], True)
    """
    made = years or WorstYears.of(portfolio, p, unit)
    out = np.zeros((7, len(portfolio.parents)))
    inside = portfolio.units_below(unit)
    for factor in (None, *range(len(portfolio.factors))):
        if (rows := portfolio.rows(inside, factor)) is not None:
            out[:, inside] += made.events(factor, rows)
    hits = made.hits()
    for i, u in enumerate(u for _, h in portfolio.shocks_of(unit) for u, _ in h):
        for above in portfolio.above(u):
            out[:, above] += hits[:, i] if above in inside else 0.0
    return out[0], Share(*out[1:4]), Share(*out[4:])


@dataclass(frozen=True)
class WorstYears:
    """The years at most as bad as VaR's bounds, and those near VaR, in which parts are looked at.

    `at` are VaR's lower bound, VaR, its upper bound, and both ends of the window; `near` bounds the window's chance.
    """

    recipe: Recipe
    view: View
    places: dict[int | None, int]
    p: float
    at: tuple[float, ...]
    near: Bounded
    tail_mean: float

    @classmethod
    def of(
        cls, portfolio: Portfolio, p: float, unit: int = 0, *, points: int = POINTS, curve: LossCurve | None = None
    ) -> WorstYears:
        """Those of a unit, of whose transforms each has so many points; `curve` is the unit's, if one is at hand."""
        level("p", p)
        curve = curve or portfolio.curve(unit)
        if not math.isfinite(curve.mean):
            raise NoMean("severity", curve.mean, "severities with a finite mean (tail index above 1)")
        if p <= curve.probability_of_none:
            raise BadInput("p", p, f"a level above the probability of no loss, {curve.probability_of_none:.6g}")
        q = curve.quantile(p)
        recipe, ends = portfolio.table(unit), (q.value * (1 - WINDOW), q.value * (1 + WINDOW))
        x = recipe.first.x
        cap = float(x[min(int(np.searchsorted(x, 1.02 * max(ends[1], q.high))), len(x) - 1)])
        above = [curve.exceedance(end) for end in ends]
        chance = above[0].value - above[1].value
        near = Bounded(chance, above[0].low - above[1].high, above[0].high - above[1].low)
        places = {f: i for i, f in enumerate(portfolio.blocks_of(unit))}
        view, worst = sharing(recipe, cap, points), curve.tail_mean(p).value
        return cls(recipe, view, places, p, (q.low, q.value, q.high, *ends), near, worst)

    def events(self, factor: int | None, rows: FloatArray) -> FloatArray:
        """(mean; VaR share, low, high; TVaR share, low, high) of parts with these table rows."""
        return self._shares(self._below(self.view.besides_events(self.places[factor]), rows))

    def hits(self) -> FloatArray:
        """The same of every hit of every shock, in order."""
        return self._shares(self._of_hits)

    def _below(self, others: Others, rows: FloatArray, rate: float = 1.0) -> FloatArray:
        """(parts, 16): mean; what parts lose in years at most as bad as each of `at`, and bounds of it, euro a year.

        `rows` are of one event where they come at `rate` with others.
        """
        knots, noise, mean = self.recipe.first.knots, self.recipe.noise, rate * rows[:, -2:-1]
        made = [others.below(x, knots, noise) for x in self.at]
        tables = rows[:, :-2]  # without the square, which may be infinite
        value, wrong = tables @ np.array([v[:-2] for v, _ in made]).T, tables @ np.array([e[:-2] for _, e in made]).T
        wrong = wrong + noise * np.abs(mean)
        return np.hstack([mean, value, np.clip(value - wrong, 0, mean), np.clip(value + wrong, 0, mean)])

    @cached_property
    def _of_hits(self) -> FloatArray:
        found = [np.zeros((0, 16))]
        for b, block in enumerate(self.recipe.blocks):
            for s, shock in enumerate(block.shocks):
                for h, part in enumerate(shock.parts):
                    found.append(self._below(self.view.besides_hit(b, s, h), part.row[None, :], shock.rate))
        return np.concatenate(found)

    @cached_property
    def _totals(self) -> tuple[float, float]:
        """What all parts lose in the years near VaR, and in the worst ones, euro a year: what shares are measured by."""
        rows = [
            self._below(self.view.besides_events(b), x.events.row[None, :]) for b, x in enumerate(self.recipe.blocks)
        ]
        total = np.concatenate([*rows, self._of_hits]).sum(axis=0)
        return float(total[5] - total[4]), float(total[0] - total[2])

    def _shares(self, found: FloatArray) -> FloatArray:
        mean, (value, low, high) = found[:, 0], np.split(found[:, 1:].T, 3)
        near, worst = self._totals
        tvar = (mean - value[1]) * self.tail_mean / worst if worst > 0 else np.zeros(len(mean))
        tvar_low, tvar_high = (mean - high[2]) / (1 - self.p), (mean - low[0]) / (1 - self.p)
        var = (value[4] - value[3]) * self.at[1] / near if near > 0 else np.zeros(len(mean))
        var_low = np.maximum(low[4] - high[3], 0) / self.near.high * self.at[0] / self.at[4]
        most = (high[4] - low[3]) / self.near.low if self.near.low > 0 else np.full(len(mean), np.inf)
        var_high = np.minimum(most / self.at[3], 1.0) * self.at[2]
        around_var = np.minimum(var_low, var), np.maximum(var_high, var)
        return np.array([mean, var, *around_var, tvar, np.minimum(tvar_low, tvar), np.maximum(tvar_high, tvar)])


@dataclass(frozen=True)
class Difference:
    """Figures of a unit before and after one change, euro."""

    mean_before: float
    mean_after: float
    var_before: Bounded
    var_after: Bounded
    tvar_before: Bounded
    tvar_after: Bounded

    @property
    def saves(self) -> tuple[float, Bounded, Bounded]:
        """By how much mean, VaR and TVaR fall, euro a year."""
        var, tvar = less(self.var_before, self.var_after), less(self.tvar_before, self.tvar_after)
        return self.mean_before - self.mean_after, var, tvar


def less(a: Bounded, b: Bounded) -> Bounded:
    """a - b, with the bounds of both.

    >>> less(Bounded(5.0, 4.0, 6.0), Bounded(2.0, 1.0, 3.0))
    Bounded(value=3.0, low=1.0, high=5.0)
    """
    return Bounded(a.value - b.value, a.low - b.high, a.high - b.low)


def what_if(
    portfolio: Portfolio, number: int, instead: Risk | Cover | None, p: float = 0.99, unit: int = 0
) -> Difference:
    """What changes at `unit` when risk `number` is removed (None), replaced by a Risk, or bought a Cover.

    The portfolio is left as it was.

    >>> from kivijalka.engine.severity import Gamma
    >>> town = Portfolio([Risk(1.0, Gamma(1, 100.0)), Risk(0.5, Gamma(2, 300.0))])
    >>> mean, var, tvar = what_if(town, 1, Cover(200.0, 500.0)).saves
    >>> round(mean, 2), var.low > 0, tvar.low > 0
    (142.34, True, True)
    """
    before = portfolio.curve(unit)
    old = portfolio.known(number)
    if isinstance(instead, Cover):
        instead = replace(old, severity=instead.net(old.severity))
    if instead is None:
        instead = replace(old, rate=0.0)
    portfolio.change(number, instead)
    try:
        after = portfolio.curve(unit)
    finally:
        portfolio.change(number, old)
    return Difference(
        before.mean, after.mean, before.quantile(p), after.quantile(p), before.tail_mean(p), after.tail_mean(p)
    )
