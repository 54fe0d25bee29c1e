"""How far to look: the law of independent events by small transforms, and the transform itself."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray
from kivijalka.engine.loss_kernels import ComplexArray, chords


@lru_cache(maxsize=8)
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
    values = chords(x[: top + 1], tables[0, : top + 1], step, count)
    weights = np.zeros(size, np.complex128)
    rate, slope = 0.0, values[1] / step
    for j in range(1, count + 1):
        after = (values[j + 1] - values[j]) / step if j < count else 0.0
        weights[j] = (slope - after) * math.exp(-tilt * step * j)
        rate += slope - after
        slope = after
    spectrum = transform(weights, turns, order)
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
    tables: FloatArray,
    x: FloatArray,
    mean: float,
    square: float,
    lowest: float,
    p: float,
    turns: ComplexArray,
    order: IntArray,
) -> tuple[int, float]:
    """A knot just beyond the quantile of p, and about the quantile of `lowest`."""
    last = len(x) - 1
    guess = mean + 4.0 * math.sqrt(square) if square < math.inf else x[last // 2]
    top = min(int(np.searchsorted(x, guess)), last)
    wish = p + 0.03 * (1.0 - p)
    for _ in range(60):
        below = below_roughly(tables, x, top, turns, order)
        step = x[top] / len(below)
        low = step * first_not_below(below, lowest)
        j = first_not_below(below, wish)
        if j >= len(below):
            if top == last:
                return last, low
            top = min(int(np.searchsorted(x, 2.0 * x[top])), last)
            continue
        lower = min(int(np.searchsorted(x, 1.3 * step * (j + 1))), last)
        if j < len(below) // 4 and lower < top:
            top = lower
            continue
        return min(int(np.searchsorted(x, step * min(j + 1, len(below) - 1))), last), low
    return top, low
