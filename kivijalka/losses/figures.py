"""Figures of a portfolio's year: its curve, its dearest event, and what each part adds. Numbers in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kivijalka.engine import Bounded, LossCurve, Portfolio, Risk
from kivijalka.engine.allocation import WorstYears, some_shares, unit_shares
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.view import View

YEARS = (5, 10, 20, 50, 100, 200)
WORST = 0.95  # the worst twentieth of years is what parts are weighed by
RARE = 1000  # years: how far to the right a curve is drawn
POINTS, DRAWN, VIEWS = 2**12, 40, 3
NEGLIGIBLE = 0.01  # relative width of a bound that a reader need not be told of


class KeptCurve(LossCurve):
    """The curve of tables that are kept up to date: nothing is tabulated anew, however many risks there are."""

    @classmethod
    def of(cls, portfolio: Portfolio) -> KeptCurve:
        recipe = portfolio.table(0)
        return cls(lambda _cap, _points: recipe, recipe, POINTS, NEGLIGIBLE / 2, 4 * POINTS, wide=NEGLIGIBLE / 2)

    def _view_to(self, top: float, points: int) -> View:
        x = self.coarse.first.x
        return super()._view_to(float(x[min(int(np.searchsorted(x, top)), len(x) - 1)]), points)


@dataclass(frozen=True)
class Year:
    """A year's loss: `once_in[n]` is passed once in n years on average, euro; 0: it happens less often at all."""

    mean: float
    none: float
    once_in: dict[int, Bounded]
    largest_once_in: dict[int, float]

    @property
    def is_empty(self) -> bool:
        return self.mean == 0


@dataclass(frozen=True)
class Parts:
    """What parts of the whole add to it: to the mean, and to the mean of the worst years; euro."""

    mean: FloatArray
    tail: FloatArray


class Figures:
    """What is told of a portfolio as it stands: each figure is reckoned once, when it is first asked for."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        self.curve = KeptCurve.of(portfolio)
        self._drawn: dict[bytes, FloatArray] = {}
        self._shares: dict[tuple[Risk, ...], Parts] = {}

    @cached_property
    def year(self) -> Year:
        """Mean, probability of no loss, and what is passed once in so many years: by the year's sum, by its dearest event."""
        once_in = {n: self._quantile(1 - 1 / n) for n in (*YEARS, RARE)}
        largest = {n: _largest(self.curve.coarse, 1 - 1 / n) for n in YEARS}
        return Year(self.curve.mean, self.curve.probability_of_none, once_in, largest)

    def _quantile(self, p: float) -> Bounded:
        """From the kept tables; from tables made for it where those are too coarse."""
        if self.curve.mean == 0:
            return Bounded.exactly(0.0)
        found = self.curve.quantile(p)
        return found if found.width <= NEGLIGIBLE else self._finer.quantile(p)

    @cached_property
    def _finer(self) -> LossCurve:
        return self.portfolio.curve(points=POINTS, tolerance=NEGLIGIBLE)

    def exceedances(self, x: FloatArray) -> FloatArray:
        """P(S > x) at each x to draw."""
        name = x.tobytes()
        if name not in self._drawn:
            self._drawn[name] = _exceedances(self.curve.coarse, x)
        return self._drawn[name]

    def largest_exceedances(self, x: FloatArray) -> FloatArray:
        """P(the dearest event > x) at each x."""
        low, high = self.curve.coarse.largest_below(x)
        return np.asarray(1 - (low + high) / 2)

    @cached_property
    def places(self) -> Parts:
        """What each place of the tree adds; the first is the whole."""
        if self._worst is None:
            return _as_the_mean(self._means)
        mean, _var, tail = unit_shares(self.portfolio, WORST, years=self._worst)
        return Parts(mean, tail.value)

    def shares(self, some: tuple[Risk, ...]) -> Parts:
        """What each of some risks adds, which are parts of the portfolio."""
        if some not in self._shares:
            self._shares[some] = self._shares_of(some)
        return self._shares[some]

    def _shares_of(self, some: tuple[Risk, ...]) -> Parts:
        if self._worst is None:
            return _as_the_mean(np.array([risk.mean for risk in some]))
        mean, tail = some_shares(self.portfolio, list(some), WORST, years=self._worst)
        return Parts(mean, tail.value)

    @cached_property
    def _worst(self) -> WorstYears | None:
        """The worst years; None where they are simply all years with a loss, of which each part then has its share of the
        mean."""
        if self.curve.mean == 0 or self.curve.probability_of_none >= WORST:
            return None
        return WorstYears.of(self.portfolio, WORST, points=POINTS, curve=self.curve)

    @property
    def _means(self) -> FloatArray:
        """Expected loss of each place with what is below it."""
        out = np.zeros(len(self.portfolio.parents))
        for risk in self.portfolio.risks.values():
            for unit in self.portfolio.above(risk.unit):
                out[unit] += risk.mean
        return out


def _largest(recipe: Recipe, p: float) -> float:
    """The least x with P(largest <= x) >= p, along the knots."""
    x = recipe.first.x
    below, above = recipe.largest_below(x)
    share = np.maximum.accumulate((below + above) / 2)
    if p <= share[0]:
        return 0.0
    at = min(int(np.searchsorted(share, p)), len(x) - 1)
    low, high = share[at - 1], share[at]
    part = (p - low) / (high - low) if high > low else 1.0
    least = max(float(x[at - 1]), float(x[at]) * 1e-3)
    return float(least * (float(x[at]) / least) ** part)


def _exceedances(recipe: Recipe, x: FloatArray) -> FloatArray:
    """From a few views that each reach a part of what is drawn."""
    out = np.zeros(len(x))
    if recipe.mean == 0:
        return out
    knots = recipe.first.x
    for part in np.array_split(np.arange(len(x)), min(VIEWS, len(x))):
        cap = float(knots[min(int(np.searchsorted(knots, 1.02 * x[part[-1]])), len(knots) - 1)])
        view = View(recipe, cap, POINTS, wide=1.0)
        out[part] = [view.exceedance(float(size)).value for size in x[part]]
    return np.asarray(np.minimum.accumulate(out))


def _as_the_mean(mean: FloatArray) -> Parts:
    return Parts(mean, mean / (1 - WORST))


def grid_of(years: list[Year]) -> FloatArray:
    """Sizes at which curves are drawn, so that all of them have room: three decades, or as many as they need."""
    most = max(year.once_in[RARE].high for year in years)
    if most <= 0:
        most = max(year.mean / max(1 - year.none, 1e-12) for year in years)
    sums = [b.value for year in years for b in year.once_in.values() if b.value > 0]
    events = [value for year in years for value in year.largest_once_in.values() if value > 0]
    least = min([*sums, *events, most / 30])
    return np.geomspace(max(least / 2, most * 1e-5), most * 1.1, DRAWN)
