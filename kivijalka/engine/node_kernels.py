"""Transforms of tabulated measures: each cell by Gauss's nodes, all nodes spread to one grid by a Gaussian."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray
from kivijalka.engine.law import TINY, TURN
from kivijalka.engine.loss_kernels import ROUND, lower, tail_series

STRAY = 1e-12  # share by which Gauss's nodes may be wrong, see docs/engine.md
SOFT = 0.3  # how softly a window opens, in log x
OPENED = math.exp(8.3 * SOFT)  # from so many windows on it is open to 1e-16, and shut below the inverse


class Grid(NamedTuple):
    """How nodes are spread: by a Gaussian exp(-l^2 / (4 wide)) of steps l, cut off after `taps` on each side.

    The grid has half the lattice's step. At frequency k nodes are seen times 1 / gain[k], within the share alias[k];
    `few` to `most` are Gauss's nodes and weights for cells of different widths.
    """

    wide: float
    taps: int
    fall: FloatArray
    series: FloatArray
    few: FloatArray
    some: FloatArray
    many: FloatArray
    most: FloatArray
    gain: FloatArray
    alias: FloatArray


@lru_cache(maxsize=16)
def grid(size: int, wide: float = 1.2, taps: int = 12) -> Grid:
    """For the frequencies k < size / 2 of a lattice of that size (docs/engine.md, Theorem 2)."""
    angle = math.pi / size * np.arange(size // 2)  # frequency times the grid's step
    gain = np.exp(wide * angle**2) / (2 * math.sqrt(math.pi * wide))
    alias = 1.01 * np.exp(-4 * math.pi * wide * (math.pi - angle))
    left = 2 * math.exp(-(taps**2) / (4 * wide)) / -math.expm1(-taps / (2 * wide))
    fall = np.exp(-(np.arange(-taps + 1, taps + 1) ** 2) / (4 * wide))
    rules = (np.array(np.polynomial.legendre.leggauss(n)) for n in (4, 8, 16, 32))
    few, some, many, most = ((r + np.array([[1.0], [0.0]])) / 2 for r in rules)
    return Grid(wide, taps, fall, tail_series(), few, some, many, most, gain, alias + left * gain)


@compiled
def spread_node(
    place: float, fade: float, amount: float, wide: float, taps: int, fall: FloatArray, out: FloatArray
) -> None:
    """Add amount * exp(-fade - (l - place)^2 / (4 wide)) to the grid's points l around place, around the circle."""
    near = math.floor(place)
    d = place - near
    half = 0.5 / wide
    turn = math.exp(d * half)
    v0 = amount * math.exp(-fade - d * half * (0.5 * d + taps - 1))
    leap = turn * turn
    v1, v2, v3 = v0 * turn, v0 * leap, v0 * leap * turn
    leap *= leap
    first = int(near) - taps + 1
    if first >= 0 and first + 2 * taps <= len(out):
        for k in range(0, 2 * taps, 4):
            out[first + k] += v0 * fall[k]
            out[first + k + 1] += v1 * fall[k + 1]
            out[first + k + 2] += v2 * fall[k + 2]
            out[first + k + 3] += v3 * fall[k + 3]
            v0, v1, v2, v3 = v0 * leap, v1 * leap, v2 * leap, v3 * leap
    else:
        for k in range(2 * taps):
            out[(first + k) % len(out)] += v0 * fall[k]
            v0 *= turn


@compiled
def share_left(y: float, window: float, series: FloatArray) -> float:
    """Of events of y, the share left of the window: P(Z > log(y / window) / SOFT)."""
    if y >= window * OPENED:
        return 0.0
    return lower(-math.log(y / window) / SOFT, series) if y > window / OPENED else 1.0


