"""Bounds of P(S <= x) and E(x - S)+ by Fourier series whose every remainder is counted (Theorem 2 of docs/engine.md)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.inversion import Lattice, OutOfReach, norm
from kivijalka.engine.measure import ROUND, EventMeasure
from kivijalka.engine.recipe import Block, ComplexArray, Recipe
from kivijalka.engine.tails import Chernoff, Rates, Window, above_of, heights, inside_of

LossOf = Callable[[EventMeasure], float]
Number = TypeVar("Number", np.float64, np.complex128)


@dataclass(frozen=True)
class At:
    """Bounds at one x of P(S <= x) and of E(x - S)+ (euro), and the density (close)."""

    below: Bounded
    short: Bounded
    density: float


@dataclass(frozen=True)
class SpectralLaw:
    """P(S <= x) = years without large events + years with one event, large (or two) + a Fourier series for the rest.

    The series are of exp(-tilt x) times the rest and its integral, each with an error that grows by exp(tilt x). Years
    with an event above the cap are left out (they do not matter below it). `one` are the tables of single events,
    times the chance of no other, `pairs` those of pairs (see Taken); `facts` are laid out as facts_of says. `close` are
    terms of P(S <= x) with the pairs left in, whose chance is then `others`.
    """

    lattice: Lattice
    below_terms: ComplexArray
    short_terms: ComplexArray
    x: FloatArray
    one: FloatArray
    pairs: FloatArray
    close: ComplexArray
    others: float
    facts: tuple[float, ...]
    least: float

    @cached_property
    def _law(self) -> tuple[object, ...]:
        from kivijalka.engine.loss_kernels import tail_series

        return (
            self.x,
            self.one,
            self.pairs,
            self.below_terms,
            self.short_terms,
            self.lattice.s,
            tail_series(),
            self.facts,
        )

    def at(self, x: float) -> At:
        """Bounds at one 0 < x < cap."""
        from kivijalka.engine.series_kernels import law_at

        found = law_at(x, *self._law)  # type: ignore[arg-type]  # as law_at takes them
        return At(Bounded(*found[:3]), Bounded(*found[3:6]), found[6])

    @cached_property
    def below(self) -> FloatArray:
        """P(S <= x) at lattice points: close."""
        from scipy import fft

        alias, atom, one_rate, base = (self.facts[i] for i in (2, 14, 16, 18))
        wave = np.asarray(fft.irfft(self.close, self.lattice.size))[: self.lattice.count]
        one = one_rate - np.interp(self.lattice.points, self.x, self.one[1])
        found = base + one + wave * self.lattice.grow / self.lattice.step - alias * self.others
        return np.asarray(np.maximum.accumulate(np.clip(found, atom, 1.0)))

    def quantile(self, p: float, low: float = 0.0, high: float = math.inf) -> Bounded:
        """The quantile of p > atom, within [low, high] if that is known."""
        from kivijalka.engine.series_kernels import quantile_near

        j = int(np.searchsorted(self.below, p))
        if j >= self.lattice.count:
            raise OutOfReach
        step = self.lattice.step
        gap = max(float(self.below[j] - self.below[j - 1]), 1e-300) if j else 1.0
        q = max(step * (j - min((float(self.below[j]) - p) / gap, 1.0)), 1e-3 * step)
        found = quantile_near(p, q, low, high, step, self.lattice.cap, *self._law)  # type: ignore[arg-type]
        return Bounded.within(*found)

    def gain(self, p: float, q: Bounded) -> Bounded:
        """The maximum of p x - E(x - S)+, which the quantile attains."""
        from kivijalka.engine.series_kernels import gain_near

        return Bounded(*gain_near(p, q.value, q.low, q.high, self.lattice.cap, *self._law))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Kernel:
    """Of one measure at each frequency: the integral of exp(sy) over all its events and over small ones, less its whole
    rate, and over large ones, with their errors; rate and loss a year of small ones, and their errors."""

    whole: ComplexArray
    small: ComplexArray
    large: ComplexArray
    whole_error: FloatArray
    small_error: FloatArray
    large_error: FloatArray
    rate: float = 0.0
    mean: float = 0.0
    rate_doubt: float = 0.0
    mean_doubt: float = 0.0


def kernel_of(m: EventMeasure, lattice: Lattice, window: float = 0.0) -> Kernel:
    """The kernel of the events below the cap (Theorem 2 of docs/engine.md, 2.)."""
    from scipy import fft

    from kivijalka.engine.node_kernels import OPENED, STRAY, grid, spread

    n, size = lattice.size // 2, 2 * lattice.size
    if m.rate == 0:
        nothing, zero = np.zeros(n, np.complex128), np.zeros(n)
        return Kernel(nothing, nothing, nothing, zero, zero, zero)
    use, top = grid(lattice.size), m.at_or_beyond(lattice.cap)
    large, small = np.zeros(size), np.zeros(size if window else 0)
    found = spread(m.x, m.tables, top, lattice.step, lattice.tilt, window, *use[:8], large, small)
    slack, slack1, slack2, rounding, sizes, *few = found
    magnitude, fall = np.abs(lattice.s), 8 * math.log2(size) * math.sqrt(size) * ROUND
    area, shut = float(m.area[top]), window / OPENED
    error = magnitude**2 * (slack + 4 * m.noise * area / lattice.tilt) + magnitude * rounding
    error += fall * (norm(large) + norm(small)) * use.gain + sizes * (use.alias + STRAY) + 2 * m.noise * m.rate
    w_large: ComplexArray = np.asarray(fft.rfft(large), np.complex128)[:n] * use.gain
    if not window:
        none, zero = np.full(n, -m.rate, np.complex128), np.zeros(n)
        return Kernel(_projected(w_large - m.rate), none, w_large, error, zero, error)
    w_small: ComplexArray = np.asarray(fft.rfft(small), np.complex128)[:n] * use.gain
    slip = 2 * m.noise * area
    cut = magnitude * (2.7 * slack1 + 14 * slip) + 4.1 * (slack2 + slip / shut)
    rate, mean, rate_doubt, mean_doubt = few
    doubts = rate_doubt + 4.1 * slip / shut + m.noise * m.rate, mean_doubt + 35 * slip
    logs = _projected(w_large + w_small - m.rate), _projected(w_small - m.rate)
    return Kernel(*logs, w_large, error, error + cut, error + cut, rate, mean, *doubts)


def kernels_of(measures: list[EventMeasure], lattice: Lattice, window: float) -> dict[int, Kernel]:
    """The kernel of each measure, by its id; several at a time."""
    from kivijalka.engine.compiled import in_parallel

    different = list({id(m): m for m in measures}.values())
    found: dict[int, Kernel] = {}

    def work(first: int, last: int) -> None:
        found.update({id(m): kernel_of(m, lattice, window) for m in different[first:last]})

    in_parallel(work, len(different))
    return found


def _projected(kernel: ComplexArray) -> ComplexArray:
    """Into the half plane where the true one lies: that only mends."""
    return np.asarray(np.minimum(kernel.real, 0.0) + 1j * kernel.imag)


@dataclass(frozen=True)
class Part:
    """One block at each frequency: logarithms for all years and for those without large events, their errors, kernels."""

    log: ComplexArray
    base: ComplexArray
    error: FloatArray
    base_error: FloatArray
    kernels: dict[int, Kernel]


def part_of(block: Block, lattice: Lattice, window: float = 0.0) -> Part:
    measures = [(1.0, block.events), *((s.rate, p) for s in block.shocks for p in s.parts)]
    found = kernels_of([m for _, m in measures], lattice, window)
    zero = np.zeros(lattice.size // 2)
    error = sum((rate * found[id(m)].whole_error for rate, m in measures), zero)
    base_error = sum((rate * found[id(m)].small_error for rate, m in measures), zero)
    log = block.log_transform(lambda m, _: found[id(m)].whole)
    if window:
        base = block.log_transform(lambda m, _: found[id(m)].small)
    else:
        base = np.full(len(zero), -float(Recipe((block,)).log_none(lambda m: np.asarray(m.above[0]))), np.complex128)
    if math.isfinite(block.shape):
        error, base_error = _eased(log, error, block.shape), _eased(base, base_error, block.shape)
    return Part(log, base, error, base_error, found)


def _eased(log: ComplexArray, error: FloatArray, shape: float) -> FloatArray:
    """The error of -a log(1 - K / a): that of K over the least |1 - K / a| on the way; the logarithm tells this."""
    return np.asarray(error / np.maximum(1.0, np.exp(-log.real / shape) * (1 - 1e-9) - error / shape))


def sum_of(arrays: list[NDArray[Number]]) -> NDArray[Number]:
    """The sum of at least one array."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


