"""The Fourier series of a year's law: its terms with their errors, its bounds at a size, quantiles and tail means."""

from __future__ import annotations

import math

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.law import TINY
from kivijalka.engine.loss_kernels import ROUND, ComplexArray, quintic, table_at
from kivijalka.engine.node_kernels import share_left

Constants = tuple[float, ...]
FIVE = np.array(np.polynomial.legendre.leggauss(5)) / 2 + np.array([[0.5], [0.0]])  # Gauss's nodes and weights in 0..1


@compiled
def to_terms(
    rest: ComplexArray,
    wrong: FloatArray,
    frequencies: FloatArray,
    tops: FloatArray,
    s: ComplexArray,
    spacing: float,
) -> tuple[ComplexArray, ComplexArray, float, float, float, float, float]:
    """Terms of the series of P(S <= x) and its integral for a transform `rest` that is `wrong` by so much.

    The true one is at most `tops` from each frequency on: where the error is more than that, nothing is put. Sums over
    frequencies follow: errors over |s|, over |s|^2, sizes, sizes over |s|, over |s|^2.
    """
    n = len(s)
    below, short = np.empty(n, np.complex128), np.empty(n, np.complex128)
    e1, e2, w0, w1, w2 = 0.0, 0.0, 0.0, 0.0, 0.0
    j, top = -1, 1e300
    for k in range(n):
        while j < len(frequencies) - 1 and frequencies[j + 1] <= k * spacing:
            j += 1
            top = tops[j]
        here, size, doubt = rest[k], abs(rest[k]), wrong[k]
        if not doubt <= top:
            here, size, doubt = complex(0.0, 0.0), 0.0, top
        v = s[k]
        inverse = 1.0 / abs(v)
        below[k] = -here / v
        short[k] = here / (v * v)
        e1 += doubt * inverse
        e2 += doubt * inverse * inverse
        w0 += size
        w1 += size * inverse
        w2 += size * inverse * inverse
    return below, short, e1, e2, w0, w1, w2


@compiled
def series_at(
    below: ComplexArray, short: ComplexArray, s: ComplexArray, spacing: float, x: float
) -> tuple[float, float, float]:
    """Sums at x of the series of P(S <= x), of its integral, and of the density."""
    turn = complex(math.cos(spacing * x), math.sin(spacing * x))
    turn2 = turn * turn
    leap = turn2 * turn2
    n = len(below) // 4 * 4
    f, h, g = -0.5 * below[0].real, -0.5 * short[0].real, -0.5 * (below[0] * s[0]).real
    for begin in range(0, n, 256):  # from a new angle each time, so that round-off does not gather
        w0 = complex(math.cos(spacing * x * begin), math.sin(spacing * x * begin))
        w1, w2, w3 = w0 * turn, w0 * turn2, w0 * turn2 * turn
        for k in range(begin, min(begin + 256, n), 4):
            b0, b1, b2, b3 = below[k] * w0, below[k + 1] * w1, below[k + 2] * w2, below[k + 3] * w3
            f += (b0.real + b1.real) + (b2.real + b3.real)
            h += (short[k] * w0).real + (short[k + 1] * w1).real + (short[k + 2] * w2).real + (short[k + 3] * w3).real
            g += (b0 * s[k]).real + (b1 * s[k + 1]).real + (b2 * s[k + 2]).real + (b3 * s[k + 3]).real
            w0, w1, w2, w3 = w0 * leap, w1 * leap, w2 * leap, w3 * leap
    return 2.0 * f, 2.0 * h, -2.0 * g


@compiled
def beyond(
    frequencies: FloatArray, height: FloatArray, floor: float, step: float, period: float, blur: float
) -> tuple[float, float]:
    """What frequencies from pi / step on add to P(S <= x) (blurred over `blur`) and to E(x - S)+, over exp(tilt x).

    The transform is at most `height` from each frequency on, plus `floor`.
    """
    start = math.pi / step
    at, below, short = start, 0.0, 0.0
    k = int(np.searchsorted(frequencies, start, side="right"))
    most = height[k - 1] if k > 0 else 1.0
    while k < len(frequencies):
        many = (frequencies[k] - at) / math.pi + 2.0 / period
        below += most / at * many
        short += most / (at * at) * many
        at, most = frequencies[k], height[k]
        k += 1
    for size, begin in ((most, at), (floor, start)):
        below += size / math.pi * (max(math.log(2.0 / (blur * begin)), 0.0) + 1.0 + 2.0 * math.pi / (period * begin))
        short += size * (1.0 / (math.pi * begin) + 2.0 / (period * begin * begin))
    return below, short


