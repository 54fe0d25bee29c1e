"""From log transforms back to distributions on a lattice, with every error of the way bounded (docs/engine.md)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.measure import ROUND, EventMeasure
from kivijalka.engine.recipe import ComplexArray, Recipe


@dataclass(frozen=True)
class Lattice:
    """`count` cells of `step` euro up to `cap`, transforms of length `size`, exponential tilt per euro."""

    step: float
    count: int
    size: int
    tilt: float

    @property
    def cap(self) -> float:
        return self.step * self.count

    @property
    def period(self) -> float:
        return self.step * self.size

    @property
    def alias(self) -> float:
        """Sum of exp(-tilt * m * period), m = 1, 2, ...: how much of other periods is seen."""
        return math.exp(-self.tilt * self.period) / -math.expm1(-self.tilt * self.period)

    @cached_property
    def points(self) -> FloatArray:
        return self.step * np.arange(self.count)

    @cached_property
    def grow(self) -> FloatArray:
        return np.asarray(np.exp(self.tilt * self.points))

    @cached_property
    def s(self) -> ComplexArray:
        """-tilt - i u on the frequencies of a real transform."""
        return -self.tilt - 2j * math.pi / self.period * np.arange(self.size // 2 + 1)

    @property
    def transform_error(self) -> float:
        """Relative 2-norm error of a transform (Higham, Accuracy and Stability, 2nd ed., Theorem 24.2)."""
        return 8 * math.log2(self.size) * ROUND


def weights(values: FloatArray, step: float) -> FloatArray:
    """Rates of events at step, 2 step, ..., cap: minus the second differences of G; all beyond is put at cap."""
    slopes = np.diff(values) / step
    return np.maximum(np.append(slopes[:-1] - slopes[1:], slopes[-1]), 0.0)


def kernel_of(values: FloatArray, lattice: Lattice, *, sharpen: bool = False) -> tuple[ComplexArray, float]:
    """The integral of exp(s y) - 1 over the measure whose G is linear between `values`, and its round-off.

    `sharpen` undoes the spreading of events to neighbouring lattice points (to order step^4, where smooth).
    """
    from scipy import fft

    w = weights(values, lattice.step)
    tilted = np.zeros(lattice.size)
    tilted[1 : lattice.count + 1] = w * np.exp(-lattice.tilt * lattice.step * np.arange(1, lattice.count + 1))
    spectrum = np.asarray(fft.rfft(tilted))
    noise = lattice.transform_error * math.sqrt(lattice.size) * float(np.linalg.norm(tilted)) + 4 * ROUND * w.sum()
    out = spectrum - w.sum()
    if sharpen:
        near = tilted[1] * np.exp(-1j * (2 * math.pi / lattice.size) * np.arange(len(out)))
        last = tilted[lattice.count] * np.exp(lattice.count * (lattice.s + lattice.tilt) * lattice.step)
        out = out - (spectrum - near - last) * (2 * np.cosh(lattice.s * lattice.step) - 2) / 12
    return out, noise


@dataclass(frozen=True)
class LatticeLaw:
    """P(S <= x) and E(x - S)+ of a law on shift + lattice, within `below_error` and `short_error` (growing in x)."""

    points: FloatArray
    below: FloatArray
    short: FloatArray
    below_error: FloatArray
    short_error: FloatArray


def invert(log_transform: ComplexArray, lattice: Lattice, noise: float, shift: float) -> LatticeLaw:
    """The law of a lattice variable from its tilted log transform; `noise` bounds the latter's absolute error."""
    from scipy import fft

    transform = np.exp(log_transform)
    p = np.asarray(fft.irfft(transform, lattice.size))[: lattice.count] * lattice.grow
    size = np.abs(transform)
    spread = (2 * size.sum()) / lattice.size * math.expm1(noise + 8 * ROUND * (1 + np.abs(log_transform).max()))
    spread += lattice.transform_error * math.sqrt(2) * float(np.linalg.norm(size)) / math.sqrt(lattice.size)
    below = np.cumsum(p)
    short = lattice.step * np.concatenate([[0.0], np.cumsum(below)[:-1]])
    rounding = 2 * ROUND * (64 + np.arange(lattice.count))
    own = spread * lattice.grow / -math.expm1(-lattice.tilt * lattice.step) + rounding
    # other periods add between 0 and alias * P(S > x), as they lie above x
    leak = lattice.alias / (1 - lattice.alias) * (np.maximum(1.0 - below, 0.0) + own)
    below_error = own + leak
    short_error = lattice.step * np.cumsum(below_error) + rounding * short
    return LatticeLaw(lattice.points + shift, below, short, below_error, short_error)


@dataclass(frozen=True)
class Sandwich:
    """Two lattice laws with the true one between them: E(x - S)+ from below (`low`) and above (`high`), euro."""

    low_x: FloatArray
    low: FloatArray
    high_x: FloatArray
    high: FloatArray

    def low_at(self, x: FloatArray) -> FloatArray:
        return np.interp(x, self.low_x, self.low)

    def high_at(self, x: FloatArray) -> FloatArray:
        return np.interp(x, self.high_x, self.high)


def sandwich(recipe: Recipe, lattice: Lattice) -> Sandwich:
    """Bounds of E(x - S)+ for x < cap: it falls when any measure's G rises (Lemma 1 of docs/engine.md)."""
    from kivijalka.engine.loss_kernels import chords, tangents

    def over(m: EventMeasure, drift: bool) -> FloatArray:
        return tangents(m.x, m.area, m.above, lattice.step, lattice.count, drift)

    def under(m: EventMeasure, drift: bool) -> FloatArray:
        return chords(m.x, m.area, lattice.step, lattice.count)

    slip = sum(w * m.noise * (m.area_at(lattice.cap) + m.rate * lattice.step) for w, m in recipe.measures())
    low, high = (_lattice_law(recipe, lattice, values) for values in (over, under))
    return Sandwich(
        low.points, np.maximum(low.short - low.short_error - slip, 0.0), high.points, high.short + high.short_error + slip
    )


def _lattice_law(recipe: Recipe, lattice: Lattice, values_of: Callable[[EventMeasure, bool], FloatArray]) -> LatticeLaw:
    noise = shift = 0.0

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        nonlocal noise, shift
        values = values_of(m, drift)
        out, doubt = kernel_of(values - values[0], lattice)
        shift, noise = shift + float(values[0]), noise + doubt
        return out

    return invert(recipe.log_transform(kernel), lattice, noise * recipe.noise_weight, shift)


def close_law(recipe: Recipe, lattice: Lattice) -> LatticeLaw:
    """The law by cubic interpolation and sharpened lattices: close, its errors bounded elsewhere."""
    from kivijalka.engine.loss_kernels import close

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        values, _ = close(m.x, m.area, m.above, lattice.step, lattice.count, lattice.tilt)
        return kernel_of(values, lattice, sharpen=m.is_smooth)[0]

    return invert(recipe.log_transform(kernel), lattice, 0.0, 0.0)
