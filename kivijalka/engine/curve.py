"""The curve of a year's loss: mean, exceedance, quantiles and tail means, each with bounds that contain the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kivijalka.engine.errors import CannotCertify, FloatArray, NoMean, finite_array, level, not_negative, positive
from kivijalka.engine.fourier import SmoothBounds, SmoothLaw, largest_beyond, smooth_law
from kivijalka.engine.inversion import Lattice, LatticeLaw, Sandwich, close_law, sandwich
from kivijalka.engine.recipe import Recipe

TILTS = (3.0, 5.0, 8.0, 14.0)  # tried per period; any is valid, the narrowest bounds win
USUAL = 0.995  # level to which a curve is laid out at once
VERY_SMOOTH = 1e-9
ROUGH = 1e-3  # floor of the transform above which chords bound better than Fourier


@dataclass(frozen=True)
class Bounded:
    """A figure with an interval that contains the true one; `float(...)` is the figure."""

    value: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value

    @property
    def width(self) -> float:
        """Width of the interval relative to the figure (0 for a figure of 0 that is exact)."""
        return (self.high - self.low) / max(abs(self.value), 1e-300) if self.high > self.low else 0.0

    @classmethod
    def within(cls, value: float, low: float, high: float) -> Bounded:
        return cls(float(min(max(value, low), high)), float(low), float(high))


Tabulate = Callable[[Lattice | None, float], Recipe]


@dataclass
class LossCurve:
    """The distribution of one unit's loss S in a year, euro.

    `points` is the length of the transforms, `tolerance` the relative width of the bounds of quantiles and tail
    means that it refines itself to reach, up to `most` points. With `strict`, missing it raises CannotCertify.

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
            return Bounded(0.0, 0.0, 0.0)
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
            return Bounded(0.0, 0.0, 0.0)
        return self._refined(p, lambda view: view.tail_mean(p, self.mean))

    def exceedance(self, x: float) -> Bounded:
        """P(S > x), for x >= 0 euro."""
        not_negative("x", x)
        if self.coarse.mean == 0:
            return Bounded(0.0, 0.0, 0.0)
        if x == 0:
            none = self.probability_of_none
            return Bounded(1 - none, 1 - none, 1 - none)
        return self._view_to(x * 1.02, self.points).exceedance(x)

    def excess(self, x: float) -> Bounded:
        """E(S - x)+, euro a year: what a cover of the year's sum above x costs on average."""
        not_negative("x", x)
        if not math.isfinite(self.mean):
            raise NoMean("severity", self.mean, "severities with a finite mean (tail index above 1)")
        if self.mean == 0 or x == 0:
            return Bounded(self.mean, self.mean, self.mean)
        short = self._view_to(x * 1.02, self.points).short(x)
        rest, error = self.mean - x, max(m.noise for _, m in self.coarse.measures()) * self.mean
        return Bounded.within(rest + short.value, max(rest + short.low - error, 0.0), rest + short.high + error)

    def aggregate_cover(self, deductible: float, limit: float = math.inf) -> tuple[Bounded, Bounded]:
        """Means (ceded, net) of a cover that pays the year's sum above `deductible`, at most `limit`; euro a year."""
        above = self.excess(deductible)
        top = self.excess(deductible + limit) if math.isfinite(limit) else Bounded(0.0, 0.0, 0.0)
        ceded = Bounded(above.value - top.value, max(above.low - top.high, 0.0), above.high - top.low)
        return ceded, Bounded(self.mean - ceded.value, self.mean - ceded.high, self.mean - ceded.low)

    def largest_exceedance(self, x: float) -> Bounded:
        """P(the largest single loss of the year exceeds x)."""
        not_negative("x", x)
        recipe = self.tables(Lattice(max(x, 1e-9) / 8, 8, 16, 0.0), x)
        low, high = recipe.largest_below(np.array([float(x)]))
        return Bounded(1 - float(low[0] + high[0]) / 2, 1 - float(high[0]), 1 - float(low[0]))

    def largest_quantile(self, p: float) -> float:
        """Quantile of the year's largest single loss, euro, by bisection of its closed form."""
        level("p", p)
        if p <= self.probability_of_none:
            return 0.0
        low, high = 0.0, float(self.coarse.independent.x[-1])
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if 1 - self.largest_exceedance(middle).value < p else (low, middle)
        return high

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
        top, points, last = self._reach(p), self.points, None
        while True:
            try:
                last = ask(self._view_to(top, points))
            except OutOfReach:
                top *= 1.3
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
        """A size (euro) just beyond the quantile of p, from small transforms."""
        if p in self._reaches:
            return self._reaches[p]
        self._reaches[p] = self._search(p)
        return self._reaches[p]

    def _search(self, p: float) -> float:
        m = self.coarse.independent
        spread = self.coarse.variance
        top = self.coarse_mean + 6 * math.sqrt(spread) if math.isfinite(spread) else float(m.x[len(m.x) // 2])
        for _ in range(60):
            law = close_law(self.coarse, _lattice(self.coarse, top, 2**11, 14.0))
            j = int(np.searchsorted(law.below, p + 0.05 * (1 - p)))
            if j >= len(law.points):
                top *= 2
            elif j < len(law.points) // 3:
                top = float(law.points[j + 1]) * 1.3
            else:
                return float(law.points[min(j + 4, len(law.points) - 1)])
        return top

    @cached_property
    def coarse_mean(self) -> float:
        return float(sum(w * m.area[-1] for w, m in self.coarse.measures()))

    def _view_to(self, top: float, points: int) -> View:
        for (size, cap), view in self._views.items():
            if size == points and top <= cap <= 1.25 * top:
                return view
        lattice = _lattice(self.coarse, top, points, 14.0, snap=False)
        recipe = self.tables(lattice, lattice.cap)
        view = View(recipe, _lattice(recipe, lattice.cap, points, 14.0))
        self._views[points, view.lattice.cap] = view
        return view


class OutOfReach(Exception):
    """The figure lies beyond the lattice; a larger one is needed."""


def _lattice(recipe: Recipe, top: float, points: int, tilt: float, *, snap: bool = True) -> Lattice:
    """A lattice up to the first knot beyond top, of transforms with `points` points."""
    x = recipe.independent.x
    cap = float(x[np.searchsorted(x, top)]) if snap and top < x[-1] else top
    count = points - points // 16
    step = cap / count
    return Lattice(step, count, points, tilt / (step * points))


@dataclass(frozen=True)
class View:
    """One lattice's look at a recipe: bounds by convex order, bounds by Fourier, and the close law."""

    recipe: Recipe
    lattice: Lattice

    @cached_property
    def sandwich(self) -> Sandwich:
        return sandwich(self.recipe, self.lattice)

    @cached_property
    def close(self) -> LatticeLaw:
        return close_law(self.recipe, self.lattice)

    @cached_property
    def smooth(self) -> SmoothLaw | None:
        """Fourier bounds with the best tilt, or None where densities are too rough for them to help."""
        if self._floor > ROUGH:
            return None
        size, cap = self.lattice.size, self.lattice.cap
        target = float(self.close.points[min(int(np.searchsorted(self.close.below, 0.99)), self.lattice.count - 1)])

        def doubt(tilt: float) -> float:
            count, small = self.lattice.count // 8, size // 8
            bounds = smooth_law(self.recipe, Lattice(cap / count, count, small, tilt * count / small / cap), 8).at(
                target
            )
            return bounds.below_high - bounds.below_low

        best = min(TILTS, key=doubt) if size >= 2**11 else TILTS[-1]
        lattice = Lattice(self.lattice.step, self.lattice.count, size, best / self.lattice.period)
        return smooth_law(self.recipe, lattice, max(4, 2**16 // size))

    @cached_property
    def _floor(self) -> float:
        return largest_beyond(self.recipe, self.lattice)

    @property
    def is_very_smooth(self) -> bool:
        """Whether Fourier alone bounds so well that chords add nothing."""
        return self._floor < VERY_SMOOTH

    def _bounds(self, x: float) -> SmoothBounds:
        """The narrowest known bounds at x: chords of the sandwich, and Fourier; Fourier alone where that is enough."""
        if self.smooth and self.is_very_smooth:
            return self.smooth.at(x)
        s = self.sandwich
        low_x, high_x = float(s.low_at(np.array(x))), float(s.high_at(np.array(x)))
        right, left = s.high_x > x, s.high_x < x
        below_high = float(np.min((s.high[right] - low_x) / (s.high_x[right] - x), initial=1.0))
        below_low = float(np.max((low_x - s.high[left]) / (x - s.high_x[left]), initial=0.0))
        f = self.smooth.at(x) if self.smooth else None
        if f is None:
            return SmoothBounds(below_low, below_high, low_x, high_x)
        return SmoothBounds(
            max(below_low, f.below_low),
            min(below_high, f.below_high),
            max(low_x, f.short_low),
            min(high_x, f.short_high),
        )

    def exceedance(self, x: float) -> Bounded:
        b = self._bounds(x)
        value = 1 - float(self._below_close(np.array(x)))
        return Bounded.within(value, 1 - b.below_high, 1 - b.below_low)

    def short(self, x: float) -> Bounded:
        b = self._bounds(x)
        return Bounded.within(float(np.interp(x, self.close.points, self.close.short)), b.short_low, b.short_high)

    @cached_property
    def _below_nodes(self) -> FloatArray:
        """P(S <= x) at lattice points by central differences of E(x - S)+, fourth order."""
        h, short = self.lattice.step, self.close.short
        out = np.asarray(self.close.below, dtype=float).copy()
        first = (short[2:] - short[:-2]) / (2 * h)
        out[1:-1] = first
        third = (short[4:] - 2 * short[3:-1] + 2 * short[1:-3] - short[:-4]) / (2 * h)
        if self.recipe.independent.is_smooth:
            out[2:-2] -= third / 6
        return np.asarray(np.maximum.accumulate(np.clip(out, 0.0, 1.0)))

    def _below_close(self, x: FloatArray) -> FloatArray:
        return np.interp(x, self.close.points, self._below_nodes)

    def quantile(self, p: float) -> Bounded:
        below = self._below_nodes
        if below[-3] <= p:
            raise OutOfReach
        if self.smooth and self.is_very_smooth:
            found = self._located(p, 0.0, math.inf)
            if found.low > 0 and math.isfinite(found.high):
                return found
        low, high = _level_set(self.sandwich, p)
        if not math.isfinite(high):
            raise OutOfReach
        return self._located(p, low, high)

    def _located(self, p: float, low: float, high: float) -> Bounded:
        """The quantile by interpolation, within [low, high] and what Fourier adds to that."""
        below = self._below_nodes
        j = int(np.searchsorted(below, p))
        a, b = below[j - 1], below[j]
        value = float(self.close.points[j] - self.lattice.step * (1 - (p - a) / max(b - a, 1e-300)))
        value = min(max(value, low), high)
        if self.smooth:
            low, high = self._narrow(p, value, low, high, (b - a) / self.lattice.step)
        return Bounded.within(value, low, high)

    def _narrow(self, p: float, value: float, low: float, high: float, density: float) -> tuple[float, float]:
        """Bounds of the quantile tightened at points where P(S <= x) is surely below, or at least, p."""
        assert self.smooth is not None
        b = self.smooth.at(value)
        reach = 1.05 * max(b.below_high - p, p - b.below_low, 1e-15) / max(density, 1e-300)
        for _ in range(4):
            if (x := value - reach) > low and self.smooth.at(x).below_high < p:
                low = x
            if value + reach < min(high, self.lattice.cap) and self.smooth.at(value + reach).below_low >= p:
                high = value + reach
            if low >= value - reach and high <= value + reach:
                break
            reach *= 1.5
        return low, high

    def tail_mean(self, p: float, mean: float) -> Bounded:
        q = self.quantile(p)
        x = q.value
        gain_low, gain_high = -math.inf, math.inf
        if not (self.smooth and self.is_very_smooth):
            s = self.sandwich
            gain_low, gain_high = float(np.max(p * s.high_x - s.high)), float(np.max(p * s.low_x - s.low))
        if self.smooth:
            f = self.smooth.at(x)
            gain_low = max(gain_low, p * x - f.short_high)
            slope = max(abs(p - f.below_low), abs(p - f.below_high))
            gain_high = min(gain_high, p * x - f.short_low + slope * max(q.high - x, x - q.low))
        gain = p * x - float(np.interp(x, self.close.points, self.close.short))
        error = max(m.noise for _, m in self.recipe.measures()) * mean
        low, high = (mean - gain_high - error) / (1 - p), (mean - gain_low + error) / (1 - p)
        return Bounded.within((mean - gain) / (1 - p), low, high)


def _level_set(s: Sandwich, p: float) -> tuple[float, float]:
    """The quantile maximises p x - E(x - S)+: so it lies where its upper bound reaches the best lower bound."""
    best = float(np.max(p * s.high_x - s.high))
    gain = p * s.low_x - s.low
    inside = np.flatnonzero(gain >= best)
    if not len(inside):
        raise OutOfReach
    a, b = int(inside[0]), int(inside[-1])
    low = 0.0 if a == 0 else _crossing(s.low_x[a - 1 : a + 1], gain[a - 1 : a + 1], best)
    high = math.inf if b == len(gain) - 1 else _crossing(s.low_x[b : b + 2], gain[b : b + 2], best)
    return low, high


def _crossing(x: FloatArray, y: FloatArray, target: float) -> float:
    return float(x[0] + (x[1] - x[0]) * (target - y[0]) / (y[1] - y[0])) if y[1] != y[0] else float(x[0])