@compiled
def spread(
    x: FloatArray,
    tables: FloatArray,
    top: int,
    step: float,
    tilt: float,
    window: float,
    wide: float,
    taps: int,
    fall: FloatArray,
    series: FloatArray,
    few: FloatArray,
    some: FloatArray,
    many: FloatArray,
    most: FloatArray,
    large: FloatArray,
    small: FloatArray,
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Spread the events below knot `top`, times exp(-tilt y), to grids: those in the window to `large`, others to `small`.

    G is the quintic with the knots' values, slopes and curvatures. Without a window (0) all are large. Returns the
    integral of exp(-tilt y) times G's doubt d (euro^2), d / y and d / y^2 within the window's reach; a bound of
    round-off over |s|; the sum of sizes; rate and loss a year of the small events, and bounds of their errors.
    """
    slack, slack1, slack2, rounding, sizes = 0.0, 0.0, 0.0, 0.0, 0.0
    small_rate, small_mean, rate_doubt, mean_doubt = 0.0, 0.0, 0.0, 0.0
    shut, opened = window / OPENED, window * OPENED
    scale = 2.0 / step
    for k in range(top):
        a, b, w = x[k], x[k + 1], x[k + 1] - x[k]
        mass = tables[1, k] - tables[1, k + 1]
        ga, gb = tables[2, k], tables[2, k + 1]
        doubt = tables[4, k] * w
        fade = math.exp(-tilt * a)
        slack += fade * doubt
        if b > shut and a < opened:
            y = max(a, shut)
            slack1 += fade * doubt / y
            slack2 += fade * doubt / (y * y)
            mean_doubt += 7.0 * doubt / y
            rate_doubt += 4.1 * doubt / (y * y)
        if max(mass, ga * w, gb * w) <= 1e-18 * tables[1, 0]:  # of no account beside STRAY
            continue
        # the density in t from 0 to 1: its ends, its mass, its first moment
        rise = tables[0, k + 1] - tables[0, k]
        hill = 6.0 * (mass / w - 0.5 * (ga + gb))
        lean = 5.0 * (gb - ga) - 60.0 * (rise / w - 0.5 * (tables[1, k] + tables[1, k + 1])) / w
        rounding += fade * (8.0 * ROUND * (tables[0, k + 1] + w * tables[1, k]))
        rule, parts = many, 1
        crossed = b > shut and a < opened
        if w <= TINY * a:  # a jump
            ga, gb, hill, lean, rule = mass / w, mass / w, 0.0, 0.0, few
            rounding += fade * abs(mass) * w
        elif w <= 0.01 * step and not crossed:
            rule = few
        elif w <= 0.5 * step and (not crossed or w <= 0.09 * a):
            rule = some
        elif w > 4.0 * step and not crossed:
            rule, parts = most, int(w / (16.0 * step)) + 1
        elif crossed:
            parts = int(w / min(4.0 * step, 0.2 * max(a, 0.5 * shut))) + 1
        for part in range(parts):
            for i in range(rule.shape[1]):
                t = (part + rule[0, i]) / parts
                amount = rule[1, i] * w / parts * (ga + t * (gb - ga) + t * (1.0 - t) * (hill + lean * (1.0 - 2.0 * t)))
                y = a + t * w
                sizes += fade * abs(amount)
                if y >= opened:
                    spread_node(y * scale, tilt * y, amount, wide, taps, fall, large)
                    continue
                left = share_left(y, window, series) if y > shut else 1.0
                small_rate += amount * left
                small_mean += amount * left * y
                spread_node(y * scale, tilt * y, amount * left, wide, taps, fall, small)
                if y > shut:
                    spread_node(y * scale, tilt * y, amount * (1.0 - left), wide, taps, fall, large)
    rate_doubt += 1e-12 * abs(small_rate)
    mean_doubt += 1e-12 * abs(small_mean)
    return slack, slack1, slack2, rounding, sizes, small_rate, small_mean, rate_doubt, mean_doubt


@compiled
def window_decays(
    x: FloatArray,
    star: FloatArray,
    sizes: FloatArray,
    edge: FloatArray,
    above: FloatArray,
    window: float,
    series: FloatArray,
    frequencies: FloatArray,
    first: int,
    out: FloatArray,
) -> None:
    """Into out[first:]: bounds, from each frequency on, of |integral of exp(sy) over the events in the window|.

    Severities whose density goes on to complex sizes, by a path turned by TURN; the others by total variation
    (docs/engine.md).
    """
    grow = math.exp(0.5 * (TURN / SOFT) ** 2)
    slope = math.sin(TURN)
    begin = max(int(np.searchsorted(x, window / OPENED)) - 1, 0)
    bend = 0.0
    before = 1.0 - share_left(sizes[0], window, series)
    rest = before * above[0]
    for k in range(len(sizes)):
        after = 1.0 - share_left(sizes[k + 1], window, series) if k + 1 < len(sizes) else 1.0
        bend += 2.0 * max(after - before, 0.0) * edge[k]
        before = max(after, before)
    count = len(x)
    part, shares = np.empty(count), np.empty(count)
    for k in range(begin, count):
        shares[k] = 1.0 - share_left(x[k], window, series)
        part[k] = max(star[k] - star[k + 1], 0.0) if k + 1 < count else star[k]
    early = (star[0] - star[begin]) * shares[begin]
    for j in range(first, len(frequencies)):
        total = early
        w = frequencies[j] * slope
        for k in range(begin, count):
            height = w * x[k]
            if height > 45.0:
                total += star[k] * math.exp(-height)
                break
            total += part[k] * (shares[k + 1] if k + 1 < count else 1.0) * math.exp(-height)
        out[j] = min(grow * total + bend / frequencies[j] + rest, above[0]) + 1e-15 * above[0]


@compiled
def left_of(x: FloatArray, above: FloatArray, top: int, window: float, series: FloatArray, steep: float) -> float:
    """At least the integral of exp(steep y) over the events left of the window, below knot `top`."""
    total = 0.0
    for k in range(top):
        mass = above[k] - above[k + 1]
        if mass > 0.0:
            total += mass * (share_left(x[k], window, series) + 5e-16) * math.exp(steep * x[k + 1])
    return total * (1.0 + 1e-9)


@compiled
def grown_below(x: FloatArray, tables: FloatArray, top: int, steep: float) -> float:
    """At least the integral of exp(steep y) over the events below knot `top`: chords lie above the exponential."""
    total, height = 0.0, math.exp(steep * x[0])
    for k in range(top):
        mass = max(tables[1, k] - tables[1, k + 1], 0.0)
        after = math.exp(steep * x[k + 1])
        moment = tables[0, k + 1] - x[k + 1] * tables[1, k + 1] - tables[0, k] + x[k] * tables[1, k] - x[k] * mass
        total += mass * height + (after - height) / (x[k + 1] - x[k]) * max(moment, 0.0)
        height = after
    return total * (1.0 + 1e-9)
