"""One lattice's look at a year: bounds by Fourier where densities are known, by convex order where they are not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice, LatticeLaw, OutOfReach, Sandwich, close_law, sandwich
from kivijalka.engine.recipe import Recipe
from kivijalka.engine.spectral import SpectralLaw, spectral_law
from kivijalka.engine.tails import NO_WINDOW, Chernoff, Window, chernoff, window_for

TILTS = (3.0, 5.0, 8.0, 12.0)  # per period: other periods fade by exp(-tilt), errors at the cap grow by exp(tilt / 2)
ALIASED = 3e-7  # probability that may be seen from other periods
UPPER = 1.5  # how many times smaller than the cap quantiles may be: caps lie just beyond them
USEFUL = 1e-3  # chance of years without any smooth event above which chords bound better than Fourier
ENOUGH = 1e-9  # and below which chords add nothing
WIDE = 2e-4  # relative width of Fourier bounds from which chords are asked too; a twentieth of it for tail means


@dataclass(frozen=True)
class View:
    """Figures of a recipe below `cap`, a knot of its tables, from transforms of `points` points."""

    recipe: Recipe
    cap: float
    points: int
    wide: float = WIDE

    @cached_property
    def spectral(self) -> SpectralLaw | None:
        """Fourier bounds for sizes in the upper part, or None where too little is smooth for them to help."""
        if self._rough_years > USEFUL:
            return None
        return self._law(window_for(self.recipe, self._fourier[0], self.cap / UPPER))

    @cached_property
    def _spectral_anywhere(self) -> SpectralLaw | None:
        """Fourier bounds for any size below the cap."""
        return self.spectral if not self.spectral or not self.spectral.least else self._law(NO_WINDOW)

    def _at_size(self, x: float) -> SpectralLaw | None:
        """The Fourier bounds to ask about a size."""
        return self._spectral_anywhere if self.spectral and x < self.spectral.least else self.spectral

    @cached_property
    def _fourier(self) -> tuple[Lattice, Chernoff]:
        count = self.points // 2
        far = chernoff(self.recipe, self.cap)
        chance = min(self.recipe.mean / (2.9 * self.cap), far.chance(2.9 * self.cap))
        tilt = next((t for t in TILTS if math.exp(-t) * chance < ALIASED), TILTS[-1])
        return Lattice(self.cap / count, count, self.points, tilt / (2 * self.cap)), far

    def _law(self, window: Window) -> SpectralLaw:
        return spectral_law(self.recipe, *self._fourier, window)

    @cached_property
    def _rough_years(self) -> float:
        """P(events, but none that is smooth)."""
        if self.recipe.is_smooth:
            return 0.0
        rest = math.exp(-float(self.recipe.log_none(lambda m: np.asarray(m.rate - m.rough_rate))))
        return max(rest - self.recipe.probability_of_none(), 0.0)

    @property
    def _needs_chords(self) -> bool:
        return self._rough_years > ENOUGH

    @cached_property
    def lattice(self) -> Lattice:
        """The lattice of bounds by chords."""
        return chord_lattice(self.cap, self.points, self.recipe.jump)

    @cached_property
    def sandwich(self) -> Sandwich:
        return sandwich(self.recipe, self.lattice)

    @cached_property
    def close(self) -> LatticeLaw:
        """The law roughly, at lattice points."""
        return close_law(self.recipe, self.lattice)

    def _at(self, x: float) -> tuple[Bounded, Bounded]:
        """P(S <= x) and E(x - S)+ by the narrowest bounds known."""
        law = self._at_size(x)
        known = law.at(x) if law else None
        if (
            known
            and not self._needs_chords
            and known.below.high - known.below.low < self.wide * (1 - known.below.value)
        ):
            return known.below, known.short
        below, short = self._by_chords(x)
        if known:
            nearer = known.below.high - known.below.low < below.high - below.low
            return (
                (_both(known.below, below), _both(known.short, short)) if nearer else (_both(below, known.below), short)
            )
        return below, short

    def _by_chords(self, x: float) -> tuple[Bounded, Bounded]:
        """P(S <= x) between chords of E(x - S)+, which is convex."""
        s = self.sandwich
        low_x, high_x = float(s.low_at(np.array(x))), float(s.high_at(np.array(x)))
        right, left = s.high_x > x, s.high_x < x
        high = float(np.min((s.high[right] - low_x) / (s.high_x[right] - x), initial=1.0))
        low = float(np.max((low_x - s.high[left]) / (x - s.high_x[left]), initial=0.0))
        value, short = (
            np.interp(x, self.close.points, self._averaged),
            np.interp(x, self.close.points, self.close.short),
        )
        return Bounded.within(float(value), low, high), Bounded.within(float(short), low_x, high_x)

    @cached_property
    def _averaged(self) -> FloatArray:
        """P(S <= x) at lattice points, half of each point's own mass left out: where interpolation needs it."""
        out = np.asarray(self.close.below, dtype=float).copy()
        out[1:-1] = (out[1:-1] + out[:-2]) / 2
        return np.asarray(np.maximum.accumulate(np.clip(out, 0.0, 1.0)))

    def exceedance(self, x: float) -> Bounded:
        below, _ = self._at(x)
        return Bounded(1 - below.value, 1 - below.high, 1 - below.low)

    def short(self, x: float) -> Bounded:
        return self._at(x)[1]

    def quantile(self, p: float) -> Bounded:
        found = self._quantile_by_series(p)
        if found and not self._needs_chords and found.low > 0 and found.width < self.wide:
            return found
        try:
            chords = self._quantile_by_chords(p)
        except OutOfReach:
            if found and found.high < math.inf:
                return found
            raise
        if not found:
            return chords
        return _both(found, chords) if found.width < chords.width else _both(chords, found)

    def _quantile_by_series(self, p: float) -> Bounded | None:
        law = self.spectral
        found = law.quantile(p) if law else None
        if law and found and found.value < law.least and self._spectral_anywhere:
            return self._spectral_anywhere.quantile(p)
        return found

    def _quantile_by_chords(self, p: float) -> Bounded:
        low, high = level_set(self.sandwich, p)
        below = self._averaged
        j = int(np.searchsorted(below, p))
        if j >= len(below) or not math.isfinite(high):
            raise OutOfReach
        gap = max(below[j] - below[j - 1], 1e-300)
        return Bounded.within(float(self.close.points[j] - self.lattice.step * (below[j] - p) / gap), low, high)

    def tail_mean(self, p: float, mean: float, q: Bounded) -> Bounded:
        law = self._at_size(q.value)
        found = self._tail(p, mean, law.gain(p, q)) if law else None
        if found is None or self._needs_chords or found.width > self.wide / 20:
            s = self.sandwich
            value = p * q.value - float(np.interp(q.value, self.close.points, self.close.short))
            chords = Bounded(value, float(np.max(p * s.high_x - s.high)), float(np.max(p * s.low_x - s.low)))
            rough = self._tail(p, mean, chords)
            found = _both(found, rough) if found else rough
        return Bounded.within(found.value, max(found.low, q.low), found.high)

    def _tail(self, p: float, mean: float, gain: Bounded) -> Bounded:
        error = self.recipe.noise * mean
        low, high = (mean - gain.high - error) / (1 - p), (mean - gain.low + error) / (1 - p)
        return Bounded.within((mean - gain.value) / (1 - p), low, high)


