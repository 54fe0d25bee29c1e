"""From log transforms back to distributions on a lattice, with every error of the way bounded (docs/engine.md)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.measure import EventMeasure, lattice_knots
from kivijalka.engine.recipe import ComplexArray, Recipe, Role


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
        """-tilt - i u on the frequencies u below pi / step."""
        return np.asarray(-self.tilt - 2j * math.pi / self.period * np.arange(self.size // 2), np.complex128)


def norm(values: NDArray[np.floating[Any]]) -> float:
    """The 2-norm, summed without the linear algebra library and its threads."""
    return math.sqrt(float(np.sum(values * values)))


class OutOfReach(Exception):
    """The figure lies beyond the lattice; a larger one is needed."""


@dataclass(frozen=True)
class LatticeLaw:
    """P(S <= x) and E(x - S)+ (euro) at lattice points x."""

    points: FloatArray
    below: FloatArray
    short: FloatArray


def close_law(recipe: Recipe, lattice: Lattice) -> LatticeLaw:
    """The law of events spread to lattice neighbours: close, its errors bounded elsewhere."""
    from scipy import fft

    from kivijalka.engine.loss_kernels import chords

    def kernel(m: EventMeasure, _: Role) -> ComplexArray:
        x, area = _around(m, lattice)[:2]
        slopes = np.diff(chords(x, area, lattice.step, lattice.count)) / lattice.step
        tilted = np.zeros(lattice.size)
        rates = np.append(slopes[:-1] - slopes[1:], slopes[-1:])
        tilted[1 : lattice.count + 1] = rates * np.exp(-lattice.tilt * lattice.step * np.arange(1, lattice.count + 1))
        return np.asarray(fft.rfft(tilted) - rates.sum())

    transform = np.exp(recipe.log_transform(kernel))
    p = np.asarray(fft.irfft(transform, lattice.size))[: lattice.count] * lattice.grow
    below = np.cumsum(p)
    return LatticeLaw(lattice.points, below, lattice.step * np.append(0.0, np.cumsum(below)[:-1]))


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

    found = {id(m): _around(m, lattice) for _, m in recipe.measures()}

    def over(m: EventMeasure, role: Role) -> FloatArray:
        x, _, area, above = found[id(m)]
        return tangents(x, area, above, lattice.step, lattice.count, role is Role.FREE, role is Role.ONCE)

    def under(m: EventMeasure, _: Role) -> FloatArray:
        x, area = found[id(m)][:2]
        return chords(x, area, lattice.step, lattice.count)

    slip = sum(w * m.noise * (m.area_at(lattice.cap) + m.rate * lattice.step) for w, m in recipe.measures())
    low, high = (exact_short(recipe, lattice, values) for values in (over, under))
    return Sandwich(low[0], np.maximum(low[1] - slip, 0.0), high[0], high[2] + slip)


def _around(m: EventMeasure, lattice: Lattice) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Knots, G from below, G from above (as far as tangents over one cell see it), and its slope.

    Where densities are known the lattice's own points and middles serve, by interpolation and the bound of its error.
    """
    from kivijalka.engine.loss_kernels import interpolated

    if m.rough_rate or m.rate == 0:
        return m.x, m.area, m.area, m.above
    x = lattice_knots(lattice.step, lattice.count)
    x = x[x <= m.x[-1]]
    area, above, doubt, slope_doubt = interpolated(m.x, m.area, m.above, m.density, m.doubt, x)
    return x, np.maximum(area - doubt, 0.0), area + doubt + slope_doubt * lattice.step, above


def exact_short(
    recipe: Recipe, lattice: Lattice, values_of: Callable[[EventMeasure, Role], FloatArray]
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
    made: dict[int, tuple[ComplexArray, float, float, float]] = {}  # transform, its error, mean, drift

    def kernel(m: EventMeasure, role: Role) -> ComplexArray:
        if id(m) not in made:
            values = values_of(m, role)
            slopes = concave_slopes(values).astype(np.longdouble) / step
            w = np.append(slopes[:-1] - slopes[1:], slopes[-1:])
            tilted = np.zeros(size, np.longdouble)
            tilted[1 : lattice.count + 1] = w * np.exp(-tilt * step * np.arange(1, lattice.count + 1))
            total = w.sum()
            doubt = fft_error * math.sqrt(size) * norm(tilted) + (32 + math.log2(size)) * tiny * float(total)
            made[id(m)] = fft.rfft(tilted) - total, doubt, float(step * slopes.sum()), float(values[0])
        return made[id(m)][0]

    log_transform = recipe.log_transform(kernel)
    noise, mean, shift = (sum(rate * made[id(m)][i] for rate, m in recipe.measures()) for i in (1, 2, 3))
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
