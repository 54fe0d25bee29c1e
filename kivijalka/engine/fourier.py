"""Bounds of P(S <= x) and E(x - S)+ where densities are smooth: Fourier inversion with a counted remainder."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice, kernel_of
from kivijalka.engine.measure import ROUND, EventMeasure
from kivijalka.engine.recipe import ComplexArray, Recipe


@dataclass(frozen=True)
class SmoothBounds:
    """Bounds at one x: P(S <= x) in [below_low, below_high], E(x - S)+ in [short_low, short_high] euro."""

    below_low: float
    below_high: float
    short_low: float
    short_high: float


@dataclass(frozen=True)
class SmoothLaw:
    """Fourier series of exp(-tilt x) P(S <= x) and of exp(-tilt x) E(x - S)+, each with an error that grows by tilt."""

    lattice: Lattice
    below_terms: ComplexArray
    short_terms: ComplexArray
    below_error: float
    short_error: float
    mean: float

    def _sum(self, terms: ComplexArray, x: float) -> float:
        u = 2 * math.pi / self.lattice.period * np.arange(len(terms))
        waves = terms * np.exp(1j * u * x)
        return float((waves[0].real + 2 * waves[1:].real.sum()) / self.lattice.period) * math.exp(self.lattice.tilt * x)

    def at(self, x: float) -> SmoothBounds:
        """Bounds at one 0 <= x < cap. Other periods lie above x: all but E(S - x)+ / period of them is certain."""
        alias, period, grow = self.lattice.alias, self.lattice.period, math.exp(self.lattice.tilt * x)
        again = alias * (1 + alias) * period
        raw, doubt = self._sum(self.short_terms, x), self.short_error * grow
        known = alias * (x - self.mean) + again
        short_high = min(raw + doubt - known, x)
        excess = max(self.mean - x + short_high, 0.0)
        short_low = max(raw - doubt - known - alias * excess, x - self.mean, 0.0)
        raw, doubt = self._sum(self.below_terms, x), self.below_error * grow
        low = max(raw - doubt - alias, 0.0)
        high = min(raw + doubt - alias * (1 - min(excess / period, 1.0)), 1.0)
        return SmoothBounds(low, high, short_low, short_high)


def smooth_law(recipe: Recipe, lattice: Lattice, finer: int) -> SmoothLaw:
    """Theorem 2 of docs/engine.md. Kernels come from lattices `finer` times as fine as `lattice`."""
    from kivijalka.engine.loss_kernels import close

    half = lattice.size // 2
    fine = Lattice(lattice.step / finer, lattice.count * finer, lattice.size * finer, lattice.tilt)
    s = lattice.s[:half]
    size = np.abs(s)
    slack = np.zeros(half)
    weight_of = {id(m): w for w, m in recipe.measures()}
    shape_of = {id(m): a for a, m in recipe.mixed}

    def kernel(m: EventMeasure, drift: bool) -> ComplexArray:
        nonlocal slack
        values, doubt = close(m.x, m.area, m.above, fine.step, fine.count, fine.tilt)
        out, noise = kernel_of(values, fine, sharpen=m.is_smooth, keep=half)
        z = size * fine.step
        area = doubt + m.noise * m.area_at(fine.cap) / fine.tilt + lattice_area(m, fine) * (1 + 5 / 3 * z + 0.1 * z**2)
        error = weight_of[id(m)] * (size**2 * area + noise)
        if (a := shape_of.get(id(m))) is not None:  # the derivative of -a log(1 - K / a) on the way from one to other
            error = error / np.maximum(1.0, np.abs(1.0 - out / a) - error / a)
        slack = slack + error
        return out

    log_transform = recipe.log_transform(kernel)
    transform = np.exp(log_transform)
    magnitude = np.abs(transform)
    wrong = magnitude * np.expm1(np.minimum(slack + 8 * ROUND * (1 + np.abs(log_transform)), 600.0))
    wrong = 2 / lattice.period * np.minimum(wrong, magnitude + largest_at(recipe, lattice))
    weight = 2 * magnitude / lattice.period
    floor = largest_beyond(recipe, lattice)
    blur = lattice.step * min(max(floor, 1e-12), 1e-3)
    rest = floor / math.pi * (math.log(2 * lattice.step / (blur * math.pi)) + 1 + 2 / half)
    sums = 4 * lattice.size * ROUND
    below_error = float(((wrong + weight * sums) / size).sum() + blur * weight.sum()) + rest
    short_error = float(((wrong + weight * sums) / size**2).sum())
    short_error += floor * lattice.period / (2 * math.pi**2 * (half - 2))
    grow = math.exp(lattice.tilt * blur)
    capped_mean = sum(w * m.area_at(lattice.cap) for w, m in recipe.measures())
    return SmoothLaw(lattice, transform / -s, transform / s**2, below_error * grow, short_error, capped_mean)


def lattice_area(m: EventMeasure, fine: Lattice) -> float:
    """Integral of exp(-tilt y) * (G less its linear interpolation on the lattice): at most h^2/8 and h y/2 an event."""
    mass = m.cell_masses(fine.cap)
    spread = np.minimum(fine.step**2 / 8, m.x[1:] * fine.step / 2)
    return float(np.sum(mass * spread * np.exp(-fine.tilt * np.maximum(m.x[:-1] - fine.step, 0.0))))


def largest_beyond(recipe: Recipe, lattice: Lattice) -> float:
    """A bound of |E exp(s S)| at all frequencies from pi / step on, from the one-humped densities."""
    return float(largest_from(recipe, lattice, np.array([math.pi / lattice.step]))[0])


def largest_at(recipe: Recipe, lattice: Lattice) -> FloatArray:
    """The same bound at each frequency below pi / step, in 40 steps."""
    half = lattice.size // 2
    cuts = np.unique(np.geomspace(1, half, 40).astype(np.int64))
    bounds = largest_from(recipe, lattice, np.asarray(2 * math.pi / lattice.period * cuts, np.float64))
    return np.append(1.0, bounds)[np.searchsorted(cuts, np.arange(half), side="right")]


def largest_from(recipe: Recipe, lattice: Lattice, frequency: FloatArray) -> FloatArray:
    """Bounds of |E exp(s S)| that hold from each of these frequencies on."""

    def decay(m: EventMeasure) -> FloatArray:
        if not len(m.smooth):
            return np.zeros(len(frequency))
        beyond = float(m.smooth[max(int(np.searchsorted(m.smooth_x, lattice.cap, side="right")) - 1, 0)])
        sure = m.smooth - beyond - 3 * m.peak / frequency[:, None]
        return np.asarray(np.maximum(0.0, sure.max(axis=1) - m.noise * m.rate))

    exponent = decay(recipe.independent)
    for a, m in recipe.mixed:
        exponent = exponent + a * np.log1p(decay(m) / a)
    return np.asarray(np.exp(-exponent))
