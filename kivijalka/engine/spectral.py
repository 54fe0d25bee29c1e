"""Bounds of P(S <= x) and E(x - S)+ by Fourier series whose every remainder is counted (Theorem 2 of docs/engine.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice, OutOfReach
from kivijalka.engine.measure import ROUND, EventMeasure
from kivijalka.engine.recipe import Block, ComplexArray, Recipe

Number = TypeVar("Number", np.float64, np.complex128)
SPREAD = 0.149  # sum over m != 0 of 1 / |z + 2 pi i m|^2 for |Im z| <= pi is at most 1/4 - 1/pi^2
UNSPREAD = 2.4675  # (pi / 2)^2: the most that undoing the spreading enlarges


@dataclass(frozen=True)
class At:
    """Bounds at one x of P(S <= x) and of E(x - S)+ (euro), and the density (close)."""

    below: Bounded
    short: Bounded
    density: float


@lru_cache(maxsize=32)
def undoing(size: int, finer: int, tilt_period: float) -> tuple[ComplexArray, ComplexArray, FloatArray]:
    """On frequencies k < size / 2: s * period, (z / 2)^2 / sinh(z / 2)^2 with z = s * step / finer, and |s| * period."""
    s = np.asarray(-tilt_period - 2j * math.pi * np.arange(size // 2), np.complex128)
    z = s / (2 * size * finer)
    return s, np.asarray((z / np.sinh(z)) ** 2, np.complex128), np.asarray(np.abs(s), np.float64)


@dataclass(frozen=True)
class OneEvent:
    """The part of the law that comes from years with one event: `share` times G and N of each measure."""

    parts: tuple[tuple[float, EventMeasure], ...]

    def at(self, x: float) -> tuple[float, float, float, float, float]:
        """Of years with one event: P(S <= x), E(x - S)+, bounds of their errors, and the density."""
        from kivijalka.engine.loss_kernels import table_at

        below = short = wrong = wrong_short = density = 0.0
        for share, m in self.parts:
            area, above, here, doubt, slope = table_at(m.x, m.area, m.above, m.density, m.doubt, x)
            below += share * (m.rate - above)
            short += share * (m.rate * x - area)
            wrong += share * (slope + m.noise * m.rate)
            wrong_short += share * (doubt + m.noise * m.rate * x)
            density += share * here
        return below, short, wrong, wrong_short, density

    def on(self, x: FloatArray) -> FloatArray:
        """P(S <= x) of years with one event, roughly."""
        from kivijalka.engine.loss_kernels import interpolated

        total = np.zeros(len(x))
        for share, m in self.parts:
            total += share * (m.rate - interpolated(m.x, m.area, m.above, m.density, m.doubt, x)[1])
        return total


@dataclass(frozen=True)
class Chernoff:
    """E exp(steep S) <= exp(log_size) over the years that are kept; so what lies far beyond the cap is bounded."""

    steep: float
    log_size: float

    def chance(self, y: float) -> float:
        """P(S > y) is at most this (Chernoff 1952)."""
        return math.exp(min(self.log_size - self.steep * y, 0.0))

    def excess(self, y: float) -> float:
        """E(S - y)+ is at most this, as e z <= exp(z)."""
        return math.exp(min(self.log_size - self.steep * y, 700.0)) / (math.e * self.steep)


def chernoff(recipe: Recipe, cap: float, beyond: float = 2.9) -> Chernoff:
    """The best of some bounds for sums from `beyond` times the cap on."""
    found = [Chernoff(k / cap, _log_moment(recipe, cap, k / cap)) for k in (1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0)]
    return min(found, key=lambda c: c.log_size - beyond * c.steep * cap)


def _log_moment(recipe: Recipe, cap: float, steep: float) -> float:
    """A bound of log E exp(steep S) without years that have an event above the cap: chords lie above the exponential."""
    total = 0.0
    for block in recipe.blocks:
        rate = grown_rate(block, cap, steep)
        if rate >= block.shape:
            return math.inf
        total += rate if math.isinf(block.shape) else -block.shape * math.log1p(-rate / block.shape)
    return total + 1e-9 * abs(total)


def grown_rate(block: Block, cap: float, steep: float) -> float:
    """At least log E exp(steep S) of the block given a factor of 1."""
    rate = grown(block.events, cap, steep) - block.events.rate
    for shock in block.shocks:
        product = math.prod(grown(p, cap, steep) + 1 - min(p.rate, 1.0) for p in shock.parts)
        rate += shock.rate * (product - 1)
    return rate


def grown(m: EventMeasure, cap: float, steep: float) -> float:
    """At least the integral of exp(steep y) over the events below the cap."""
    top = m.at_or_beyond(cap) + 1
    x, above = m.x[:top], m.above[:top]
    mass = np.maximum(above[:-1] - above[1:], 0.0)
    moment = np.diff(m.area[:top] - x * above) - x[:-1] * mass
    height = np.exp(steep * x)
    return float(np.sum(mass * height[:-1] + np.diff(height) / np.diff(x) * np.maximum(moment, 0.0)) * (1 + 1e-9))


@dataclass(frozen=True)
class SpectralLaw:
    """P(S <= x) = atom + years with one event + a Fourier series for the rest; and its integral E(x - S)+.

    The series are of exp(-tilt x) times the rest, each with an error that grows by exp(tilt x). Years with an event
    above the cap are left out (they do not matter below it): `others` is the probability of the rest, `mean` its
    expected loss; `kept` and `kept_mean` are those of all years that were not left out.
    """

    lattice: Lattice
    below_terms: ComplexArray
    short_terms: ComplexArray
    below_error: float
    short_error: float
    atom: float
    one: OneEvent
    others: float
    mean: float
    kept: float
    kept_mean: float
    far: Chernoff

    def at(self, x: float) -> At:
        """Bounds at one 0 < x < cap. Other periods lie above x: all but P(S > x + period) of them is certain."""
        from kivijalka.engine.loss_kernels import series_at

        lattice, alias = self.lattice, self.lattice.alias
        period, grow = lattice.period, math.exp(lattice.tilt * x)
        spacing = 2 * math.pi / period
        below, short, density = series_at(self.below_terms, self.short_terms, lattice.s, spacing, x)
        one_below, one_short, wrong, wrong_short, one_density = self.one.at(x)
        known = alias * (self.others * x - self.mean) + alias * (1 + alias) * period * self.others
        doubt = self.short_error * grow + wrong_short + 8 * ROUND * (abs(known) + x)
        raw = self.atom * x + one_short + short * grow / period - known
        high = min(raw + doubt, x)
        excess = max(self.kept_mean - self.kept * x + high, 0.0)
        low = max(raw - doubt - alias * min(excess, self.far.excess(x + period)), self.atom * x, 0.0)
        later = alias * max(min(excess / period, self.others, self.far.chance(x + period)), 0.0)
        level = self.atom + one_below + below * grow / period - alias * self.others
        doubt = self.below_error * grow + wrong + 8 * ROUND
        return At(
            Bounded.within(level, max(level - doubt, self.atom), min(level + doubt + later, 1.0)),
            Bounded.within(raw, low, high),
            one_density + density * grow / period,
        )

    @cached_property
    def below(self) -> FloatArray:
        """P(S <= x) at lattice points: close."""
        from scipy import fft

        wave = np.asarray(fft.irfft(self.below_terms, self.lattice.size))[: self.lattice.count]
        found = self.atom + wave * self.lattice.grow / self.lattice.step - self.lattice.alias * self.others
        found += self.one.on(self.lattice.points)
        return np.asarray(np.maximum.accumulate(np.clip(found, self.atom, 1.0)))

    def quantile(self, p: float, low: float = 0.0, high: float = math.inf) -> Bounded:
        """The quantile of p > atom, within [low, high] if that is known."""
        j = int(np.searchsorted(self.below, p))
        if j >= self.lattice.count:
            raise OutOfReach
        points = self.lattice.points
        left, right = float(points[max(j - 1, 0)]), float(points[j])
        gap = max(float(self.below[j] - self.below[j - 1]), 1e-300) if j else 1.0
        x = right - self.lattice.step * min((float(self.below[j]) - p) / gap, 1.0)
        at = self.at(max(x, 1e-3 * self.lattice.step))
        for _ in range(3):
            move = (p - at.below.value) / at.density if at.density > 0 else 0.0
            if abs(move) < 1e-10 * x or not left <= x + move <= right:
                break
            x += move
            at = self.at(x)
        x = min(max(x, low), high)
        return Bounded.within(x, *self._narrowed(p, x, at, low, high))

    def _narrowed(self, p: float, x: float, at: At, low: float, high: float) -> tuple[float, float]:
        """Bounds tightened to points where P(S <= x) is surely below, or at least, p; or p y - E(y - S)+ surely less.

        The quantile attains the maximum of the latter, which is concave.
        """
        density = max(at.density, 1e-300)
        reach = 1.05 * max(at.below.high - p, p - at.below.low, 1e-15) / density
        down = up = max(min(reach, 2.1 * math.sqrt((at.short.high - at.short.low) / density)), 1e-14 * x)
        best = p * x - at.short.high
        for _ in range(12):
            if x - down <= low:
                break
            there = self.at(x - down)
            if there.below.high < p or p * (x - down) - there.short.low < best:
                low = x - down
                break
            down *= 1.7
        for _ in range(12):
            if x + up >= min(high, self.lattice.cap):
                break
            there = self.at(x + up)
            if there.below.low >= p or p * (x + up) - there.short.low < best:
                high = x + up
                break
            up *= 1.7
        return low, high

    def gain(self, p: float, q: Bounded) -> Bounded:
        """The maximum of p x - E(x - S)+, which the quantile attains: near q its slope is bounded by chords as well."""
        x, at = q.value, self.at(q.value)
        below = [at.below.low, at.below.high]
        step = 2 * math.sqrt((at.short.high - at.short.low) / at.density) if at.density > 0 else math.inf
        if step < min(x, self.lattice.cap - x):
            left, right = self.at(x - step), self.at(x + step)
            below[0] = max(below[0], (at.short.low - left.short.high) / step)
            below[1] = min(below[1], (right.short.high - at.short.low) / step)
        slope = max(abs(p - below[0]), abs(p - below[1]))
        top = p * x - at.short.low + slope * max(q.high - x, x - q.low)
        return Bounded(p * x - at.short.value, p * x - at.short.high, top)


def spectral_law(recipe: Recipe, lattice: Lattice, far: Chernoff, finer: int = 1) -> SpectralLaw:
    """Theorem 2 of docs/engine.md, for a lattice whose cap is a knot. Kernels come from lattices `finer` times as fine."""
    from kivijalka.engine.loss_kernels import to_terms

    parts = [part_of(block, lattice, finer) for block in recipe.blocks]
    log_transform, slack = sum_of([p.log for p in parts]), sum_of([p.error for p in parts])
    atom = recipe.probability_of_none()
    smooth = recipe.is_smooth
    one = OneEvent(tuple((atom * p.share, b.events) for p, b in zip(parts, recipe.blocks, strict=True) if smooth))
    linear = sum((p.share * p.events for p in parts if smooth), np.zeros(lattice.size // 2, np.complex128))
    linear_slack = sum((p.share * p.events_error for p in parts if smooth), np.zeros(lattice.size // 2))
    alone = smooth and len(parts) == 1 and not recipe.blocks[0].shocks
    # the transform beyond each frequency, less what was taken out
    rest = atom if smooth else math.exp(-float(recipe.log_none(lambda m: np.asarray(m.rate - m.rough_rate))))
    floor = 0.0 if smooth else max(rest - atom, 0.0)
    frequencies = recipe.first.knots.frequencies
    decays = sum_of([p.decays for p in parts])
    first = sum((p.share * p.events_decays for p in parts if smooth), np.zeros(len(frequencies)))
    log_rest = -float(recipe.log_none(lambda m: np.asarray(m.rate - m.rough_rate)))
    few = rest * (np.expm1(np.minimum(decays, 30.0)) - first + 4 * ROUND * first)
    size = np.minimum(np.where(decays < 30.0, few, np.exp(np.minimum(log_rest + decays, 0.0))), 1.0)
    size = np.maximum.accumulate(np.maximum(size, 0.0)[::-1])[::-1]
    spacing = 2 * math.pi / lattice.period
    transforms = log_transform, slack, linear, linear_slack
    below, short, *sums = to_terms(*transforms, alone, atom, frequencies, size + floor, lattice.s, spacing)
    e1, e2, w0, w1, w2 = (2 / lattice.period * v for v in sums)
    rounding = 4 * lattice.size * ROUND
    blur = lattice.step * min(max(floor, 1e-9), 1e-3)
    far1, far2 = beyond(frequencies, size, floor, lattice, blur)
    below_error = (e1 + rounding * w1 + far1 + blur * w0) * math.exp(lattice.tilt * blur)
    kept, mean = _kept(recipe, lattice.cap)
    taken = [(share * (m.rate - above_of(m, lattice.cap)), share * inside_of(m, lattice.cap)) for share, m in one.parts]
    others = kept - atom - sum(p for p, _ in taken)
    rest_mean = mean - sum(m for _, m in taken)
    errors = below_error, e2 + rounding * w2 + far2
    return SpectralLaw(lattice, below, short, *errors, atom, one, others, rest_mean, kept, mean, far)


@dataclass(frozen=True)
class Part:
    """One block at each frequency: log transform and error; its plain events and their error; all kernels; decays."""

    log: ComplexArray
    error: FloatArray
    events: ComplexArray
    events_error: FloatArray
    kernels: dict[int, tuple[ComplexArray, FloatArray]]
    share: float
    decays: FloatArray
    events_decays: FloatArray


def part_of(block: Block, lattice: Lattice, finer: int) -> Part:
    n = lattice.size // 2
    nothing = np.zeros(n, np.complex128), np.zeros(n)
    measures = [(1.0, block.events), *((s.rate, p) for s in block.shocks for p in s.parts)]
    found = {id(m): kernel_of(m, lattice, finer) if m.rate else nothing for _, m in measures}
    error = sum((rate * found[id(m)][1] for rate, m in measures), np.zeros(n))

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        return found[id(m)][0]

    share = 1.0
    if math.isfinite(block.shape):
        # the derivative of -a log(1 - K / a) on the way from the one to the other
        plain = Block(block.events, block.shocks).log_transform(kernel)
        error = error / np.maximum(1.0, np.abs(1.0 - plain / block.shape) - error / block.shape)
        share = block.shape / (block.shape + smooth_rate(block))
    events, events_error = found[id(block.events)]
    decays = block.events.decays(lattice.cap, lattice.tilt)
    whole = _decays(block, lattice, decays)
    log = block.log_transform(kernel)
    return Part(log, error, events + block.events.rate, events_error, found, share, whole, decays)


def sum_of(arrays: list[NDArray[Number]]) -> NDArray[Number]:
    """The sum of at least one array."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def smooth_rate(block: Block) -> float:
    """Rate of smooth events, and of shocks with one that is never nothing."""
    rate = block.events.rate - block.events.rough_rate
    for shock in block.shocks:
        rate += shock.rate * (1 - math.prod(1 - min(p.rate - p.rough_rate, 1.0) for p in shock.parts))
    return rate