@dataclass(frozen=True)
class Taken:
    """What is taken out of a transform besides years without large events, over the chance of no event.

    Its transform; its error to first order, what second order and round-off add; its slopes by each single's large
    events and by its small ones; of it the transform of the pairs. `tables` (pairs, 6, knots): years with two events
    are the sum over pairs of table * table, times the chance of no event. Of these, the chance and the loss of those
    with small events alone, and with a large one, all below the cap.
    """

    terms: ComplexArray
    first: FloatArray
    error: FloatArray
    pair: ComplexArray
    slopes: list[tuple[ComplexArray, ComplexArray]]
    tables: FloatArray
    small: float = 0.0
    small_mean: float = 0.0
    inside: float = 0.0
    inside_mean: float = 0.0


def taken_out(recipe: Recipe, lattice: Lattice, kernels: dict[int, Kernel], paired: bool) -> Taken:
    """Single large events, and pairs with one if they are wanted: see Recipe.singles, Recipe.pairs."""
    n = lattice.size // 2
    singles = [(share, kernels[id(m)]) for share, m in recipe.singles()]
    terms = sum((share * k.large for share, k in singles), np.zeros(n, np.complex128))
    first = sum((share * k.large_error for share, k in singles), np.zeros(n))
    error = np.full(n, 64 * ROUND * sum(share * m.rate for share, m in recipe.singles()))
    slopes = [(np.full(n, share, np.complex128), np.zeros(n, np.complex128)) for share, _ in singles]
    pair, tables = np.zeros(n, np.complex128), [np.zeros((0, 6, recipe.first.knots.count))]
    few, few_mean, all_of, all_mean = [], [], [], []
    where = {id(m): i for i, (_, m) in enumerate(recipe.singles())}
    for weight, some in recipe.pairs() if paired else ():
        found = [(math.sqrt(weight / 2) * share, m, kernels[id(m)]) for share, m in some]
        every = sum_of([w * (k.whole + m.rate) for w, m, k in found])
        small = sum_of([w * (k.small + m.rate) for w, m, k in found])
        pair += (every - small) * (every + small)
        wrong = sum_of([w * (k.small_error + k.large_error) for w, _, k in found])
        first += 2 * wrong * (np.abs(every) + np.abs(small))
        error += 2 * wrong**2 + 64 * ROUND * sum(w * m.rate for w, m, _ in found) ** 2
        for w, m, _ in found:
            slopes[where[id(m)]][0][:] += 2 * w * every
            slopes[where[id(m)]][1][:] += 2 * w * (every - small)
        tables.append(sum_of([w * m.tables for w, m, _ in found])[None])
        few.append(sum(w * k.rate for w, _, k in found))
        few_mean.append(sum(w * k.mean for w, _, k in found))
        all_of.append(sum(w * (m.rate - above_of(m, lattice.cap)) for w, m, _ in found))
        all_mean.append(sum(w * inside_of(m, lattice.cap) for w, m, _ in found))
    chances = [sum(a * a for a in some) for some in (few, all_of)]
    means = [sum(2 * a * b for a, b in zip(*some, strict=True)) for some in ((few, few_mean), (all_of, all_mean))]
    rest = chances[0], means[0], chances[1] - chances[0], means[1] - means[0]
    return Taken(terms + pair, first, error, pair, slopes, np.concatenate(tables), *rest)


