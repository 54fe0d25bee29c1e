"""From log transforms back to distributions on a lattice, with every error of the way bounded (docs/engine.md)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        return np.asarray(self.step * np.arange(self.count), np.float64)

    @cached_property
    def grow(self) -> FloatArray:
        return np.asarray(np.exp(self.tilt * self.points))

    @cached_property
    def s(self) -> ComplexArray:
        """-tilt - i u on the frequencies of a real transform."""
        return np.asarray(-self.tilt - 2j * math.pi / self.period * np.arange(self.size // 2 + 1), np.complex128)

    @property
    def transform_error(self) -> float:
        """Relative 2-norm error of a transform (Higham, Accuracy and Stability, 2nd ed., Theorem 24.2)."""
        return 8 * math.log2(self.size) * ROUND


def weights(values: FloatArray, step: float) -> FloatArray:
    """Rates of events at step, 2 step, ..., cap: minus the second differences of G; all beyond is put at cap."""
    slopes = np.diff(values) / step
    return np.append(slopes[:-1] - slopes[1:], slopes[-1:])


def norm(values: NDArray[np.floating[Any]]) -> float:
    """The 2-norm, summed without the linear algebra library and its threads."""
    return math.sqrt(float(np.sum(values * values)))


@lru_cache(maxsize=16)
def turns(size: int, times: int = 1) -> ComplexArray:
    """exp(-2 pi i k times / size) on the frequencies k of a real transform."""
    angle = 2 * math.pi / size * ((np.arange(size // 2 + 1) * times) % size)
    return np.asarray(np.cos(angle) - 1j * np.sin(angle))


def kernel_of(
    values: FloatArray, lattice: Lattice, *, sharpen: bool = False, keep: int | None = None
) -> tuple[ComplexArray, float]:
    """The integral of exp(s y) - 1 over the measure whose G is linear between `values`, and its round-off.

    Only the first `keep` frequencies, when given.
    `sharpen` undoes the spreading of events to neighbouring lattice points (to order step^4, where smooth).
    """
    from scipy import fft

    w = weights(values, lattice.step)
    tilted = np.zeros(lattice.size)
    tilted[1 : lattice.count + 1] = w * np.exp(-lattice.tilt * lattice.step * np.arange(1, lattice.count + 1))
    spectrum = np.asarray(fft.rfft(tilted))[:keep]
    noise = lattice.transform_error * math.sqrt(lattice.size) * norm(tilted) + 64 * ROUND * float(np.abs(w).sum())
    out = spectrum - w.sum()
    if sharpen:
        turn = turns(lattice.size)[: len(out)]
        last = tilted[lattice.count] * turns(lattice.size, lattice.count)[: len(out)]
        z = turn * math.exp(-lattice.tilt * lattice.step)
        out = out - (spectrum - tilted[1] * turn - last) * (z + 1 / z - 2) / 12
    return out, noise


@dataclass(frozen=True)
class LatticeLaw:
    """P(S <= x) and E(x - S)+ (euro) at lattice points x."""

    points: FloatArray
    below: FloatArray
    short: FloatArray


def invert(log_transform: ComplexArray, lattice: Lattice) -> LatticeLaw:
    """The law of a lattice variable from its tilted log transform."""
    from scipy import fft

    transform = np.exp(log_transform)
    p = np.asarray(fft.irfft(transform, lattice.size))[: lattice.count] * lattice.grow
    below = np.cumsum(p)
    short = lattice.step * np.concatenate([[0.0], np.cumsum(below)[:-1]])
    return LatticeLaw(lattice.points, below, short)


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
    low, high = (exact_short(recipe, lattice, values) for values in (over, under))
    return Sandwich(low[0], np.maximum(low[1] - slip, 0.0), high[0], high[2] + slip)


def exact_short(
    recipe: Recipe, lattice: Lattice, values_of: Callable[[EventMeasure, bool], FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points x and bounds of E(x - S)+ there, for the law whose measures have a G linear between `values_of`.

    In the widest floating type of the machine, as round-off grows by exp(tilt x) and is bounded, not estimated.
    """
    from scipy import fft

    from kivijalka.engine.loss_kernels import concave_slopes

    tiny = float(np.finfo(np.longdouble).eps) / 2
    size = 2 * lattice.count
    step, tilt = np.longdouble(lattice.step), np.longdouble(22.0) / (size * np.longdouble(lattice.step))
    angle = 8 * np.arctan(np.longdouble(1.0)) / size * np.arange(size // 2 + 1)
    turn = (np.cos(angle) - 1j * np.sin(angle)) * np.exp(-tilt * step)
    fft_error = 8 * math.log2(size) * tiny
    noise = shift = mean = 0.0
    weight_of = {id(m): w for w, m in recipe.measures()}

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        nonlocal noise, shift, mean
        values = values_of(m, drift)
        slopes = concave_slopes(values).astype(np.longdouble) / step
        w = np.append(slopes[:-1] - slopes[1:], slopes[-1:])
        tilted = np.zeros(size, np.longdouble)
        tilted[1 : lattice.count + 1] = w * np.exp(-tilt * step * np.arange(1, lattice.count + 1))
        total = w.sum()
        doubt = fft_error * math.sqrt(size) * norm(tilted) + (32 + math.log2(size)) * tiny * float(total)
        noise += weight_of[id(m)] * doubt
        shift += float(values[0])
        mean += weight_of[id(m)] * float(step * slopes.sum())
        return np.asarray(fft.rfft(tilted) - total)

    log_transform = recipe.log_transform(kernel)
    transform = step * np.exp(log_transform) * turn / (1 - turn) ** 2
    weight = np.abs(transform)
    wrong = math.expm1(noise + 16 * tiny * (1 + float(np.abs(log_transform).max())))
    error = 2 * float(weight.sum()) / size * wrong + fft_error * 1.5 * norm(weight) / math.sqrt(size)
    index = np.arange(lattice.count)
    x = step * index
    grow = np.exp(tilt * x)
    raw = fft.irfft(transform, size)[: lattice.count] * grow
    period = step * size
    alias = np.exp(-tilt * period) / -np.expm1(-tilt * period)
    known = alias * (x - mean) + alias * (1 + alias) * period
    doubt = np.asarray(error * grow + 64 * tiny * (np.abs(raw) + known + x))
    high = np.maximum(raw - known + doubt, 0.0)
    excess = np.maximum(mean - x + high, 0.0)
    low = np.maximum(raw - known - doubt - alias * excess, np.maximum(x - mean, 0.0))
    return np.asarray(x + shift, float), np.asarray(low, float), np.asarray(high, float)


def close_law(recipe: Recipe, lattice: Lattice) -> LatticeLaw:
    """The law by cubic interpolation and sharpened lattices: close, its errors bounded elsewhere."""
    from kivijalka.engine.loss_kernels import close

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        values, _ = close(m.x, m.area, m.above, lattice.step, lattice.count, lattice.tilt)
        return kernel_of(values, lattice, sharpen=m.is_smooth)[0]

    return invert(recipe.log_transform(kernel), lattice)
