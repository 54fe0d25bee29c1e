"""Cascades: how often each node is down when nodes fail by chance, exactly or over many trials; and what matters most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kivijalka.engine.errors import BadInput, FloatArray, IntArray, finite_array, positive
from kivijalka.engine.network import Graph, Network
from kivijalka.engine.splitting import Cluster, in_parts

EXACT = 25  # relevant failing nodes up to which all patterns are enumerated
Z = 1.959963984540054


@dataclass(frozen=True)
class Down:
    """Probability that each node is down. `trials` 0: exact, up to round-off; else `error` holds standard errors."""

    probability: FloatArray
    error: FloatArray
    trials: int

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """95 % intervals: Wilson's, honest near 0 and 1; the exact probability itself when nothing was simulated."""
        if not self.trials:
            return self.probability, self.probability
        n, p = self.trials, self.probability
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return np.where(p == 0, 0.0, np.maximum(middle - half, 0)), np.where(p == 1, 1.0, np.minimum(middle + half, 1))


def simulate(
    network: Network | Graph,
    p: ArrayLike,
    trials: int,
    rng: np.random.Generator,
    *,
    workers: int | None = None,
    cluster: Cluster | None = None,
) -> Down:
    """Probability that each node is down when node i fails itself with probability p[i], independently.

    One word holds 64 trials. The same generator state gives the same answer on any number of threads or machines.

    >>> from kivijalka.engine.network import Need
    >>> found = simulate(Network([[], [Need((0,))]]), [0.1, 0.0], 100_000, np.random.default_rng(1))
    >>> low, high = found.interval()
    >>> bool(low[1] <= 0.1 <= high[1])
    True
    """
    graph = network.graph if isinstance(network, Network) else network
    chance = _chances(p, graph.size)[graph.order]
    if not trials >= 1:
        raise BadInput("trials", trials, "a whole number of at least 1")
    seed = int(rng.integers(0, 2**63))
    down = _run(graph, chance, int(trials), seed, workers, cluster)
    share = np.empty(graph.size)
    share[graph.order] = down / trials
    return Down(share, np.sqrt(share * (1 - share) / trials), int(trials))


