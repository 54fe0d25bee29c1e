"""The figures of a unit of independent events with densities in one compiled go: Theorem 2 as in spectral.py."""

from __future__ import annotations

import math

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.loss_kernels import ROUND, ComplexArray
from kivijalka.engine.node_kernels import OPENED, STRAY, grown_below, left_of, spread, window_decays
from kivijalka.engine.reach_kernels import reach_of, transform
from kivijalka.engine.series_kernels import beyond, gain_near, quantile_near, to_terms

ALIASED = 3e-7
ENOUGH = 1e-8  # error of P(S <= x) from which no window is looked for


@compiled
def decays_of(
    x: FloatArray,
    tables: FloatArray,
    decay: FloatArray,
    peak: FloatArray,
    edge: FloatArray,
    sizes: FloatArray,
    frequencies: FloatArray,
    top: int,
    tilt: float,
    noise: float,
    window: float,
    first: int,
    series: FloatArray,
) -> FloatArray:
    """EventMeasure.decays where every severity has a density."""
    place = max(int(np.searchsorted(sizes, x[top], side="right")) - 1, 0)
    fade, rate = math.exp(-tilt * x[top]), tables[1, 0]
    out = np.empty(len(frequencies))
    for k in range(len(frequencies)):
        out[k] = min(decay[k], rate)
    if window > 0.0:
        window_decays(x, tables[5], sizes, edge, tables[1], window, series, frequencies, first, out)
    for k in range(len(frequencies)):
        cut = max(min(tables[1, top], 2.0 * peak[place] / frequencies[k]), 0.0)
        out[k] = max(out[k] + fade * cut, 0.0) * (1.0 + noise)
    return out


@compiled
def heights_of(decays: FloatArray, rate: float, small: float) -> FloatArray:
    """tails.heights of independent events of `rate`, `small` of them left of the window."""
    out = np.empty(len(decays))
    rest, atom, most = math.exp(small - rate), math.exp(-rate), 0.0
    for k in range(len(decays) - 1, -1, -1):
        v = min(decays[k], rate - small)
        whole = math.exp(v + small - rate)
        most = max(most, min(max(whole - rest - (1.0 - 1e-9) * atom * v, 0.0) + 8.0 * ROUND, 1.0))
        out[k] = most
    return out


@compiled
def far_of(tables: FloatArray, x: FloatArray, top: int) -> tuple[float, float]:
    """spectral.chernoff."""
    cap, best, best_size, best_steep = x[top], math.inf, 0.0, 1.0 / x[top]
    for power in (1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0):
        steep = power / cap
        size = grown_below(x, tables, top, steep) - tables[1, 0]
        size += 1e-9 * abs(size)
        if size - 2.9 * power < best:
            best, best_size, best_steep = size - 2.9 * power, size, steep
    return best_steep, best_size


@compiled
def few_of(
    x: FloatArray, above: FloatArray, top: int, window: float, series: FloatArray, least: float
) -> tuple[float, float]:
    """tails.few_large of independent events."""
    best, steep, size = math.inf, 1.0 / least, 0.0
    for power in (6.0, 12.0, 18.0, 24.0):
        log = left_of(x, above, top, window, series, power / least) - above[0]
        if log + 1e-9 * abs(log) - power < best:
            steep, size = power / least, log + 1e-9 * abs(log)
            best = size - power
    return steep, size


@compiled
def window_of(
    x: FloatArray,
    tables: FloatArray,
    decay: FloatArray,
    peak: FloatArray,
    edge: FloatArray,
    sizes: FloatArray,
    frequencies: FloatArray,
    top: int,
    tilt: float,
    noise: float,
    step: float,
    least: float,
    series: FloatArray,
) -> tuple[float, float, float]:
    """tails.window_for: the window, and how rarely years without events in it exceed a size (Chernoff's two numbers)."""
    first = max(int(np.searchsorted(frequencies, math.pi / step, side="right")) - 1, 0)
    period, rate = 2.0 * x[top], tables[1, 0]
    best, steep, log_size, cost = 0.0, 1.0, -math.inf, math.inf
    for times in (0.0, 18.0, 13.0, 26.0, 40.0, 64.0, 100.0):
        if cost < ENOUGH:
            break
        window = least / times if times > 0.0 else 0.0
        decays = decays_of(x, tables, decay, peak, edge, sizes, frequencies, top, tilt, noise, window, first, series)
        small, few, size = 0.0, 1.0, -math.inf
        if window > 0.0:
            small = left_of(x, tables[1], top, window, series, 0.0)
            few, size = few_of(x, tables[1], top, window, series, least)
        height = heights_of(decays, rate, min(small, rate))
        found = beyond(frequencies, height, 0.0, step, period, 1e-9 * step)[0] + math.exp(min(size - few * least, 0.0))
        if found < cost:
            best, steep, log_size, cost = window, few, size, found
    return best, steep, log_size


