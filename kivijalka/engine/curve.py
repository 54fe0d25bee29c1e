"""The curve of a year's loss: mean, exceedance, quantiles and tail means, each with bounds that contain the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.errors import CannotCertify, FloatArray, NoMean, finite_array, level, not_negative, positive
from kivijalka.engine.inversion import LatticeLaw, OutOfReach
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.view import WIDE, View, reach

FARTHER = 12  # times that a curve looks farther out before it takes more points
USUAL = 0.995  # level to which a curve is laid out at once

Tabulate = Callable[[float, int], Recipe]  # tables up to a cap (euro), one of their knots, for so many points


@dataclass
class LossCurve:
    """The distribution of one unit's loss S in a year, euro.

    `points` is the length of the transforms, `tolerance` the relative width of the bounds of quantiles and tail
    means that it refines itself to reach, up to `most` points. With `strict`, missing it raises CannotCertify. `wide` is
    the relative width from which a second kind of bounds is asked.

    >>> from kivijalka.engine import Gamma, Portfolio, Risk
    >>> curve = Portfolio([Risk(2.0, Gamma(1, 1000.0))]).curve()
    >>> var = curve.quantile(0.99)
    >>> var.low <= 8622.568 <= var.high, round(float(var))
    (True, 8623)
    """

    tables: Tabulate
    coarse: Recipe
    points: int = 2**14
    tolerance: float = 1e-4
    most: int = 2**18
    strict: bool = False
    wide: float = WIDE
    _views: dict[tuple[int, float], View] = field(default_factory=dict, repr=False)
    _reaches: dict[float, float] = field(default_factory=dict, repr=False)

    @property
    def mean(self) -> float:
        """Expected loss per year, euro (exact up to round-off; inf where a severity has no mean)."""
        return self.coarse.mean

    @property
    def std(self) -> float:
        """Standard deviation of the year's loss, euro (closed form)."""
        return math.sqrt(self.coarse.variance)

    @property
    def probability_of_none(self) -> float:
        """P(no loss in a year) (closed form)."""
        return self.coarse.probability_of_none()

    def quantile(self, p: float) -> Bounded:
        """Value at risk: the least x with P(S <= x) >= p, euro."""
        level("p", p)
        if p <= self.probability_of_none:
            return Bounded.exactly(0.0)
        return self._refined(p, lambda view: view.quantile(p))

    def return_level(self, years: float) -> Bounded:
        """The year's loss that is exceeded once in `years` years on average, euro."""
        if not years > 1:
            positive("years - 1", years - 1)
        return self.quantile(1 - 1 / years)

    def tail_mean(self, p: float) -> Bounded:
        """TVaR: mean loss of the worst 1 - p of years, euro (Rockafellar and Uryasev 2002)."""
        level("p", p)
        if not math.isfinite(self.mean):
            raise NoMean("severity", self.mean, "severities with a finite mean (tail index above 1)")
        if self.mean == 0:
            return Bounded.exactly(0.0)
        if p <= self.probability_of_none:
            worst, error = self.mean / (1 - p), self.coarse.noise * self.mean / (1 - p)
            return Bounded(worst, worst - error, worst + error)
        return self._refined(p, lambda view: view.tail_mean(p, self.mean, view.quantile(p)))

    def exceedance(self, x: float) -> Bounded:
        """P(S > x), for x >= 0 euro."""
        not_negative("x", x)
        if self.coarse.mean == 0:
            return Bounded.exactly(0.0)
        if x == 0:
            none = self.probability_of_none
            return Bounded.exactly(1 - none)
        return self._view_to(x * 1.02, self.points).exceedance(x)

    def excess(self, x: float) -> Bounded:
        """E(S - x)+, euro a year: what a cover of the year's sum above x costs on average."""
        not_negative("x", x)
        if not math.isfinite(self.mean):
            raise NoMean("severity", self.mean, "severities with a finite mean (tail index above 1)")
        if self.mean == 0 or x == 0:
            return Bounded.exactly(self.mean)
        short = self._view_to(x * 1.02, self.points).short(x)
        rest, error = self.mean - x, self.coarse.noise * self.mean
        return Bounded.within(rest + short.value, max(rest + short.low - error, 0.0), rest + short.high + error)

    def aggregate_cover(self, deductible: float, limit: float = math.inf) -> tuple[Bounded, Bounded]:
        """Means (ceded, net) of a cover that pays the year's sum above `deductible`, at most `limit`; euro a year."""
        above = self.excess(deductible)
        top = self.excess(deductible + limit) if math.isfinite(limit) else Bounded.exactly(0.0)
        ceded = Bounded(above.value - top.value, max(above.low - top.high, 0.0), above.high - top.low)
        return ceded, Bounded(self.mean - ceded.value, self.mean - ceded.high, self.mean - ceded.low)

    def largest_exceedance(self, x: float) -> Bounded:
        """P(the largest single loss of the year exceeds x)."""
        not_negative("x", x)
        low, high = self.tables(max(x, 1e-9), 16).largest_below(np.array([float(x)]))
        return Bounded(1 - float(low[0] + high[0]) / 2, 1 - float(high[0]), 1 - float(low[0]))

    def largest_quantile(self, p: float) -> Bounded:
        """Quantile of the year's largest single loss, euro, by bisection of the bounds of its law."""
        level("p", p)
        if p <= self.probability_of_none:
            return Bounded.exactly(0.0)

        x = self.coarse.first.x
        surely, possibly = self.coarse.largest_below(x)
        least = float(x[max(int(np.searchsorted(possibly, p)) - 1, 0)])
        most = float(x[min(int(np.searchsorted(surely, p)), len(x) - 1)])

        def crossing(end: str) -> float:
            low, high = least, most
            while high - low > 1e-12 * high:
                middle = (low + high) / 2
                over = getattr(self.largest_exceedance(middle), end) > 1 - p
                low, high = (middle, high) if over else (low, middle)
            return high if end == "high" else low

        low, value, high = crossing("low"), crossing("value"), crossing("high")
        return Bounded.within(value, low, high)

    def exceedances(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(value, low, high) of P(S > x) for an array of x, from one inversion that reaches its largest."""
        sizes = finite_array("x", x, least=0.0)
        if self.coarse.mean == 0 or not sizes.size or sizes.max() == 0:
            found = [self.exceedance(float(v)) for v in sizes]
        else:
            view = self._view_to(1.02 * float(sizes.max()), self.points)
            found = [view.exceedance(float(v)) if v > 0 else self.exceedance(0.0) for v in sizes]
        return (
            np.array([b.value for b in found]),
            np.array([b.low for b in found]),
            np.array([b.high for b in found]),
        )

    def law(self, p: float) -> LatticeLaw:
        """The close lattice law up to just beyond the quantile of p: points, P(S <= x), E(x - S)+."""
        return self._view_to(self._rough(level("p", p)), self.points).close

    def _refined(self, p: float, ask: Callable[[View], Bounded]) -> Bounded:
        top, points, farther = self._reach(p), self.points, 0
        known = float(
            self.coarse.first.x[-1]
        )  # a risk that was changed may be far larger than what the knots were made for
        while True:
            try:
                last = ask(self._view_to(top, points))
            except OutOfReach:
                top, farther = top * (1.3 if top < known else 4.0), farther + 1
                if farther % FARTHER == 0:
                    top, points = self._reach(p) if top < known else top, points * 4
                if points > self.most:
                    raise CannotCertify(
                        f"no bound of the quantile of {p} with {self.most} points. Raise `most`."
                    ) from None
                continue
            if last.width <= self.tolerance or points * 4 > self.most:
                break
            points *= 4
        if self.strict and last.width > self.tolerance:
            raise CannotCertify(
                f"bounds [{last.low:g}, {last.high:g}] are {last.width:.1e} wide, {self.tolerance:.1e} was asked. "
                f"Raise `most` above {self.most} points or `tolerance`."
            )
        return last

    def _reach(self, p: float) -> float:
        """How far (euro) to look for the quantile of p: as far as for 0.995 where that costs little."""
        own, usual = self._rough(p), self._rough(max(p, USUAL))
        return usual if usual <= 1.35 * own else own

    def _rough(self, p: float) -> float:
        if p not in self._reaches:
            self._reaches[p] = 1.01 * reach(self.coarse, p)
        return self._reaches[p]

    def _view_to(self, top: float, points: int) -> View:
        for (size, cap), view in self._views.items():
            if size == points and top <= cap <= 1.6 * top:
                return view
        view = View(self.tables(top, points), top, points, self.wide)
        self._views[points, top] = view
        return view