def _run(
    graph: Graph, chance: FloatArray, trials: int, seed: int, workers: int | None, cluster: Cluster | None
) -> IntArray:
    from kivijalka.engine.cascade_kernels import TRIALS

    def work(first: int, last: int) -> IntArray:
        return count_down(graph, chance, trials, seed, first, last)

    return np.asarray(np.sum(in_parts(work, -(-trials // TRIALS), workers=workers, cluster=cluster), axis=0))


def count_down(graph: Graph, chance: FloatArray, trials: int, seed: int, first: int, last: int) -> IntArray:
    """Trials in which each position of the graph is down, over blocks first..last-1: one part of a larger run.

    >>> count_down(Network([[], []]).graph, np.array([1.0, 0.0]), 100, 1, 0, 1).tolist()
    [100, 0]
    """
    from kivijalka.engine.cascade_kernels import TRIALS, draw_blocks

    down = np.zeros(graph.size, np.int64)
    with np.errstate(divide="ignore"):
        log_keep = np.log1p(-chance)
    flat = (graph.first_need, graph.first_member, graph.members, graph.k)
    blocks = -(-trials // TRIALS)
    rest = trials - (blocks - 1) * TRIALS
    draw_blocks(first, last, np.uint64(seed), np.maximum(log_keep, -1e300), *flat, down, rest, blocks - 1)
    return down


def exact(network: Network, p: ArrayLike, *, most: int = EXACT) -> Down:
    """The same probability by going through all patterns of the nodes with 0 < p < 1: exact up to round-off.

    Refused for more than `most` such nodes (the work doubles with each); see `exact_one` for a single node.

    >>> from kivijalka.engine.network import Need
    >>> exact(Network([[], [], [Need((0, 1), 1)]]), [0.1, 0.2, 0.0]).probability.round(6).tolist()
    [0.1, 0.2, 0.02]
    """
    from kivijalka.engine.cascade_kernels import TRIALS, enumerate_blocks

    graph = network.graph
    chance = _chances(p, graph.size)[graph.order]
    variable = np.flatnonzero((chance > 0) & (chance < 1))
    if len(variable) > most:
        raise BadInput("p", len(variable), f"at most {most} nodes with 0 < p < 1; simulate() takes any number")
    blocks = -(-(1 << len(variable)) // TRIALS)
    flat = (graph.first_need, graph.first_member, graph.members, graph.k)
    parts = np.zeros((min(blocks, 64), graph.size))
    cuts = np.linspace(0, blocks, len(parts) + 1).astype(int)
    from kivijalka.engine.compiled import in_parallel

    def work(a: int, b: int) -> None:
        for i in range(a, b):
            enumerate_blocks(cuts[i], cuts[i + 1], variable, chance[variable], chance >= 1, *flat, parts[i])

    in_parallel(work, len(parts))
    share = np.empty(graph.size)
    share[graph.order] = np.clip(parts.sum(axis=0), 0, 1)
    return Down(share, np.zeros(graph.size), 0)


def part(network: Network, nodes: Sequence[int]) -> tuple[Network, IntArray]:
    """The network of what `nodes` rest on, and the numbers that its nodes had.

    >>> from kivijalka.engine.network import Need
    >>> small, kept = part(Network([[], [], [Need((0,))]]), [2])
    >>> len(small), kept.tolist()
    (2, [0, 2])
    """
    kept = sorted({m for node in nodes for m in network.rests_on(node)})
    new = {m: i for i, m in enumerate(kept)}
    needs = [[type(d)(tuple(new[m] for m in d.of), d.k) for d in network.needs[m]] for m in kept]
    buffer = [network.buffer[m] for m in kept] if network.buffer else ()
    return Network(needs, buffer, [network.name(m) for m in kept]), np.array(kept)


def probability_down(
    network: Network, node: int, p: ArrayLike, trials: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """(value, low, high) of P(node is down): exact when it rests on at most 25 that can fail, else a 95 % interval.

    >>> from kivijalka.engine.network import Need
    >>> probability_down(Network([[], [Need((0,))]]), 1, [0.25, 0.0], 1000, np.random.default_rng(1))
    (0.25, 0.25, 0.25)
    """
    small, kept = part(network, [node])
    chance = _chances(p, len(network))[kept]
    can_fail = int(((chance > 0) & (chance < 1)).sum())
    found = exact(small, chance) if can_fail <= EXACT else simulate(small, chance, trials, rng)
    at = int(np.searchsorted(kept, node))
    low, high = found.interval()
    return float(found.probability[at]), float(low[at]), float(high[at])


@dataclass(frozen=True)
class Single:
    """What each node's failure alone stops: `cost[i]` of all nodes that stop with i, `stopped[i]` how many (with i)."""

    cost: FloatArray
    stopped: IntArray

    def worst(self, count: int = 10) -> IntArray:
        """Nodes whose failure alone costs most, the worst first."""
        return np.argsort(-self.cost, kind="stable")[:count]


def single_failures(network: Network, cost: ArrayLike) -> Single:
    """For every node: what stops in the end, and what that costs, if it alone fails. Exact; 512 nodes at a time.

    >>> from kivijalka.engine.network import Need
    >>> found = single_failures(Network([[], [Need((0,))], [Need((0, 1), 1)]]), [1.0, 10.0, 100.0])
    >>> found.cost.tolist(), found.stopped.tolist(), found.worst(1).tolist()
    ([111.0, 10.0, 100.0], [3, 1, 1], [0])
    """
    from kivijalka.engine.cascade_kernels import TRIALS, one_by_one
    from kivijalka.engine.compiled import in_parallel

    graph = network.graph
    price = finite_array("cost", cost)
    if len(price) != graph.size:
        raise BadInput("cost", len(price), f"one number per node ({graph.size})")
    blocks = -(-graph.size // TRIALS)
    total, stopped = np.zeros(blocks * TRIALS), np.zeros(blocks * TRIALS, np.int64)
    flat = (graph.first_need, graph.first_member, graph.members, graph.k)
    in_parallel(lambda a, b: one_by_one(a, b, *flat, price[graph.order], total, stopped), blocks)
    by_cost, by_count = np.empty(graph.size), np.empty(graph.size, np.int64)
    by_cost[graph.order], by_count[graph.order] = total[: graph.size], stopped[: graph.size]
    return Single(by_cost, by_count)


@dataclass(frozen=True)
class Redundancy:
    """Birnbaum importance of each node for the expected cost, and what a second one of it (p becomes p^2) would save."""

    nodes: IntArray
    birnbaum: FloatArray
    saves: FloatArray
    error: FloatArray


def redundancy(
    network: Network, p: ArrayLike, cost: ArrayLike, nodes: Sequence[int], trials: int, rng: np.random.Generator
) -> Redundancy:
    """For each of `nodes`: expected cost when it has failed less when it has not, and the saving by doubling it.

    Both runs use the same trials, so that the difference has little noise; exact (error 0) when at most 25 nodes can
    fail. `error` is a standard error of the saving that ignores the common trials, hence on the safe side.

    >>> from kivijalka.engine.network import Need
    >>> net = Network([[], [Need((0,))]])
    >>> redundancy(net, [0.1, 0.0], [0.0, 1000.0], [0], 1000, np.random.default_rng(1)).saves.round(6).tolist()
    [90.0]
    """
    chance, price = _chances(p, len(network)), finite_array("cost", cost)
    few = int(((chance > 0) & (chance < 1)).sum()) <= EXACT
    state = rng.bit_generator.state
    birnbaum, error = np.empty(len(nodes)), np.zeros(len(nodes))
    for i, node in enumerate(nodes):
        network._check_node(node)
        ends = []
        for value in (1.0, 0.0):
            there = chance.copy()
            there[node] = value
            rng.bit_generator.state = state
            ends.append(exact(network, there) if few else simulate(network, there, trials, rng))
        birnbaum[i] = price @ (ends[0].probability - ends[1].probability)
        error[i] = np.abs(price) @ np.hypot(ends[0].error, ends[1].error)
    gain = np.array([chance[i] * (1 - chance[i]) for i in nodes])
    return Redundancy(np.array(nodes, np.int64), birnbaum, gain * birnbaum, gain * error)


def _chances(p: ArrayLike, size: int) -> FloatArray:
    chance = finite_array("p", p, least=0.0)
    if chance.ndim == 0:
        chance = np.full(size, float(chance))
    if len(chance) != size:
        raise BadInput("p", len(chance), f"one probability, or one per node ({size})")
    if (chance > 1).any():
        raise BadInput("p", float(chance.max()), "numbers from 0 to 1")
    return chance


def trials_for(p: float, relative: float) -> int:
    """Trials for a relative standard error `relative` of a probability near p: (1 - p) / (p relative^2).

    >>> trials_for(0.01, 0.1)
    9900
    """
    return int(np.ceil((1 - p) / (positive("p", p) * positive("relative", relative) ** 2)))