def rest_of(recipe: Recipe, parts: list[Part], taken: Taken, atom: float) -> tuple[ComplexArray, FloatArray]:
    """The transform of the years that are left, and its error (docs/engine.md, Theorem 2, 2.)."""
    logs, bases = sum_of([p.log for p in parts]), sum_of([p.base for p in parts])
    whole, base = np.exp(logs), np.exp(bases)
    size, base_size = np.abs(whole), np.abs(base)
    wrong = atom * taken.error
    wrong += 16 * ROUND * (size * (1 + np.abs(logs)) + base_size * (1 + np.abs(bases)))
    if not recipe.is_smooth or any(block.shocks for block in recipe.blocks):
        wrong += size * np.expm1(np.minimum(sum_of([p.error for p in parts]), 700.0))
        wrong += base_size * np.expm1(np.minimum(sum_of([p.base_error for p in parts]), 700.0))
        return whole - base - atom * taken.terms, wrong + atom * taken.first
    moved, base_moved = _Moved(len(wrong)), _Moved(len(wrong))
    for block, part, (by_large, by_small) in zip(recipe.blocks, parts, taken.slopes, strict=True):
        k, a = part.kernels[id(block.events)], block.shape
        turn, base_turn = 1 / (1 - k.whole / a), 1 / (1 - k.small / a)
        wrong += k.large_error * np.abs(whole * turn - atom * by_large)
        wrong += k.small_error * np.abs(whole * turn - base * base_turn - atom * by_small)
        moved.add((k.large_error + k.small_error) * np.abs(turn), a)
        base_moved.add(k.small_error * np.abs(base_turn), a)
    return whole - base - atom * taken.terms, wrong + size * moved.rest + base_size * base_moved.rest


