"""Inner loops of cascades: 64 trials in a word, failures drawn by geometric skipping, needs by AND, OR and counting."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kivijalka.engine.compiled import compiled
from kivijalka.engine.errors import FloatArray, IntArray

WORDS = 16
TRIALS = 64 * WORDS  # trials of one block: a cache line of words per node
Words = NDArray[np.uint64]
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)
NONE = np.uint64(0)
REST = np.uint64(0x001FFFFFFFFFFFFF)
LOG_2 = math.log(2.0)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _popcount(context: Any, word: Any) -> Any:
    """Number of ones of a word, as the processor counts them."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


OneWord = Callable[[np.uint64], np.uint64]
popcount = cast(OneWord, intrinsic(_popcount))


@compiled
def mixed(z: np.uint64) -> np.uint64:
    """The output function of splitmix64 (Steele, Lea, Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _leading_zeros(context: Any, word: Any) -> Any:
    """Number of zeros before the first one of a word."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, False))

    return types.uint64(types.uint64), generate


leading_zeros = cast(OneWord, intrinsic(_leading_zeros))


@compiled
def log_uniform(word: np.uint64, table: FloatArray) -> float:
    """log of (word + 1/2) / 2^64, within 1e-14: exponent, table of the leading 11 bits, series for the rest."""
    word |= ONE
    zeros = leading_zeros(word)
    word = (word << zeros) << ONE
    cell = np.int64(word >> np.uint64(53))
    middle = (cell + 0.5) * 2.0**-12 + 0.5
    rest = (np.float64(np.int64(word & REST)) * 2.0**-53 - 0.5) * 2.0**-12
    r = rest / middle
    return float(
        table[cell] + r * (1.0 + r * (-0.5 + r * (1.0 / 3.0 - 0.25 * r))) - LOG_2 * np.float64(np.int64(zeros))
    )


@compiled
def settle(
    node: int, state: Words, first_need: IntArray, first_member: IntArray, members: IntArray, k: IntArray
) -> None:
    """Take away from state[node] the trials in which one of its needs is unmet."""
    for need in range(first_need[node], first_need[node + 1]):
        a, b = first_member[need], first_member[need + 1]
        if k[need] == b - a:
            for m in range(a, b):
                other = members[m]
                for w in range(WORDS):
                    state[node, w] &= state[other, w]
        elif k[need] == 1:
            for w in range(WORDS):
                met = state[members[a], w]
                for m in range(a + 1, b):
                    met |= state[members[m], w]
                state[node, w] &= met
        else:
            for w in range(WORDS):
                state[node, w] &= at_least(state, w, members, a, b, k[need])


@compiled
def at_least(state: Words, w: int, members: IntArray, a: int, b: int, k: int) -> np.uint64:
    """Trials in which at least k of the members work: counted in bit planes, then compared from the top plane down."""
    planes = np.zeros(32, np.uint64)
    for m in range(a, b):
        carry = state[members[m], w]
        level = 0
        while carry != NONE:
            planes[level], carry = planes[level] ^ carry, planes[level] & carry
            level += 1
    above, equal = NONE, ALL
    for level in range(31, -1, -1):
        if (k >> level) & 1:
            equal &= planes[level]
        else:
            above |= equal & planes[level]
            equal &= ~planes[level]
    return above | equal


@compiled
def draw_blocks(
    first: int,
    last: int,
    seed: np.uint64,
    log_keep: FloatArray,
    first_need: IntArray,
    first_member: IntArray,
    members: IntArray,
    k: IntArray,
    down: IntArray,
    last_bits: int,
    last_block: int,
) -> None:
    """Blocks first..last-1 of trials: add to down[node] the trials in which the node does not work.

    log_keep[node] is log(1 - p). Each block has a stream of its own, so that threads don't matter. In block
    `last_block` only the first `last_bits` trials count.
    """
    n = len(log_keep)
    state = np.empty((n, WORDS), np.uint64)
    table = np.log((np.arange(2048) + 0.5) / 4096 + 0.5)
    for block in range(first, last):
        stream = mixed(seed ^ mixed(np.uint64(block) * GOLDEN + GOLDEN))
        counted = last_bits if block == last_block else TRIALS
        skip, same, inverse = 0.0, 1.0, 0.0
        for node in range(n):
            for w in range(WORDS):
                state[node, w] = ALL
            rate = log_keep[node]
            if rate < 0.0:
                if rate != same:
                    stream += GOLDEN
                    skip = math.floor(log_uniform(mixed(stream), table) / rate)
                    inverse, same = 1.0 / rate, rate
                while skip < TRIALS:
                    t = np.uint64(skip)
                    state[node, t >> np.uint64(6)] &= ~(ONE << (t & np.uint64(63)))
                    stream += GOLDEN
                    skip += 1.0 + math.floor(log_uniform(mixed(stream), table) * inverse)
                skip -= TRIALS
            settle(node, state, first_need, first_member, members, k)
            down[node] += lost_trials(state[node], counted)


