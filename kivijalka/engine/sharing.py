"""What a part of the year loses in years whose loss is at most x: linear in the part's row of the tables, and bounded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice
from kivijalka.engine.measure import ROUND, EventMeasure, Knots
from kivijalka.engine.recipe import Block, ComplexArray, Recipe
from kivijalka.engine.spectral import Part, part_of, sum_of
from kivijalka.engine.tails import above_of, chernoff, grown, grown_rate

TILT = 8.0
SPREADING = 0.46  # times |s step|^2: the most that a lattice changes the transform of one event's loss
SLOPE = 1.3  # times |s| step^2: the same of its derivative


@lru_cache(maxsize=16)
def undoing(size: int, tilt_period: float) -> ComplexArray:
    """(z / 2)^2 / sinh(z / 2)^2 on the frequencies k < size / 2, z = s * step: undoes spreading to lattice neighbours."""
    z = (-tilt_period - 2j * math.pi * np.arange(size // 2)) / (2 * size)
    return np.asarray((z / np.sinh(z)) ** 2, np.complex128)


@dataclass(frozen=True)
class Others:
    """The law of what is lost besides an event of some part: a series, and what bounds it (see SpectralLaw).

    `error` is of P(. <= x), `sizes` and `bends` the sums of the transform's size and of that times |s|, all over
    exp(tilt x); `kept` its probability without events above the cap, `far` a bound of its chance beyond a period.
    """

    lattice: Lattice
    terms: ComplexArray
    error: float
    sizes: float
    bends: float
    atom: float
    kept: float
    far: float

    def below(self, x: float, knots: Knots, noise: float) -> tuple[FloatArray, FloatArray]:
        """Vectors v, e: a part with table row r loses r @ v in years of at most x, within r @ e (euro a year)."""
        from scipy import fft

        from kivijalka.engine.loss_kernels import at_knots, to_knots

        lattice, k = self.lattice, knots.count
        step, count, grow = lattice.step, lattice.count, math.exp(lattice.tilt * x)
        top = min(int(np.searchsorted(knots.x, lattice.cap * (1 - 1e-12))), k - 1)
        undo = undoing(lattice.size, lattice.tilt * lattice.period)
        z = lattice.s * step
        terms = np.conj(self.terms * np.exp(-1j * lattice.s.imag * x))
        slope = np.conj(step * undo * (2 / z - 1 / np.tanh(z / 2)))
        p, q = (np.asarray(fft.irfft(terms * u, lattice.size))[: count + 1] for u in (slope, np.conj(undo)))
        y = step * np.arange(count + 1)
        c = np.exp(-lattice.tilt * y) * (p + y * q) * grow / step
        # from the lattice's events to G at its points, and from there to the knots
        v = np.zeros(count + 1)
        v[1:-1] = (2 * c[1:-1] - c[:-2] - c[2:]) / step
        v[-1] = (c[-1] - c[-2]) / step
        made = np.zeros((4, k))
        to_knots(knots.x, step, count, top, v, made)
        value, wrong = np.zeros(knots.width), np.zeros(knots.width)
        value[: 3 * k], wrong[4 * k : 5 * k] = made[:3].ravel(), made[3]
        value[k] += c[0]
        value[k + top] -= c[-1]
        # the years without anything else, and the periods beyond
        here, doubtful = at_knots(knots.x, x)
        value[: 3 * k] += self.atom * here
        wrong[4 * k : 5 * k] += self.atom * doubtful
        inside = np.zeros(knots.width)
        inside[top], inside[k + top] = 1.0, -knots.x[top]
        value -= lattice.alias * (self.kept - self.atom) * inside
        wrong += (self.error * grow + lattice.alias * self.far + SPREADING * step**2 * self.bends * grow) * inside
        wrong[top] += noise * (float(np.abs(v).sum()) + 4 * self.atom)
        wrong[6 * k + knots.place(math.pi / step)] += SLOPE * step**2 * self.sizes * grow
        wrong[3 * k] += SLOPE * step**2 * self.sizes * grow
        return value, wrong


@dataclass(frozen=True)
class View:
    """The whole year of a recipe on one lattice, from which each part's others are made."""

    recipe: Recipe
    lattice: Lattice
    parts: list[Part]
    size: float
    log_far: float

    def besides_events(self, block: int) -> Others:
        """Others of the plain events of a block."""
        return self._others(block, 1.0, [])

    def besides_hit(self, block: int, shock: int, hit: int) -> Others:
        """Others of one part of a shock of a block."""
        found = self.recipe.blocks[block].shocks[shock]
        return self._others(block, found.rate, [p for j, p in enumerate(found.parts) if j != hit])

    @staticmethod
    def _smooth(m: EventMeasure) -> FloatArray:
        return np.asarray(m.rate - m.rough_rate)

    @cached_property
    def _decays(self) -> dict[int, FloatArray]:
        """Bounds of each measure's transform, at most its rate, from each frequency on."""
        found = ((m, m.decays(self.lattice.cap, self.lattice.tilt)) for _, m in self.recipe.measures())
        return {id(m): np.minimum(decays, self._smooth(m)) for m, decays in found}

    def _others(self, place: int, rate: float, hits: list[EventMeasure]) -> Others:
        from kivijalka.engine.series_kernels import beyond, to_terms

        block, part, lattice = self.recipe.blocks[place], self.parts[place], self.lattice
        cap, tilt, n = lattice.cap, lattice.tilt, lattice.size // 2
        log_transform, slack = sum_of([p.log for p in self.parts]), sum_of([p.error for p in self.parts])
        smooth, decays = self._smooth, self._decays
        log_atom = -float(self.recipe.log_none(lambda m: np.asarray(m.rate)))
        log_rest = -float(self.recipe.log_none(smooth))
        log_height = -self.recipe.log_none(lambda m: smooth(m) - decays[id(m)])
        log_kept = -float(self.recipe.log_none(lambda m: np.asarray(above_of(m, cap))))
        far = self.log_far
        if math.isfinite(block.shape):  # the factor is larger in years with such an event
            log_transform, slack = log_transform + part.log / block.shape, slack + part.error / block.shape
            alone = Recipe((Block(block.events, block.shocks, block.shape),))
            log_atom -= float(alone.log_none(lambda m: np.asarray(m.rate))) / block.shape
            log_rest -= float(alone.log_none(smooth)) / block.shape
            log_height = log_height - alone.log_none(lambda m: smooth(m) - decays[id(m)]) / block.shape
            log_kept -= float(alone.log_none(lambda m: np.asarray(above_of(m, cap)))) / block.shape
            far -= math.log(max(1 - grown_rate(block, cap, self.size) / block.shape, 1e-300))
        product = np.ones(n, np.complex128)
        atom, rest, kept = rate * math.exp(log_atom), rate * math.exp(log_rest), rate * math.exp(log_kept)
        height = rate * np.exp(np.minimum(log_height, 0.0))
        none = rest
        for m in hits:
            hit = 1 + part.kernels[id(m)].whole
            slack = slack + part.kernels[id(m)].whole_error / np.maximum(np.abs(hit), 1e-300)
            zero = 1 - min(float(smooth(m)), 1.0)
            product, height = product * hit, height * np.minimum(zero + decays[id(m)], 1.0)
            none *= zero
            atom, kept = atom * (1 - min(m.rate, 1.0)), kept * (1 - min(above_of(m, cap), 1.0))
            far += math.log(max(grown(m, cap, self.size) + 1 - min(m.rate, 1.0), 1.0))
        floor = max(none - atom, 0.0)
        height = np.maximum(np.minimum(height, rate) - none, 0.0) + 1e-15 * rate
        height = np.maximum.accumulate(height[::-1])[::-1]
        whole = np.exp(log_transform) * rate * product
        size = np.abs(whole)
        wrong = size * np.expm1(np.minimum(slack, 700.0)) + 16 * ROUND * (size * (1 + np.abs(log_transform)) + atom)
        frequencies = self.recipe.first.knots.frequencies
        below, _, e1, _, w0, w1, _ = to_terms(
            whole - atom, wrong, frequencies, height + floor, lattice.s, 2 * math.pi / lattice.period
        )
        share = 2 / lattice.period
        blur = lattice.step * min(max(floor, 1e-9), 1e-3)
        error = share * (e1 + 4 * lattice.size * ROUND * w1 + blur * w0)
        error += beyond(frequencies, height, floor, lattice.step, lattice.period, blur)[0]
        bends = share * float(np.sum(np.abs(below) * np.abs(lattice.s) ** 2))
        chance = math.exp(min(math.log(max(rate, 1e-300)) + far - self.size * (lattice.period - cap), 0.0))
        return Others(lattice, below, error * math.exp(tilt * blur), share * w0, bends, atom, kept, min(chance, kept))


def sharing(recipe: Recipe, cap: float, points: int) -> View:
    """The view of a recipe below a cap (a knot)."""
    count = points // 2
    lattice = Lattice(cap / count, count, points, TILT / (2 * cap))
    far = chernoff(recipe, cap, 2.0)
    return View(recipe, lattice, [part_of(b, lattice) for b in recipe.blocks], far.steep, far.log_size)