class _Moved:
    """By how much a product of (1 - K / a)^-a, over its size, may move beyond first order when logarithms move so much."""

    def __init__(self, count: int) -> None:
        self.first, self.all = np.zeros(count), np.zeros(count)

    def add(self, moved: FloatArray, shape: float) -> None:
        self.first += moved
        self.all += np.where(moved < shape / 2, moved / (1 - np.minimum(moved / shape, 0.5)), 1e300)

    @property
    def rest(self) -> FloatArray:
        """exp(all) - 1 - first, as exp(v) - 1 - v is at most v^2 up to 1."""
        return np.where(self.all < 1, self.all - self.first + self.all**2, 1e300)


def spectral_law(recipe: Recipe, lattice: Lattice, far: Chernoff, window: Window) -> SpectralLaw:
    """Theorem 2 of docs/engine.md, for a lattice whose cap is a knot."""
    from kivijalka.engine.series_kernels import beyond, to_terms

    parts = [part_of(block, lattice, window.size) for block in recipe.blocks]
    kernels = {key: kernel for part in parts for key, kernel in part.kernels.items()}
    atom, smooth = recipe.probability_of_none(), recipe.is_smooth
    taken = taken_out(recipe, lattice, kernels, window.paired)

    def gone(m: EventMeasure) -> FloatArray:
        return np.asarray(m.rate - (kernels[id(m)].rate if smooth else m.rough_rate))

    height = heights(recipe, lattice, window, gone, 2 / max(window.size, lattice.step))
    floor = 0.0 if smooth else max(math.exp(-float(recipe.log_none(gone))) - atom, 0.0)
    frequencies, spacing = recipe.first.knots.frequencies, 2 * math.pi / lattice.period
    rest, wrong = rest_of(recipe, parts, taken, atom)
    below, short, *sums = to_terms(rest, wrong, frequencies, height + floor, lattice.s, spacing)
    e1, e2, w0, w1, w2 = (2 / lattice.period * v for v in sums)
    rounding, blur = 4 * lattice.size * ROUND, lattice.step * min(max(floor, 1e-9), 1e-3)
    far1, far2 = beyond(frequencies, height, floor, lattice.step, lattice.period, blur)
    below_error = (e1 + rounding * w1 + far1 + blur * w0) * math.exp(lattice.tilt * blur)
    one = sum((atom * share * m.tables for share, m in recipe.singles()), np.zeros(recipe.first.tables.shape))
    facts = facts_of(recipe, lattice, far, window, kernels, one, taken, below_error, e2 + rounding * w2 + far2)
    tables = recipe.first.x, one, math.sqrt(atom) * taken.tables
    close, others = below - atom * taken.pair / lattice.s, facts[5] + atom * taken.inside
    return SpectralLaw(lattice, below, short, *tables, close, others, facts, 12.1 * window.size)