def _both(a: Bounded, b: Bounded) -> Bounded:
    """What two intervals of one figure have in common; the first one's figure."""
    return Bounded.within(a.value, max(a.low, b.low), min(a.high, b.high))


def chord_lattice(cap: float, points: int, jump: float = 0.0) -> Lattice:
    """Nearly a whole period of cells: chords need no more. A `jump` of the law is put on one of its points."""
    count = points - points // 16
    step = cap / count
    if jump > step:
        step = jump / math.floor(jump / step)
    return Lattice(step, count, points, 14.0 / points / step)


def level_set(s: Sandwich, p: float) -> tuple[float, float]:
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


def reach(recipe: Recipe, p: float) -> float:
    """A knot (euro) just beyond the quantile of p, from small transforms."""
    x = recipe.first.x
    variance = recipe.variance
    top = _beyond(x, recipe.mean + 4 * math.sqrt(variance) if math.isfinite(variance) else x[len(x) // 2])
    wish = p + 0.03 * (1 - p)
    for _ in range(60):
        points, below = _quick(recipe, float(x[top]))
        j = int(np.searchsorted(below, wish))
        if j >= len(points):
            if top == len(x) - 1:
                break
            top = _beyond(x, 2 * x[top])
        elif j < len(points) // 4 and (lower := _beyond(x, 1.3 * points[j + 1])) < top:
            top = lower
        else:
            return float(x[_beyond(x, points[min(j + 1, len(points) - 1)])])
    return float(x[top])


def _beyond(x: FloatArray, size: float) -> int:
    return min(int(np.searchsorted(x, size)), len(x) - 1)


def _quick(recipe: Recipe, cap: float, size: int = 1024) -> tuple[FloatArray, FloatArray]:
    """Lattice points up to cap and P(S <= x) there, roughly."""
    law = close_law(recipe, chord_lattice(cap, size))
    return law.points, np.maximum.accumulate(law.below)