def kernel_of(m: EventMeasure, lattice: Lattice, finer: int = 1) -> tuple[ComplexArray, FloatArray]:
    """Integral of exp(sy) over the measure below the cap, less its whole rate, and the error, at each frequency."""
    from scipy import fft

    from kivijalka.engine.loss_kernels import lattice_weights, to_kernel

    step, size, tilt = lattice.step / finer, lattice.size * finer, lattice.tilt
    _, undo, magnitude = undoing(lattice.size, finer, tilt * lattice.period)
    top = m.at_or_beyond(lattice.cap)
    tilted = np.zeros(size)
    tables = (m.x, m.area, m.above, m.density, m.doubt)
    slack, squares, sizes = lattice_weights(*tables, step, lattice.count * finer, tilt, top, tilted)
    spectrum = np.asarray(fft.rfft(tilted))[: lattice.size // 2]
    # what is between the knots; round-off of the tables; other frequencies seen by the lattice; spread atoms
    even = slack + m.noise * float(m.area[top]) * (1 / tilt + step)
    seen = m.decays(lattice.cap, tilt)[m.knots.place(math.pi / step)]
    even += SPREAD * step**2 * float(seen) + rough_spread(m, top, step, tilt)
    noise = 8 * math.log2(size) * math.sqrt(size * squares) + 64 * sizes + 64 * m.rate
    return to_kernel(spectrum, undo, m.rate, magnitude / lattice.period, even, UNSPREAD * ROUND * noise)


def rough_spread(m: EventMeasure, top: int, step: float, tilt: float) -> float:
    """What spreading events without a density to lattice neighbours costs, over |s|^2."""
    if m.rough_rate == 0:
        return 0.0
    mass = np.maximum(-np.diff(np.append(m.rough[:top], m.rough[top])), 0.0)
    return float(0.46 * step**2 * math.exp(tilt * step) * np.sum(mass * np.exp(-tilt * m.x[:top])))


def _decays(block: Block, lattice: Lattice, events: FloatArray) -> FloatArray:
    """Bounds, from each frequency on, of the distance of the log transform to that without the smooth events."""
    total = events
    for shock in block.shocks:
        none = [1 - min(p.rate - p.rough_rate, 1.0) for p in shock.parts]
        there = [
            np.minimum(q + p.decays(lattice.cap, lattice.tilt), 1.0) for q, p in zip(none, shock.parts, strict=True)
        ]
        total = total + shock.rate * (np.prod(there, axis=0) - math.prod(none))
    if math.isinf(block.shape):
        return total
    share = np.minimum(total / (block.shape + smooth_rate(block)), 1 - 1e-12)
    return np.asarray(-block.shape * np.log1p(-share))


def beyond(
    frequencies: FloatArray, size: FloatArray, floor: float, lattice: Lattice, blur: float
) -> tuple[float, float]:
    """What frequencies from pi / step on add to P(S <= x) (blurred over `blur`) and to E(x - S)+, over exp(tilt x).

    The transform is at most `size` from each frequency on, plus `floor`.
    """
    start, period = math.pi / lattice.step, lattice.period
    first = int(np.searchsorted(frequencies, start, side="right"))
    edges = np.append(start, frequencies[first:])
    height = size[first - 1 :] if first else np.append(1.0, size)
    many = np.diff(edges) / math.pi + 2 / period
    below = float(np.sum(height[:-1] / edges[:-1] * many))
    short = float(np.sum(height[:-1] / edges[:-1] ** 2 * many))
    for most, begin in ((float(height[-1]), float(edges[-1])), (floor, start)):
        below += most / math.pi * (max(math.log(2 / (blur * begin)), 0.0) + 1 + 2 * math.pi / (period * begin))
        short += most * (1 / (math.pi * begin) + 2 / (period * begin**2))
    return below, short


def above_of(m: EventMeasure, cap: float) -> float:
    """Rate of events above the cap."""
    return float(m.above[m.at_or_beyond(cap)])


def inside_of(m: EventMeasure, cap: float) -> float:
    """Rate times loss of the events below the cap, euro a year."""
    top = m.at_or_beyond(cap)
    return max(float(m.area[top] - m.x[top] * m.above[top]), 0.0)


def _kept(recipe: Recipe, cap: float) -> tuple[float, float]:
    """Probability of no event above the cap, and the expected loss of those years."""
    mean = 0.0
    for block in recipe.blocks:
        rate, loss = above_of(block.events, cap), inside_of(block.events, cap)
        for shock in block.shocks:
            kept = np.array([1 - min(above_of(p, cap), 1.0) for p in shock.parts])
            rate += shock.rate * (1 - float(np.prod(kept)))
            for i, p in enumerate(shock.parts):
                loss += shock.rate * inside_of(p, cap) * float(np.prod(np.delete(kept, i)))
        mean += loss / (1 + rate / block.shape)
    total = math.exp(-float(recipe.log_none(lambda m: np.asarray(above_of(m, cap)))))
    return total, total * mean
