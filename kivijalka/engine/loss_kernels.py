"""Inner loops of the loss curves: rows of lognormals, and lattices above, below and close to a tabulated measure."""

from __future__ import annotations

import math

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray

FAR = 8.3  # the normal tail beyond is 5e-17


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
def add_lognormals(
    x: FloatArray,
    log_x: FloatArray,
    first: int,
    last: int,
    rate: FloatArray,
    mu: FloatArray,
    sigma: FloatArray,
    mean: FloatArray,
    row: IntArray,
    area: FloatArray,
    above: FloatArray,
    series: FloatArray,
) -> None:
    """area[row[i]] += rate[i] E min(X_i, x) and above[row[i]] += rate[i] P(X_i > x), on knots first..last-1."""
    for i in range(len(rate)):
        r, lam, m, s, total = row[i], rate[i], mu[i], sigma[i], rate[i] * mean[i]
        inverse = 1.0 / s
        start = first + np.searchsorted(log_x[first:last], m - FAR * s)
        stop = first + np.searchsorted(log_x[first:last], m + (s + FAR) * s)
        for k in range(first, start):
            area[r, k] += lam * x[k]
            above[r, k] += lam
        for k in range(start, stop):
            z = (log_x[k] - m) * inverse
            tail = lam * (normal_tail(z, series) if z < FAR else 0.0)
            body = total * (normal_tail(s - z, series) if z - s > -FAR else 0.0)
            above[r, k] += tail
            area[r, k] += body + x[k] * tail
        for k in range(stop, last):
            area[r, k] += total


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
def close(
    x: FloatArray, area: FloatArray, above: FloatArray, step: float, count: int, tilt: float
) -> tuple[FloatArray, float]:
    """Cubic Hermite values between chord and tangents, and the integral of exp(-tilt y) * (largest error)."""
    out = np.empty(count + 1)
    k, top, doubt = 0, len(x) - 1, 0.0
    decay, fall = math.exp(tilt * step), math.exp(-tilt * step)
    for j in range(count + 1):
        y = j * step
        while k < top - 1 and x[k + 1] < y:
            k += 1
        w = x[k + 1] - x[k]
        t = min(max((y - x[k]) / w, 0.0), 1.0)
        rise = area[k + 1] - area[k]
        low = area[k] + t * rise
        high = min(area[k] + above[k] * t * w, area[k + 1] - above[k + 1] * (1.0 - t) * w)
        a, b = above[k] * w - rise, rise - above[k + 1] * w
        if y > x[top]:
            high += above[top] * (y - x[top])
        value = min(max(low + t * (1.0 - t) * ((1.0 - t) * a + t * b), low), max(high, low))
        out[j] = value
        doubt += decay * step * max(high - value, value - low, 0.0)
        decay *= fall
    return out, doubt


@compiled
def tangents(x: FloatArray, area: FloatArray, above: FloatArray, step: float, count: int, drift: bool) -> FloatArray:
    """Values on the lattice whose concave majorant, linear in between, is nowhere below the true function.

    Each lattice cell gets the tangent at the knot nearest its middle; at lattice points the higher of the two
    neighbouring tangents; the least concave majorant of these is meant. Without `drift` it starts at 0.
    """
    out = np.zeros(count + 1)
    k, top = 0, len(x) - 1
    for j in range(count):
        middle = (j + 0.5) * step
        while k < top and x[k + 1] - middle <= middle - x[k]:
            k += 1
        use = k if drift or j > 0 else 0
        left = area[use] + above[use] * (j * step - x[use])
        right = area[use] + above[use] * ((j + 1) * step - x[use])
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