@compiled
def pairs_at(y: float, x: FloatArray, tables: FloatArray) -> tuple[float, float, float, float, float]:
    """Of two events, each of the tables' measure v: v * v up to y, its integral, its density; errors of the first two.

    Where the first event lies in one cell of the table and the second in one, both are polynomials: Gauss's rule with
    five nodes is exact.
    """
    area, above, density, doubt = tables[0], tables[1], tables[2], tables[4]
    f, h, g, f_wrong, h_wrong, rate = 0.0, 0.0, 0.0, 0.0, 0.0, above[0]
    top = min(max(int(np.searchsorted(x, y)) - 1, 0), len(x) - 2)
    last, wide = -1, 1.0
    c0, c1, c2, c3, c4, c5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    j = top  # the cell of the second event
    for k in range(top + 1):
        a, w = x[k], x[k + 1] - x[k]
        mass = above[k] - above[k + 1]
        ga, gb = density[k], density[k + 1]
        if w <= TINY * a or max(mass, ga * w, gb * w) <= 1e-18 * rate:
            f_wrong += max(mass, 0.0) * rate
            h_wrong += max(mass, 0.0) * rate * y
            continue
        hill = 6.0 * (mass / w - 0.5 * (ga + gb))
        lean = 5.0 * (gb - ga) - 60.0 * ((area[k + 1] - area[k]) / w - 0.5 * (above[k] + above[k + 1])) / w
        # events there, and at most so many to the euro; the first's own doubt is that of the cell
        most, dense = mass + w * (0.5 * (ga + gb) + abs(hill) / 6.0 + abs(lean) / 16.0), max(ga, gb)
        dense, own = 2.0 * (dense + 0.25 * abs(hill) + 0.1 * abs(lean)), 2.0 * 3.4348 * doubt[k] / w
        begin, end = a, min(x[k + 1], y)
        while j > 0 and x[j] >= y - begin:
            j -= 1
        while begin < end:
            after = min(end, y - x[j]) if j > 0 else end
            step = x[j + 1] - x[j]
            many = min(most, dense * max(after - begin, 0.0) + own)
            f_wrong += many * 3.4348 * doubt[j] / step
            h_wrong += many * doubt[j]
            if step <= TINY * x[j]:
                f_wrong += many * rate
                h_wrong += many * rate * y
            elif after > begin and above[j + 1] < rate:
                if j != last:
                    last, wide = j, step
                    d0, d1 = -density[j] * wide * wide, -density[j + 1] * wide * wide
                    c0, c1, c2, c3, c4, c5 = quintic(area[j], area[j + 1], above[j] * wide, above[j + 1] * wide, d0, d1)
                for i in range(5):
                    z = begin + FIVE[0, i] * (after - begin)
                    t, u = (z - a) / w, (y - z - x[j]) / wide
                    amount = FIVE[1, i] * (after - begin)
                    amount *= ga + t * (gb - ga) + t * (1.0 - t) * (hill + lean * (1.0 - 2.0 * t))
                    value = c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))
                    slope = c1 + u * (2.0 * c2 + u * (3.0 * c3 + u * (4.0 * c4 + u * 5.0 * c5)))
                    bend = 2.0 * c2 + u * (6.0 * c3 + u * (12.0 * c4 + u * 20.0 * c5))
                    f += amount * (rate - slope / wide)
                    h += amount * ((y - z) * rate - value)
                    g -= amount * bend / (wide * wide)
            begin = max(after, begin)
            if begin < end:
                j -= 1
    return f, h, g, f_wrong, h_wrong


