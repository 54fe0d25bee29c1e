"""Inner loops of the loss curves: rows of lognormals, and lattices above, below and close to a tabulated measure."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.law import TINY, TURN

FAR = 8.3  # the normal tail beyond is 5e-17
LOG_2 = math.log(2.0)
LEAST_TURNED = 0.1  # sigma of lognormals from which that is of use
SLICE = np.exp(-0.25 * 2.0 ** np.arange(8.0))
ROUND = 2.0**-53
ComplexArray = NDArray[np.complex128]


@lru_cache(maxsize=1)
def tail_series() -> FloatArray:
    """Taylor coefficients (cells, 9) of P(Z > z) about the middles of cells 1/16 wide from -8.5 to 8.5.

    Derivatives are Hermite polynomials times the density; the remainder is below 3e-17 of the whole.
    """
    from numpy.polynomial.hermite_e import hermeval

    middle = np.arange(-8.5 + 1 / 32, 8.5, 1 / 16)
    out = np.empty((len(middle), 9))
    out[:, 0] = [0.5 * math.erfc(z * math.sqrt(0.5)) for z in middle]
    density = np.exp(-0.5 * middle**2) / math.sqrt(2 * math.pi)
    for n in range(1, 9):
        out[:, n] = (-1) ** n * hermeval(middle, [0.0] * (n - 1) + [1.0]) * density / math.factorial(n)
    return out


@compiled
def normal_tail(z: float, series: FloatArray) -> float:
    """P(Z > z) for -8.5 < z < 8.5, within 4e-16."""
    place = (z + 8.5) * 16.0
    cell = int(place)
    d = (place - cell - 0.5) * 0.0625
    a = series[cell]
    high = a[4] + d * (a[5] + d * (a[6] + d * (a[7] + d * a[8])))
    return a[0] + d * (a[1] + d * (a[2] + d * (a[3] + d * high)))  # type: ignore[no-any-return]  # a float64


@compiled
def lower(z: float, series: FloatArray) -> float:
    """P(Z <= z) for any z; 0 and 1 where they are within 1e-16."""
    if z < -FAR:
        return 0.0
    return normal_tail(-z, series) if z < FAR else 1.0


@compiled
def add_lognormals(
    x: FloatArray,
    log_x: FloatArray,
    log_sizes: FloatArray,
    log_frequencies: FloatArray,
    series: FloatArray,
    first: int,
    last: int,
    rate: FloatArray,
    mu: FloatArray,
    sigma: FloatArray,
    row: IntArray,
    table: FloatArray,
) -> None:
    """Add risks first..last-1 to their rows of the table, laid out as measure.Knots says."""
    n, f, p = len(x), len(log_frequencies), len(log_sizes)
    below = np.empty(f + 18)
    for i in range(first, last):
        out, lam, m, s = table[row[i]], rate[i], mu[i], sigma[i]
        inverse, mean = 1.0 / s, math.exp(m + 0.5 * s * s)
        total, k2 = lam * mean, inverse * inverse
        turned = lam * math.exp(0.5 * TURN * TURN * k2) if s >= LEAST_TURNED else 0.0
        start = np.searchsorted(log_x, m - FAR * s)
        stop = np.searchsorted(log_x, m + (s + FAR) * s)
        for k in range(start):
            out[k] += lam * x[k]
            out[n + k] += lam
            out[5 * n + k] += turned
        z_last, phi_last, w_last, tail_last = -1e300, 0.0, 1e300, 1.0
        for k in range(start, n if stop == n else stop + 1):  # at `stop` nothing is left above
            z = (log_x[k] - m) * inverse
            above = normal_tail(z, series) if z < FAR else 0.0
            body = total * lower(z - s, series)
            phi, w = math.exp(-0.5 * z * z) * 0.3989422804014327, abs(z) * inverse
            out[k] += body + x[k] * lam * above
            out[n + k] += lam * above
            out[5 * n + k] += turned * above
            out[2 * n + k] += lam * phi * inverse / x[k]
            # the error between the two knots: by the fourth derivative of the density, see Lognormal.bend, or by mass
            a, width = x[k - 1], x[k] - x[k - 1]
            doubt = 0.6 * width * (tail_last - above + 1e-15)
            if k > start:
                doubt += 0.021 * width * width * inverse * (phi / x[k] + phi_last / a)
                w_most = max(w, w_last)
                most = 0.3989422804014327 if z_last < 0.0 < z else max(phi, phi_last)
                bent = (w_most + 1.0) * (w_most + 2.0) * (w_most + 3.0) * (w_most + 4.0)
                bent += k2 * (6.0 * w_most * w_most + 30.0 * w_most + 35.0 + 3.0 * k2)
                r2 = (width / a) ** 2
                doubt = min(doubt, r2 * r2 * r2 * a * bent * most * inverse / 46080.0)
            else:
                doubt += 0.021 * width * width * inverse * phi / x[k]
            out[4 * n + k - 1] += lam * doubt
            z_last, phi_last, w_last, tail_last = z, phi, w, above
        for k in range(stop + 1, n):
            out[k] += total
        # decay: the path of integration turned by an angle, see Lognormal.decay
        turn = min(1.25, 3.0 * s)
        grow, shift = math.exp(0.5 * turn * turn * k2), math.log(0.25 / math.sin(turn)) - m
        half = 0.5 * LOG_2
        for q in range(f + 18):
            below[q] = lower((shift - log_frequencies[0] - (f - 1 - q) * half) * inverse, series)
        for q in range(f):
            at = f - 1 - q
            laplace = below[at] + 2e-15
            for t in range(8):
                laplace += SLICE[t] * (below[at + 2 * t + 2] - below[at + 2 * t])
            out[6 * n + q] += lam * min(1.0, grow * laplace)
        for q in range(p):
            v = max(log_sizes[q], m - s * s)
            z = (v - m) * inverse
            high = lam * math.exp(-0.5 * z * z - v) * 0.3989422804014327 * inverse
            out[6 * n + f + q] += high
            if turned == 0.0:
                out[6 * n + f + p + q] += high
        out[6 * n + f + 2 * p] += total
        out[6 * n + f + 2 * p + 1] += total * mean * math.exp(s * s)


@compiled
def chords(x: FloatArray, area: FloatArray, step: float, count: int) -> FloatArray:
    """The concave function through the knots, at 0, step, ..., count * step: nowhere above the true one."""
    out = np.empty(count + 1)
    k, top = 0, len(x) - 1
    for j in range(count + 1):
        y = j * step
        while k < top - 1 and x[k + 1] < y:
            k += 1
        t = (y - x[k]) / (x[k + 1] - x[k])
        out[j] = area[k] + min(max(t, 0.0), 1.0) * (area[k + 1] - area[k])
    return out


@compiled
def quintic(
    a: float, b: float, slope_a: float, slope_b: float, bend_a: float, bend_b: float
) -> tuple[float, float, float, float, float, float]:
    """Coefficients in t from 0 to 1 of the polynomial with these values and first and second derivatives at both ends."""
    rise = b - a
    c3 = 10.0 * rise - 6.0 * slope_a - 4.0 * slope_b - 1.5 * bend_a + 0.5 * bend_b
    c4 = -15.0 * rise + 8.0 * slope_a + 7.0 * slope_b + 1.5 * bend_a - bend_b
    c5 = 6.0 * rise - 3.0 * slope_a - 3.0 * slope_b - 0.5 * bend_a + 0.5 * bend_b
    return a, slope_a, 0.5 * bend_a, c3, c4, c5


@compiled
def table_at(
    x: FloatArray, area: FloatArray, above: FloatArray, density: FloatArray, doubt: FloatArray, y: float
) -> tuple[float, float, float, float, float]:
    """G, N and density at y by the quintic between knots, and bounds of the errors of the first two.

    The slope's error is at most 46080 sqrt(5) / 30000 = 3.4347 times the doubt over the cell's width.
    """
    k, skipped = min(max(int(np.searchsorted(x, y)) - 1, 0), len(x) - 2), 0.0
    while k < len(x) - 2 and x[k + 1] - x[k] <= TINY * x[k]:  # to the end of a jump
        skipped += abs(above[k] - above[k + 1])
        k += 1
    w = x[k + 1] - x[k]
    d0, d1 = -density[k] * w * w, -density[k + 1] * w * w
    c0, c1, c2, c3, c4, c5 = quintic(area[k], area[k + 1], above[k] * w, above[k + 1] * w, d0, d1)
    t = min(max((y - x[k]) / w, 0.0), 1.0)
    value = c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))))
    slope = (c1 + t * (2.0 * c2 + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))) / w
    bend = (2.0 * c2 + t * (6.0 * c3 + t * (12.0 * c4 + t * 20.0 * c5))) / (w * w)
    return value, slope, -bend, doubt[k] + max(x[k] - y, 0.0) * above[0], 3.4348 * doubt[k] / w + skipped


@compiled
def interpolated(
    x: FloatArray, area: FloatArray, above: FloatArray, density: FloatArray, doubt: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """G and N at increasing sizes y by the quintic between knots, and bounds of their errors: see table_at."""
    values, slopes, doubts, slope_doubts = np.empty(len(y)), np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    k, last = 0, -1
    c0, c1, c2, c3, c4, c5, w = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0
    for j in range(len(y)):
        while k < len(x) - 2 and (x[k + 1] < y[j] or x[k + 1] - x[k] <= TINY * x[k]):
            k += 1
        if k != last:
            w = x[k + 1] - x[k]
            d0, d1 = -density[k] * w * w, -density[k + 1] * w * w
            c0, c1, c2, c3, c4, c5 = quintic(area[k], area[k + 1], above[k] * w, above[k + 1] * w, d0, d1)
            last = k
        t = min(max((y[j] - x[k]) / w, 0.0), 1.0)
        values[j] = c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))))
        slopes[j] = (c1 + t * (2.0 * c2 + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))) / w
        doubts[j], slope_doubts[j] = doubt[k] + max(x[k] - y[j], 0.0) * above[0], 3.4348 * doubt[k] / w
    return values, slopes, doubts, slope_doubts


@compiled
def tangents(
    x: FloatArray, area: FloatArray, above: FloatArray, step: float, count: int, drift: bool, once: bool
) -> FloatArray:
    """Values on the lattice whose concave majorant, linear in between, is nowhere below the true function.

    Each lattice cell gets the tangent at the knot nearest its middle; at lattice points the higher of the two
    neighbouring tangents; the least concave majorant of these is meant. Without `drift` it starts at 0. `once`: it is of
    one event and stays so, for it is nowhere above the tangent at 0, which serves where another would be.
    """
    out = np.zeros(count + 1)
    k, top = 0, len(x) - 1
    for j in range(count):
        middle = (j + 0.5) * step
        while k < top and x[k + 1] - middle <= middle - x[k]:
            k += 1
        left = area[k] + above[k] * (j * step - x[k])
        right = area[k] + above[k] * ((j + 1) * step - x[k])
        if (not drift and j == 0) or (once and left > above[0] * j * step):
            left, right = above[0] * j * step, above[0] * (j + 1) * step
        out[j] = max(out[j], left)
        out[j + 1] = right
    return out


@compiled
def concave_slopes(values: FloatArray) -> FloatArray:
    """Rise per cell of the least concave majorant of equally spaced values: never increasing, each cell's own.

    Taken between the majorant's kinks and not from its rounded values, whose second differences would be noise.
    """
    n = len(values)
    kept = np.empty(n, np.int64)
    top = 0
    for j in range(n):
        while top >= 2:
            a, b = kept[top - 2], kept[top - 1]
            if (values[b] - values[a]) * (j - b) <= (values[j] - values[b]) * (b - a):
                top -= 1
            else:
                break
        kept[top] = j
        top += 1
    out = np.empty(n - 1)
    slope = math.inf
    for i in range(top - 1):
        a, b = kept[i], kept[i + 1]
        slope = min(slope, (values[b] - values[a]) / (b - a))
        for j in range(a, b):
            out[j] = max(slope, 0.0)
    return out


@compiled
def to_knots(x: FloatArray, step: float, count: int, top: int, v: FloatArray, out: FloatArray) -> None:
    """Rows a, b, c, d of `out` (4, knots): sum of v[j] G(j step) is a . area + b . above + c . density, within d . doubt.

    The transpose of the quintic interpolation that lattice_weights uses.
    """
    k = 0
    for j in range(1, count + 1):
        y = j * step
        while k < top - 1 and x[k + 1] < y:
            k += 1
        w = x[k + 1] - x[k]
        t = min((y - x[k]) / w, 1.0)
        t2, t3 = t * t, t * t * t
        t4, t5 = t2 * t2, t2 * t3
        right = 10.0 * t3 - 15.0 * t4 + 6.0 * t5
        out[0, k] += v[j] * (1.0 - right)
        out[0, k + 1] += v[j] * right
        out[1, k] += v[j] * w * (t - 6.0 * t3 + 8.0 * t4 - 3.0 * t5)
        out[1, k + 1] += v[j] * w * (-4.0 * t3 + 7.0 * t4 - 3.0 * t5)
        out[2, k] -= v[j] * w * w * 0.5 * (t2 - 3.0 * t3 + 3.0 * t4 - t5)
        out[2, k + 1] -= v[j] * w * w * 0.5 * (t3 - 2.0 * t4 + t5)
        out[3, k] += abs(v[j])


def at_knots(x: FloatArray, y: float) -> tuple[FloatArray, FloatArray]:
    """Vectors over (area, above, density) that give G(y) - y N(y), and over the doubts that bound its error."""
    out, wrong, n = np.zeros(3 * len(x)), np.zeros(len(x)), len(x)
    k = min(max(int(np.searchsorted(x, y)) - 1, 0), n - 2)
    while k < n - 2 and x[k + 1] - x[k] <= TINY * x[k]:  # to the end of a jump
        k += 1
    w = float(x[k + 1] - x[k])
    t = min(max((y - float(x[k])) / w, 0.0), 1.0)
    powers = t ** np.arange(6)
    slopes = np.arange(6) * np.concatenate([[0.0], t ** np.arange(5)]) / w
    use = powers - y * slopes
    for column, unit in enumerate(np.eye(6)):
        a, b, slope_a, slope_b, bend_a, bend_b = unit * np.array([1.0, 1.0, w, w, -w * w, -w * w])
        place = (column // 2) * n + k + column % 2
        out[place] += float(use @ quintic(a, b, slope_a, slope_b, bend_a, bend_b))
    wrong[k] = 1.0 + 3.4348 * y / w
    return out, wrong