@compiled
def lost_trials(row: Words, counted: int) -> np.int64:
    """Zeros among the first `counted` trials of a row."""
    works = NONE
    if counted == TRIALS:
        for w in range(WORDS):
            works += popcount(row[w])
        return np.int64(TRIALS) - np.int64(works)
    for w in range(counted // 64):
        works += popcount(row[w])
    if counted % 64:
        works += popcount(row[counted // 64] & ((ONE << np.uint64(counted % 64)) - ONE))
    return np.int64(counted) - np.int64(works)


@compiled
def one_by_one(
    first: int,
    last: int,
    first_need: IntArray,
    first_member: IntArray,
    members: IntArray,
    k: IntArray,
    cost: FloatArray,
    total: FloatArray,
    stopped: IntArray,
) -> None:
    """Trial t fails node t alone: total[t] and stopped[t] are the cost and number of all nodes that stop."""
    n = len(cost)
    state = np.empty((n, WORDS), np.uint64)
    for block in range(first, last):
        base = block * TRIALS
        for node in range(n):
            for w in range(WORDS):
                state[node, w] = ALL
            if base <= node < base + TRIALS:
                t = np.uint64(node - base)
                state[node, t >> np.uint64(6)] = ~(ONE << (t & np.uint64(63)))
            settle(node, state, first_need, first_member, members, k)
            for w in range(WORDS):
                word = ~state[node, w]
                while word != NONE:
                    low = word & (~word + ONE)
                    trial = base + 64 * w + np.int64(popcount(low - ONE))
                    total[trial] += cost[node]
                    stopped[trial] += 1
                    word ^= low


@compiled
def enumerate_blocks(
    first: int,
    last: int,
    variable: IntArray,
    chance: FloatArray,
    always_down: NDArray[np.bool_],
    first_need: IntArray,
    first_member: IntArray,
    members: IntArray,
    k: IntArray,
    down: FloatArray,
) -> None:
    """Add to down[node] the probability of all patterns of blocks first..last-1 in which the node does not work.

    Bit j of a pattern's number says whether node variable[j] has failed, with probability chance[j].
    """
    n, bits = len(always_down), len(variable)
    role = np.full(n, -1, np.int64)
    for j in range(bits):
        role[variable[j]] = j
    state = np.empty((n, WORDS), np.uint64)
    weight = np.empty(TRIALS)
    patterns = 1 << bits
    for block in range(first, last):
        base = block * TRIALS
        weigh(base, patterns, chance, weight)
        for node in range(n):
            for w in range(WORDS):
                word = NONE if always_down[node] else ALL
                if role[node] >= 0:
                    word = pattern_word(base + 64 * w, role[node])
                state[node, w] = word
            settle(node, state, first_need, first_member, members, k)
            for w in range(WORDS):
                word = ~state[node, w]
                for t in range(64):
                    if (word >> np.uint64(t)) & ONE:
                        down[node] += weight[64 * w + t]


@compiled
def weigh(base: int, patterns: int, chance: FloatArray, weight: FloatArray) -> None:
    """Probabilities of the patterns base, base + 1, ...; 0 beyond the last."""
    for t in range(len(weight)):
        pattern = base + t
        p = 1.0 if pattern < patterns else 0.0
        for j in range(len(chance)):
            p *= chance[j] if (pattern >> j) & 1 else 1.0 - chance[j]
        weight[t] = p


@compiled
def pattern_word(base: int, bit: int) -> np.uint64:
    """Bit t: whether bit `bit` of pattern base + t is 0, that is the node works."""
    word = NONE
    for t in range(64):
        if not ((base + t) >> bit) & 1:
            word |= ONE << np.uint64(t)
    return word
