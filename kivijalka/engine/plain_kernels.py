"""The figures of a unit of independent events with densities in one compiled go: Theorem 2 as in spectral.py."""

from __future__ import annotations

import math

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.loss_kernels import ROUND, ComplexArray, lattice_weights, series_at, table_at, to_terms

SPREAD, UNSPREAD = 0.149, 2.4675
ALIASED = 3e-7
COARSE = 1e-3  # share of the transform that aliasing may cost here


def wheel(size: int) -> tuple[ComplexArray, IntArray]:
    """exp(-2 pi i k / size), and the order in which a transform of this size reads its points."""
    bits = size.bit_length() - 1
    order = np.array([int(f"{k:0{bits}b}"[::-1], 2) for k in range(size)], np.int64)
    return np.exp(-2j * np.pi * np.arange(size // 2) / size), order


@compiled
def transform(values: ComplexArray, turns: ComplexArray, order: IntArray) -> ComplexArray:
    """Sum of values[j] exp(-2 pi i j k / size) for every k (Cooley and Tukey)."""
    n = len(order)
    out = np.empty(n, np.complex128)
    for j in range(n):
        out[j] = values[order[j]]
    half, stride = 1, n // 2
    while half < n:
        for start in range(0, n, 2 * half):
            for k in range(half):
                a, b = out[start + k], out[start + k + half] * turns[k * stride]
                out[start + k], out[start + k + half] = a + b, a - b
        half *= 2
        stride //= 2
    return out


@compiled
def first_not_below(values: FloatArray, wish: float) -> int:
    """The first place whose value is at least `wish`, or the length."""
    for j in range(len(values)):
        if values[j] >= wish:
            return j
    return len(values)


@compiled
def below_roughly(tables: FloatArray, x: FloatArray, top: int, turns: ComplexArray, order: IntArray) -> FloatArray:
    """P(S <= x) at the lattice points below knot `top`, roughly."""
    size = len(order)
    count = size // 2
    step = x[top] / count
    tilt = 8.0 / (size * step)
    weights = np.zeros(size)
    lattice_weights(x, tables[0], tables[1], tables[2], tables[4], step, count, tilt, top, weights)
    spectrum = transform(weights.astype(np.complex128), turns, order)
    rate = tables[1, 0]
    for k in range(size):
        spectrum[k] = np.conj(np.exp(spectrum[k] - rate))
    mass = transform(spectrum, turns, order)
    out = np.empty(count)
    total, grow, growth = 0.0, 1.0, math.exp(tilt * step)
    for j in range(count):
        total += mass[j].real / size * grow
        grow *= growth
        out[j] = total
    return out


@compiled
def reach_of(
    tables: FloatArray, x: FloatArray, mean: float, square: float, p: float, turns: ComplexArray, order: IntArray
) -> int:
    """A knot just beyond the quantile of p."""
    last = len(x) - 1
    guess = mean + 4.0 * math.sqrt(square) if square < math.inf else x[last // 2]
    top = min(int(np.searchsorted(x, guess)), last)
    wish = p + 0.03 * (1.0 - p)
    for _ in range(60):
        below = below_roughly(tables, x, top, turns, order)
        step = x[top] / len(below)
        j = first_not_below(below, wish)
        if j >= len(below):
            if top == last:
                return last
            top = min(int(np.searchsorted(x, 2.0 * x[top])), last)
            continue
        lower = min(int(np.searchsorted(x, 1.3 * step * (j + 1))), last)
        if j < len(below) // 4 and lower < top:
            top = lower
            continue
        return min(int(np.searchsorted(x, step * min(j + 1, len(below) - 1))), last)
    return top


@compiled
def decays_of(
    tables: FloatArray,
    decay: FloatArray,
    peak: FloatArray,
    sizes: FloatArray,
    frequencies: FloatArray,
    x: FloatArray,
    top: int,
    tilt: float,
    noise: float,
) -> FloatArray:
    """EventMeasure.decays."""
    place = max(int(np.searchsorted(sizes, x[top], side="right")) - 1, 0)
    fade, rate = math.exp(-tilt * x[top]), tables[1, 0]
    out = np.empty(len(frequencies))
    for k in range(len(frequencies)):
        cut = max(min(tables[1, top], 3.0 * peak[place] / frequencies[k]), 0.0)
        out[k] = max(min(decay[k], rate) + fade * cut, 0.0) * (1.0 + noise)
    return out


@compiled
def far_of(tables: FloatArray, x: FloatArray, top: int) -> tuple[float, float]:
    """spectral.chernoff."""
    cap, best, best_size, best_steep = x[top], math.inf, 0.0, 1.0 / x[top]
    for power in (1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0):
        steep = power / cap
        grown, height = 0.0, 1.0
        for k in range(top):
            mass = max(tables[1, k] - tables[1, k + 1], 0.0)
            after = math.exp(steep * x[k + 1])
            moment = tables[0, k + 1] - x[k + 1] * tables[1, k + 1] - tables[0, k] + x[k] * tables[1, k] - x[k] * mass
            grown += mass * height + (after - height) / (x[k + 1] - x[k]) * max(moment, 0.0)
            height = after
        size = grown * (1.0 + 1e-9) - tables[1, 0]
        size += 1e-9 * abs(size)
        if size - 2.9 * power < best:
            best, best_size, best_steep = size - 2.9 * power, size, steep
    return best_steep, best_size


@compiled
def beyond_of(
    frequencies: FloatArray, height: FloatArray, step: float, period: float, blur: float
) -> tuple[float, float]:
    """spectral.beyond without a floor."""
    at, below, short = math.pi / step, 0.0, 0.0
    k = int(np.searchsorted(frequencies, at, side="right"))
    most = height[k - 1] if k > 0 else 1.0
    while k < len(frequencies):
        many = (frequencies[k] - at) / math.pi + 2.0 / period
        below += most / at * many
        short += most / (at * at) * many
        at, most = frequencies[k], height[k]
        k += 1
    below += most / math.pi * (max(math.log(2.0 / (blur * at)), 0.0) + 1.0 + 2.0 * math.pi / (period * at))
    short += most * (1.0 / (math.pi * at) + 2.0 / (period * at * at))
    return below, short


@compiled
def figures_of(
    x: FloatArray,
    sizes: FloatArray,
    frequencies: FloatArray,
    row: FloatArray,
    noise: float,
    levels: FloatArray,
    widest: float,
    small_turns: ComplexArray,
    small_order: IntArray,
    turns: ComplexArray,
    order: IntArray,
    out: FloatArray,
) -> bool:
    """Into out (levels, 6): quantile and tail mean, each value, low, high. False: a quantile's
    bounds are wider than `widest`, relative, or it lies too far for these tables.

    `row` is laid out as measure.Knots says; every event is independent and has a density.
    """
    n_knots, n_freq = len(x), len(frequencies)
    tables = row[: 5 * n_knots].copy().reshape(5, n_knots)
    decay, peak = row[5 * n_knots : 5 * n_knots + n_freq], row[5 * n_knots + n_freq : -2]
    mean, square, rate = row[-2], row[-1], tables[1, 0]
    atom = math.exp(-rate)
    for i in range(len(levels)):
        tail = mean / (1.0 - levels[i])
        out[i, :3] = 0.0
        out[i, 3], out[i, 4], out[i, 5] = tail, tail * (1.0 - noise), tail * (1.0 + noise)
    highest = levels.max()
    if highest <= atom:
        return True
    if not mean < math.inf:
        return False
    top = reach_of(tables, x, mean, square, highest, small_turns, small_order)
    top = max(top, int(np.searchsorted(x, 1.25 * x[top])))  # room for bounds
    if top >= n_knots - 1:
        return False
    size = len(order)
    count, half = size // 2, size // 2
    cap = x[top]
    step, period = cap / count, 2.0 * cap
    spacing = 2.0 * math.pi / period
    # how much to tilt, and whether the lattice of events is fine enough
    steep, log_size = far_of(tables, x, top)
    chance = min(mean / (2.9 * cap), math.exp(min(log_size - 2.9 * steep * cap, 0.0)))
    tilt_period = 12.0
    for t in (8.0, 5.0, 3.0):
        if math.exp(-t) * chance < ALIASED:
            tilt_period = t
    tilt = tilt_period / period
    decays = decays_of(tables, decay, peak, sizes, frequencies, x, top, tilt, noise)
    place = max(int(np.searchsorted(frequencies, math.pi / step, side="right")) - 1, 0)
    spread = 0.0
    for k in range(top):
        spread += max(tables[1, k] - tables[1, k + 1], 0.0) * x[k] * x[k]
    if 0.15 * step * step / max(spread, 1e-300) * decays[place] > COARSE:
        return False
    # the transform and its errors
    weights = np.zeros(size)
    slack, squares, total = lattice_weights(
        x, tables[0], tables[1], tables[2], tables[4], step, count, tilt, top, weights
    )
    spectrum = transform(weights.astype(np.complex128), turns, order)
    even = slack + noise * tables[0, top] * (1.0 / tilt + step) + SPREAD * step * step * decays[place]
    rounding = UNSPREAD * ROUND * (8.0 * math.log2(size) * math.sqrt(size * squares) + 64.0 * total + 64.0 * rate)
    s, linear, kernel = np.empty(half, np.complex128), np.empty(half, np.complex128), np.empty(half, np.complex128)
    error = np.empty(half)
    for k in range(half):
        s[k] = complex(-tilt, -spacing * k)
        z = 0.5 * step * s[k]
        sine = z / np.sinh(z)
        value = sine * sine * spectrum[k] - rate
        kernel[k] = complex(min(value.real, 0.0), value.imag)
        linear[k] = kernel[k] + rate
        error[k] = (s[k].real ** 2 + s[k].imag ** 2) * even + rounding
    height = np.empty(n_freq)
    most = 0.0
    for k in range(n_freq - 1, -1, -1):
        v = decays[k]
        if v < 30.0:
            most = max(most, min(atom * (math.expm1(v) - v + 4.0 * ROUND * v), 1.0))
        else:
            most = max(most, math.exp(min(v - rate, 0.0)))
        height[k] = most
    below, short, e1, e2, w0, w1, w2 = to_terms(
        kernel, error, linear, error, True, atom, frequencies, height, s, spacing
    )
    share, blur = 2.0 / period, 1e-9 * step
    far1, far2 = beyond_of(frequencies, height, step, period, blur)
    below_error = (share * (e1 + 4.0 * size * ROUND * w1 + blur * w0) + far1) * math.exp(tilt * blur)
    short_error = share * (e2 + 4.0 * size * ROUND * w2) + far2
    # years that are kept, and their loss
    inside = max(tables[0, top] - cap * tables[1, top], 0.0)
    kept = math.exp(-tables[1, top])
    alias = math.exp(-tilt_period) / -math.expm1(-tilt_period)
    others = kept - atom - atom * (rate - tables[1, top])
    constants = (
        tilt,
        period,
        alias,
        atom,
        kept,
        kept * inside,
        others,
        kept * inside - atom * inside,
        steep,
        log_size,
        below_error,
        short_error,
        noise,
        cap,
    )
    grid = np.zeros(size, np.complex128)
    grid[:half] = np.conj(below)
    grid[0] = 0.5 * grid[0]
    wave = transform(grid, turns, order)
    for i in range(len(levels)):
        p = levels[i]
        if p <= atom:
            continue
        # the lattice cell of the quantile
        j, grow, growth = 0, 1.0, math.exp(tilt * step)
        before, here = 0.0, atom
        k = 0
        while j < count:
            y = j * step
            while k < n_knots - 2 and x[k + 1] < y:
                k += 1
            t = (y - x[k]) / (x[k + 1] - x[k])
            above = tables[1, k] + t * (tables[1, k + 1] - tables[1, k])
            before = here
            here = atom + 2.0 * wave[j].real * grow / period - alias * others + atom * (rate - above)
            if here >= p:
                break
            grow *= growth
            j += 1
        if j >= count or j == 0:
            return False
        q = step * (j - 1 + min(max((p - before) / max(here - before, 1e-300), 0.0), 1.0))
        q = max(q, 1e-3 * step)
        f, f_low, f_high, h, h_low, h_high, g = law_at(q, x, tables, below, short, s, spacing, constants)
        for _ in range(4):
            move = (p - f) / g if g > 0.0 else 0.0
            if abs(move) < 1e-10 * q or abs(move) > 2.0 * step:
                break
            q = min(max(q + move, 1e-3 * step), cap)
            f, f_low, f_high, h, h_low, h_high, g = law_at(q, x, tables, below, short, s, spacing, constants)
        reach = 1.05 * max(f_high - p, p - f_low, 1e-15) / max(g, 1e-300)
        reach = max(min(reach, 2.1 * math.sqrt((h_high - h_low) / max(g, 1e-300))), 1e-14 * q)
        best = p * q - h_high  # VaR attains the maximum of p y - E(y - S)+, which is concave
        low, high = 0.0, math.inf
        down, up = reach, reach
        for _ in range(12):
            if q - down <= 0.0:
                break
            there = law_at(q - down, x, tables, below, short, s, spacing, constants)
            if there[2] < p or p * (q - down) - there[4] < best:
                low = q - down
                break
            down *= 1.7
        for _ in range(12):
            if q + up >= cap:
                break
            there = law_at(q + up, x, tables, below, short, s, spacing, constants)
            if there[1] >= p or p * (q + up) - there[4] < best:
                high = q + up
                break
            up *= 1.7
        if not high - low < widest * q:
            return False
        out[i, 0], out[i, 1], out[i, 2] = q, low, high
        # the maximum of p x - E(x - S)+
        slope = max(abs(p - f_low), abs(p - f_high))
        least, gain = p * q - h_high, p * q - h
        largest = p * q - h_low + slope * max(high - q, q - low)
        slip = noise * mean
        out[i, 4] = max((mean - largest - slip) / (1.0 - p), low)
        out[i, 5] = (mean - least + slip) / (1.0 - p)
        out[i, 3] = min(max((mean - gain) / (1.0 - p), out[i, 4]), out[i, 5])
    return True


@compiled
def law_at(
    y: float,
    x: FloatArray,
    tables: FloatArray,
    below: ComplexArray,
    short: ComplexArray,
    s: ComplexArray,
    spacing: float,
    constants: tuple[float, ...],
) -> tuple[float, float, float, float, float, float, float]:
    """SpectralLaw.at: P(S <= y), low, high; E(y - S)+, low, high; density."""
    (tilt, period, alias, atom, kept, kept_mean, others, mean, steep, log_size, below_error, short_error, noise, _) = (
        constants
    )
    area, above, here, doubt, slope = table_at(x, tables[0], tables[1], tables[2], tables[4], y)
    f, h, g = series_at(below, short, s, spacing, y)
    rate, grow = tables[1, 0], math.exp(tilt * y)
    known = alias * (others * y - mean) + alias * (1.0 + alias) * period * others
    wrong = short_error * grow + atom * (doubt + noise * rate * y) + 8.0 * ROUND * (abs(known) + y)
    raw = atom * y + atom * (rate * y - area) + h * grow / period - known
    h_high = min(raw + wrong, y)
    excess = max(kept_mean - kept * y + h_high, 0.0)
    far = log_size - steep * (y + period)
    h_low = max(raw - wrong - alias * min(excess, math.exp(min(far, 700.0)) / (math.e * steep)), atom * y, 0.0)
    later = alias * max(min(excess / period, others, math.exp(min(far, 0.0))), 0.0)
    level = atom + atom * (rate - above) + f * grow / period - alias * others
    wrong = below_error * grow + atom * (slope + noise * rate) + 8.0 * ROUND
    f_low, f_high = max(level - wrong, atom), min(level + wrong + later, 1.0)
    value = min(max(level, f_low), f_high)
    return value, f_low, f_high, min(max(raw, h_low), h_high), h_low, h_high, atom * here + g * grow / period
