"""Years of several kinds, and gains set against losses: curves put together, with bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.curve import LossCurve
from kivijalka.engine.errors import BadInput, FloatArray, finite_array, level


@dataclass(frozen=True)
class Scenarios:
    """A year is one of several kinds (`chances` sum to 1), each with a loss curve of its own: common causes mixed.

    >>> from kivijalka.engine.portfolio import Portfolio, Risk
    >>> from kivijalka.engine.severity import Gamma
    >>> calm, storm = (Portfolio([Risk(r, Gamma(1, 100.0))]).curve() for r in (0.5, 3.0))
    >>> years = Scenarios((0.8, 0.2), (calm, storm))
    >>> round(years.mean, 6), years.quantile(0.99).width < 1e-5
    (100.0, True)
    """

    chances: tuple[float, ...]
    curves: tuple[LossCurve, ...]

    def __post_init__(self) -> None:
        w = finite_array("chances", self.chances, least=0.0)
        if len(w) != len(self.curves) or not len(w) or abs(w.sum() - 1) > 1e-9:
            raise BadInput("chances", self.chances, "one probability per curve, summing to 1")

    @property
    def mean(self) -> float:
        return sum(w * c.mean for w, c in zip(self.chances, self.curves, strict=True))

    def exceedance(self, x: float) -> Bounded:
        """P(S > x) of the mixture; bounds mix as the figures do."""
        found = [c.exceedance(x) for c in self.curves]
        w = np.array(self.chances)
        return Bounded(
            float(w @ [b.value for b in found]), float(w @ [b.low for b in found]), float(w @ [b.high for b in found])
        )

    def excess(self, x: float) -> Bounded:
        """E(S - x)+ of the mixture, euro."""
        found = [c.excess(x) for c in self.curves]
        w = np.array(self.chances)
        return Bounded(
            float(w @ [b.value for b in found]), float(w @ [b.low for b in found]), float(w @ [b.high for b in found])
        )

    def quantile(self, p: float, *, rounds: int = 40) -> Bounded:
        """VaR of the mixture, euro: it lies between the least and the largest of its parts; bisection on bounds."""
        level("p", p)
        parts = [c.quantile(p) for c in self.curves]
        bottom, top = min(q.low for q in parts), max(q.high for q in parts)

        def cross(test: str) -> float:
            low, high = bottom, top
            for _ in range(rounds):
                middle = (low + high) / 2
                low, high = (middle, high) if getattr(self.exceedance(middle), test) > 1 - p else (low, middle)
                if high - low < 1e-9 * high:
                    break
            return low if test == "low" else high

        low, value, high = cross("low"), cross("value"), cross("high")
        return Bounded.within(value, low, high)

    def tail_mean(self, p: float) -> Bounded:
        """TVaR of the mixture, euro, from E(S - x)+ at its VaR."""
        q = self.quantile(p)
        rest = self.excess(q.value)
        slack = (q.high - q.low) * max(1.0, 1 / (1 - p) - 1)
        value = q.value + rest.value / (1 - p)
        return Bounded.within(value, q.value + rest.low / (1 - p) - slack, q.value + rest.high / (1 - p))


@dataclass(frozen=True)
class Net:
    """Losses less gains of a year, the two independent: positive is a loss (euro). Apart they are `losses`, `gains`.

    >>> from kivijalka.engine.portfolio import Portfolio, Risk
    >>> from kivijalka.engine.severity import Gamma
    >>> losses, gains = (Portfolio([Risk(r, Gamma(1, 100.0))]).curve() for r in (1.0, 2.0))
    >>> year = Net(losses, gains)
    >>> year.mean, 0.2 < year.exceedance(0.0, cells=60).low
    (-100.0, True)
    """

    losses: LossCurve
    gains: LossCurve

    @property
    def mean(self) -> float:
        return self.losses.mean - self.gains.mean

    @property
    def std(self) -> float:
        return float(np.hypot(self.losses.std, self.gains.std))

    def exceedance(self, x: float, *, cells: int = 400) -> Bounded:
        """P(losses - gains > x), x of any sign, euro.

        The gains' law is cut into cells of nearly equal probability; monotony in the gain bounds each cell:
        P(L > x + upper end) <= P(L - G > x | cell) <= P(L > x + lower end).
        """
        if self.gains.mean == 0:
            return self.losses.exceedance(x) if x >= 0 else Bounded(1.0, 1.0, 1.0)
        law = self.gains.law(1 - 1e-5)
        ranks = np.linspace(0, 1 - 1e-5, cells)
        edges = np.unique(np.append(0.0, np.interp(ranks, np.maximum.accumulate(law.below), law.points)))
        over = self.gains.exceedances(edges)
        value, low, high = self._losses_above(edges + x)
        high = np.minimum.accumulate(high)
        low = np.append(np.maximum.accumulate(low[::-1])[::-1][1:], 0.0)
        middles = np.append((value[:-1] + value[1:]) / 2, value[-1] / 2)
        some = over[0][0]
        # Abel summation: all ends fall with the gain, so that only P(G > edge) of known side is needed
        top = (1 - some) * high[0] + some * high[0] + np.dot(over[1][1:], np.diff(high))
        bottom = (
            (1 - some) * self._losses_above(np.array([x]))[1][0] + some * low[0] + np.dot(over[2][1:], np.diff(low))
        )
        middle = (1 - some) * value[0] + some * middles[0] + np.dot(over[0][1:], np.diff(middles))
        return Bounded.within(float(middle), max(float(bottom), 0.0), min(float(top), 1.0))

    def _losses_above(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(value, low, high) of P(losses > x); 1 where x < 0."""
        value, low, high = self.losses.exceedances(np.maximum(x, 0.0))
        for part in (value, low, high):
            part[x < 0] = 1.0
        return value, low, high