@compiled
def law_at(
    y: float,
    x: FloatArray,
    one: FloatArray,
    pairs: FloatArray,
    below: ComplexArray,
    short: ComplexArray,
    s: ComplexArray,
    series: FloatArray,
    constants: Constants,
) -> tuple[float, float, float, float, float, float, float]:
    """Bounds at 0 < y < cap: P(S <= y), low, high; E(y - S)+, low, high; density. `constants` as spectral.Facts says.

    Other periods lie above y: all but P(S > y + period) of them is certain. `one` are the tables of single events,
    times the chance of no other; the years with two are the sum of `pairs`, each table twice.
    """
    tilt, period, alias, kept, kept_mean, others, mean, steep, log_size, below_error, short_error = constants[:11]
    noise, fixed_below, fixed_short, atom, window, one_rate, one_small = constants[11:18]
    base, base_mean, base_steep, base_log, two_small, two_mean = constants[18:]
    area, above, here, doubt, slope = table_at(x, one[0], one[1], one[2], one[4], y)
    f, h, g = series_at(below, short, s, 2.0 * math.pi / period, y)
    f2, h2, f2_wrong, h2_wrong = -two_small, two_mean - two_small * y, 0.0, 0.0
    for k in range(len(pairs)):
        found = pairs_at(y, x, pairs[k])
        f2, h2, here = f2 + found[0], h2 + found[1], here + found[2]
        f2_wrong += found[3] + 2.0 * (noise + 64.0 * ROUND) * pairs[k, 1, 0] ** 2
        h2_wrong += found[4] + 2.0 * (noise + 64.0 * ROUND) * pairs[k, 1, 0] ** 2 * y
    grow = math.exp(tilt * y)
    known = alias * (others * y - mean) + alias * (1.0 + alias) * period * others
    # years without large events may lie above y, and so may single events that are left of the window
    small_above, small_excess, left = 0.0, 0.0, 0.0
    if window > 0.0:
        away = base_log - base_steep * y
        small_above = math.exp(min(away, 0.0))
        small_excess = math.exp(min(away, 700.0)) / (math.e * base_steep)
        left = share_left(y, window, series) + 5e-16
    wrong = (
        short_error * grow
        + fixed_short
        + fixed_below * y
        + doubt
        + h2_wrong
        + noise * one[1, 0] * y
        + 16.0 * ROUND * (abs(known) + y)
    )
    raw = base * y - base_mean + one_rate * y - area + one_small + h2 + h * grow / period - known
    h_high = min(raw + small_excess + wrong, y)
    excess = max(kept_mean - kept * y + h_high, 0.0)
    far = log_size - steep * (y + period)
    beyond_y = min(excess, math.exp(min(far, 700.0)) / (math.e * steep))
    h_low = max(raw - left * max(one[0, len(x) - 1] - area, 0.0) - wrong - alias * beyond_y, atom * y, 0.0)
    later = alias * max(min(excess / period, others, math.exp(min(far, 0.0))), 0.0)
    level = base + one_rate - above + f2 + f * grow / period - alias * others
    wrong = below_error * grow + fixed_below + slope + f2_wrong + noise * one[1, 0] + 16.0 * ROUND
    f_low = max(level - small_above - wrong, atom)
    f_high = min(level + left * above + wrong + later, 1.0)
    value = min(max(level, f_low), f_high)
    return value, f_low, f_high, min(max(raw, h_low), h_high), h_low, h_high, here + g * grow / period


@compiled
def quantile_near(
    p: float,
    q: float,
    least: float,
    most: float,
    step: float,
    cap: float,
    x: FloatArray,
    one: FloatArray,
    pairs: FloatArray,
    below: ComplexArray,
    short: ComplexArray,
    s: ComplexArray,
    series: FloatArray,
    constants: Constants,
) -> tuple[float, float, float]:
    """The quantile of p by Newton's method from q, and its bounds, within [least, most] if that is known.

    They are tightened to points where P(S <= x) is surely below, or at least, p; or p y - E(y - S)+ surely less than
    its maximum, which the quantile attains and which is concave.
    """
    f, f_low, f_high, _, h_low, h_high, g = law_at(q, x, one, pairs, below, short, s, series, constants)
    for _ in range(4):
        move = (p - f) / g if g > 0.0 else 0.0
        if abs(move) < 1e-10 * q or abs(move) > 2.0 * step:
            break
        q = min(max(q + move, 1e-3 * step), cap * (1.0 - 1e-9))
        f, f_low, f_high, _, h_low, h_high, g = law_at(q, x, one, pairs, below, short, s, series, constants)
    q = min(max(q, least), most)
    low, high = least, most
    density = max(g, 1e-300)
    reach = 1.05 * max(f_high - p, p - f_low, 1e-15) / density
    reach = max(min(reach, 2.1 * math.sqrt((h_high - h_low) / density)), 1e-14 * q)
    best = p * q - h_high
    down, up = reach, reach
    for _ in range(12):
        if q - down <= low:
            break
        there = law_at(q - down, x, one, pairs, below, short, s, series, constants)
        if there[2] < p or p * (q - down) - there[4] < best:
            low = q - down
            break
        down *= 1.7
    for _ in range(12):
        if q + up >= min(high, cap):
            break
        there = law_at(q + up, x, one, pairs, below, short, s, series, constants)
        if there[1] >= p or p * (q + up) - there[4] < best:
            high = q + up
            break
        up *= 1.7
    return q, low, high


@compiled
def gain_near(
    p: float,
    q: float,
    low: float,
    high: float,
    cap: float,
    x: FloatArray,
    one: FloatArray,
    pairs: FloatArray,
    below: ComplexArray,
    short: ComplexArray,
    s: ComplexArray,
    series: FloatArray,
    constants: Constants,
) -> tuple[float, float, float]:
    """The maximum of p y - E(y - S)+, attained in [low, high]: near q its slope is bounded by chords as well."""
    _, f_low, f_high, h, h_low, h_high, g = law_at(q, x, one, pairs, below, short, s, series, constants)
    step = 2.0 * math.sqrt((h_high - h_low) / g) if g > 0.0 else math.inf
    if step < min(q, cap - q):
        left = law_at(q - step, x, one, pairs, below, short, s, series, constants)
        right = law_at(q + step, x, one, pairs, below, short, s, series, constants)
        f_low = max(f_low, (h_low - left[5]) / step)
        f_high = min(f_high, (right[5] - h_low) / step)
    slope = max(abs(p - f_low), abs(p - f_high))
    return p * q - h, p * q - h_high, p * q - h_low + slope * max(high - q, q - low)