def facts_of(
    recipe: Recipe,
    lattice: Lattice,
    far: Chernoff,
    window: Window,
    kernels: dict[int, Kernel],
    one: FloatArray,
    taken: Taken,
    below_error: float,
    short_error: float,
) -> tuple[float, ...]:
    """What law_at needs to know of the years, in its order."""
    atom = recipe.probability_of_none()

    def gone(m: EventMeasure) -> FloatArray:
        return np.asarray(m.rate - kernels[id(m)].rate)

    singles = [(atom * share, kernels[id(m)]) for share, m in recipe.singles()]
    one_small, small = sum(a * k.mean for a, k in singles), sum(a * k.rate for a, k in singles)
    one_rate = float(one[1, 0]) - small
    base, base_mean = chance_and_loss(recipe, gone, lambda m: kernels[id(m)].mean)
    kept, kept_mean = chance_and_loss(
        recipe, lambda m: np.asarray(above_of(m, lattice.cap)), lambda m: inside_of(m, lattice.cap)
    )
    top = recipe.first.at_or_beyond(lattice.cap)
    inside = float(one[0, top] - lattice.cap * one[1, top])
    others = kept - base - (one_rate - float(one[1, top])) - atom * taken.inside
    mean = kept_mean - base_mean - (inside - one_small) - atom * taken.inside_mean
    # each once for years without large events, for single events, and through other periods
    doubts = [(rate, kernels[id(m)]) for rate, m in recipe.measures()]
    fixed_below = 4 * sum(rate * k.rate_doubt for rate, k in doubts) + 64 * ROUND
    fixed_short = 4 * sum(rate * (k.mean_doubt + k.rate_doubt * kept_mean) for rate, k in doubts)
    fixed_short += 64 * ROUND * kept_mean
    years = lattice.tilt, lattice.period, lattice.alias, kept, kept_mean, others, mean, far.steep, far.log_size
    errors = below_error, short_error, recipe.noise, fixed_below, fixed_short
    return (
        *years,
        *errors,
        atom,
        window.size,
        one_rate,
        one_small,
        base,
        base_mean,
        window.few.steep,
        window.few.log_size,
        atom * taken.small,
        atom * taken.small_mean,
    )


def chance_and_loss(recipe: Recipe, gone: Rates, loss_of: LossOf) -> tuple[float, float]:
    """The chance of no event of gone(measure), and the loss in those years, loss_of(measure) a year besides them."""
    mean = 0.0
    for block in recipe.blocks:
        rate, loss = float(gone(block.events)), loss_of(block.events)
        for shock in block.shocks:
            kept = np.array([1 - min(float(gone(p)), 1.0) for p in shock.parts])
            rate += shock.rate * (1 - float(np.prod(kept)))
            for i, p in enumerate(shock.parts):
                loss += shock.rate * loss_of(p) * float(np.prod(np.delete(kept, i)))
        mean += loss / (1 + rate / block.shape)
    total = math.exp(-float(recipe.log_none(gone)))
    return total, total * mean