@compiled
def figures_of(
    x: FloatArray,
    sizes: FloatArray,
    frequencies: FloatArray,
    row: FloatArray,
    noise: float,
    levels: FloatArray,
    small_turns: ComplexArray,
    small_order: IntArray,
    turns: ComplexArray,
    order: IntArray,
    wide: float,
    taps: int,
    fall: FloatArray,
    series: FloatArray,
    few: FloatArray,
    some: FloatArray,
    many: FloatArray,
    most: FloatArray,
    gain: FloatArray,
    alias_of: FloatArray,
    out: FloatArray,
) -> bool:
    """Into out (levels, 6): quantile and tail mean, each value, low, high. False: a quantile lies too far for these
    tables, or nothing is known of its bounds.

    `row` is laid out as measure.Knots says; every event is independent and has a density.
    """
    n_knots, n_freq, n_sizes = len(x), len(frequencies), len(sizes)
    tables = row[: 6 * n_knots].copy().reshape(6, n_knots)
    decay, peak, edge = (
        row[6 * n_knots : 6 * n_knots + n_freq],
        row[-2 - 2 * n_sizes : -2 - n_sizes],
        row[-2 - n_sizes : -2],
    )
    mean, square, rate = row[-2], row[-1], tables[1, 0]
    atom = math.exp(-rate)
    lowest = 1.0
    for i in range(len(levels)):
        tail = mean / (1.0 - levels[i])
        out[i, :3] = 0.0
        out[i, 3], out[i, 4], out[i, 5] = tail, tail * (1.0 - noise), tail * (1.0 + noise)
        if levels[i] > atom:
            lowest = min(lowest, levels[i])
    if lowest == 1.0:
        return True
    if not mean < math.inf:
        return False
    top, least = reach_of(tables, x, mean, square, lowest, levels.max(), small_turns, small_order)
    top = max(top, int(np.searchsorted(x, 1.1 * x[top])))  # room for bounds
    if top >= n_knots - 1:
        return False
    size = len(order) // 2
    count, half = size // 2, size // 2
    cap = x[top]
    step, period = cap / count, 2.0 * cap
    spacing = 2.0 * math.pi / period
    # how much to tilt, and which events are large
    steep, log_size = far_of(tables, x, top)
    chance = min(mean / (2.9 * cap), math.exp(min(log_size - 2.9 * steep * cap, 0.0)))
    tilt_period = 12.0
    for t in (8.0, 5.0, 3.0):
        if math.exp(-t) * chance < ALIASED:
            tilt_period = t
    tilt = tilt_period / period
    window, few_steep, few_log = window_of(
        x, tables, decay, peak, edge, sizes, frequencies, top, tilt, noise, step, 0.95 * least, series
    )
    # transforms of large and small events, and their errors
    large, small = np.zeros(2 * size), np.zeros(2 * size)
    slack, slack1, slack2, rounding, total, small_rate, small_mean, rate_doubt, mean_doubt = spread(
        x, tables, top, step, tilt, window, wide, taps, fall, series, few, some, many, most, large, small
    )
    both = np.empty(2 * size, np.complex128)
    squares = 0.0
    for k in range(2 * size):
        both[k] = complex(large[k], small[k])
        squares += large[k] * large[k] + small[k] * small[k]
    spectrum = transform(both, turns, order)
    area, slip, shut = tables[0, top], 2.0 * noise * tables[0, top], max(window / OPENED, 1e-300)
    even = slack + 2.0 * slip / tilt
    round_fft = 8.0 * math.log2(2.0 * size) * ROUND * math.sqrt(2.0 * size * squares)
    s, rest, wrong = np.empty(half, np.complex128), np.empty(half, np.complex128), np.empty(half)
    for k in range(half):
        s[k] = complex(-tilt, -spacing * k)
        a, b = spectrum[k], np.conj(spectrum[(2 * size - k) % (2 * size)])
        w_large, w_small = 0.5 * (a + b) * gain[k], -0.5j * (a - b) * gain[k]
        kernel, kernel_small = w_large + w_small - rate, w_small - rate
        whole = complex(min(kernel.real, 0.0), kernel.imag)
        base = complex(min(kernel_small.real, 0.0), kernel_small.imag)
        v = abs(s[k])
        e = v * v * even + v * rounding + round_fft * gain[k] + total * (alias_of[k] + STRAY) + 2.0 * noise * rate
        small_error = 0.0
        if window > 0.0:
            e += v * (2.7 * slack1 + 14.0 * slip) + 4.1 * (slack2 + slip / shut)
            small_error = e
        m, b = np.exp(whole), np.exp(base)
        most_m, most_b = abs(m), abs(b)
        rest[k] = m - b - atom * w_large
        moved = e + small_error
        wrong[k] = e * abs(m - atom) + small_error * abs(m - b)
        wrong[k] += most_m * moved * moved + most_b * small_error * small_error if moved < 1.0 else 1e300
        wrong[k] += 16.0 * ROUND * (most_m * (1.0 + abs(whole)) + most_b * (1.0 + abs(base)) + atom * abs(w_large))
    first = max(int(np.searchsorted(frequencies, 2.0 / window, side="right")) - 1, 0) if window > 0.0 else 0
    decays = decays_of(x, tables, decay, peak, edge, sizes, frequencies, top, tilt, noise, window, first, series)
    height = heights_of(decays, rate, small_rate)
    below, short, e1, e2, w0, w1, w2 = to_terms(rest, wrong, frequencies, height, s, spacing)
    share, blur = 2.0 / period, 1e-9 * step
    far1, far2 = beyond(frequencies, height, 0.0, step, period, blur)
    below_error = (share * (e1 + 4.0 * size * ROUND * w1 + blur * w0) + far1) * math.exp(tilt * blur)
    short_error = share * (e2 + 4.0 * size * ROUND * w2) + far2
    # years that are kept, those without large events, and those with a single one
    if window > 0.0:
        rate_doubt += 4.1 * slip / shut + noise * rate
        mean_doubt += 35.0 * slip
    inside = max(area - cap * tables[1, top], 0.0)
    kept, chance_base = math.exp(-tables[1, top]), math.exp(small_rate - rate)
    base_mean, one_small, one_rate = chance_base * small_mean, atom * small_mean, atom * (rate - small_rate)
    alias = math.exp(-tilt_period) / -math.expm1(-tilt_period)
    others = kept - chance_base - (one_rate - atom * tables[1, top])
    others_mean = kept * inside - base_mean - (atom * inside - one_small)
    fixed_below = 4.0 * rate_doubt + 64.0 * ROUND
    fixed_short = 4.0 * (mean_doubt + rate_doubt * kept * inside) + 64.0 * ROUND * kept * inside
    facts = (
        tilt, period, alias, kept, kept * inside, others, others_mean, steep, log_size, below_error, short_error,
        noise, fixed_below, fixed_short, atom, window, one_rate, one_small, chance_base, base_mean, few_steep, few_log,
        0.0, 0.0,
    )  # fmt: skip
    for k in range(5):
        tables[k] *= atom
    pairs = np.empty((0, 6, n_knots))
    spectrum[:] = 0.0
    for k in range(half):
        spectrum[k] = np.conj(below[k])
    spectrum[0] = 0.5 * spectrum[0]
    wave = transform(spectrum, turns, order)
    for i in range(len(levels)):
        p = levels[i]
        if p <= atom:
            continue
        # the lattice cell of the quantile: the grid is twice as fine
        j, grow, growth, fine = 0, 1.0, math.exp(0.5 * tilt * step), 0.5 * step
        before, here = 0.0, atom
        k = 0
        while j < 2 * count:
            y = j * fine
            while k < n_knots - 2 and x[k + 1] < y:
                k += 1
            t = (y - x[k]) / (x[k + 1] - x[k])
            above = tables[1, k] + t * (tables[1, k + 1] - tables[1, k])
            before = here
            here = chance_base + 2.0 * wave[j].real * grow / period - alias * others + one_rate - above
            if here >= p and y >= 0.5 * least:
                break
            grow *= growth
            j += 1
        if j >= 2 * count or j == 0:
            return False
        q = max(fine * (j - 1 + min(max((p - before) / max(here - before, 1e-300), 0.0), 1.0)), 1e-3 * step)
        q, low, high = quantile_near(p, q, 0.0, math.inf, step, cap, x, tables, pairs, below, short, s, series, facts)
        if not high < math.inf:
            return False
        out[i, 0], out[i, 1], out[i, 2] = q, low, high
        gain_at, gain_low, gain_high = gain_near(p, q, low, high, cap, x, tables, pairs, below, short, s, series, facts)
        slack_mean = noise * mean
        out[i, 4] = max((mean - gain_high - slack_mean) / (1.0 - p), low)
        out[i, 5] = (mean - gain_low + slack_mean) / (1.0 - p)
        out[i, 3] = min(max((mean - gain_at) / (1.0 - p), out[i, 4]), out[i, 5])
    return True
