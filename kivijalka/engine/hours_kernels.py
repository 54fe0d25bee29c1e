"""Inner loop of hours down: each node's outages as sorted intervals, made from its own and from those it rests on."""

from __future__ import annotations

import math

import numpy as np

from kivijalka.engine.cascade_kernels import GOLDEN, mixed
from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray


@compiled
def uniform(word: np.uint64) -> float:
    return (np.float64(np.int64(mixed(word) >> np.uint64(11))) + 0.5) * 2.0**-53


@compiled
def own_outages(stream: np.uint64, begin: float, end: float, up: float, down: float, out: FloatArray) -> int:
    """Fill out[:, 0:2] with a stationary alternating process on begin..end; mean hours up and down. Gives their count."""
    count = 0
    stream += GOLDEN
    time = begin
    if uniform(stream) < down / (up + down):
        stream += GOLDEN
        out[0, 0] = begin + down * math.log(uniform(stream))
        stream += GOLDEN
        time = begin - down * math.log(uniform(stream))
        out[0, 1] = time
        count = 1
    while count < len(out):
        stream += GOLDEN
        time -= up * math.log(uniform(stream))
        if time >= end:
            return count
        out[count, 0] = time
        stream += GOLDEN
        time -= down * math.log(uniform(stream))
        out[count, 1] = time
        count += 1
    return -1


@compiled
def union(pieces: FloatArray, count: int) -> int:
    """Sort the first `count` intervals and merge those that touch, in place. Gives how many remain."""
    if count == 0:
        return 0
    order = np.argsort(pieces[:count, 0])
    sorted_pieces = pieces[:count][order]
    kept = 0
    pieces[0] = sorted_pieces[0]
    for i in range(1, count):
        if sorted_pieces[i, 0] <= pieces[kept, 1]:
            pieces[kept, 1] = max(pieces[kept, 1], sorted_pieces[i, 1])
        else:
            kept += 1
            pieces[kept] = sorted_pieces[i]
    return kept + 1


@compiled
def need_outages(
    spans: FloatArray,
    first: IntArray,
    members: IntArray,
    a: int,
    b: int,
    k: int,
    wait: float,
    out: FloatArray,
    used: int,
) -> int:
    """Append to out the times when fewer than k of the members work, each begun `wait` hours later."""
    total = 0
    for m in range(a, b):
        total += first[members[m] + 1] - first[members[m]]
    if total == 0:
        return used
    time, change = np.empty(2 * total), np.empty(2 * total, np.int64)
    i = 0
    for m in range(a, b):
        for j in range(first[members[m]], first[members[m] + 1]):
            time[i], change[i] = spans[j, 0], 1
            time[i + 1], change[i + 1] = spans[j, 1], -1
            i += 2
    down, begun = 0, 0.0
    for j in np.argsort(time):
        before = down
        down += change[j]
        if before < b - a - k + 1 <= down:
            begun = time[j]
        elif down < b - a - k + 1 <= before and time[j] > begun + wait:
            if used == len(out):
                return -1
            out[used, 0], out[used, 1] = begun + wait, time[j]
            used += 1
    return used


@compiled
def run_years(
    first_run: int,
    last_run: int,
    seed: np.uint64,
    up: FloatArray,
    down: FloatArray,
    buffer: FloatArray,
    burn: float,
    horizon: float,
    room: int,
    first_need: IntArray,
    first_member: IntArray,
    members: IntArray,
    k: IntArray,
    hours: FloatArray,
) -> int:
    """hours[run - first_run, node]: hours down within 0..horizon in each run. Gives -1 when `room` intervals are too few."""
    n = len(up)
    spans, pieces = np.empty((room, 2)), np.empty((room, 2))
    first = np.zeros(n + 1, np.int64)
    for run in range(first_run, last_run):
        for node in range(n):
            count = 0
            if down[node] > 0.0 and up[node] < math.inf:
                stream = mixed(seed ^ mixed(np.uint64(run * n + node) * GOLDEN + GOLDEN))
                count = own_outages(stream, -burn, horizon, up[node], down[node], pieces)
            for need in range(first_need[node], first_need[node + 1]):
                if count >= 0:
                    a, b = first_member[need], first_member[need + 1]
                    count = need_outages(spans, first, members, a, b, k[need], buffer[node], pieces, count)
            if count < 0:
                return -1
            count = union(pieces, count)
            if first[node] + count > room:
                return -1
            total = 0.0
            for i in range(count):
                spans[first[node] + i] = pieces[i]
                total += max(min(pieces[i, 1], horizon) - max(pieces[i, 0], 0.0), 0.0)
            first[node + 1] = first[node] + count
            hours[run - first_run, node] = total
    return 0
