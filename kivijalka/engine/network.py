"""Networks of things that rest on one another: needs all of, any of, k of n; circles and impossible demands refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kivijalka.engine.errors import BadInput, FloatArray, IntArray, finite_array, not_negative


@dataclass(frozen=True)
class Need:
    """At least `at_least` of the nodes `of` must work. Default: all of them; 1: any of them.

    >>> Need((0, 1, 2)).k, Need((0, 1, 2), at_least=1).k
    (3, 1)
    """

    of: tuple[int, ...]
    at_least: int | None = None

    @property
    def k(self) -> int:
        return len(self.of) if self.at_least is None else self.at_least


class Circle(BadInput):
    """Nodes that need one another in a circle; `value` lists one circle."""


@dataclass(frozen=True)
class Network:
    """Nodes 0..n-1; node i works when it has not failed itself and each of needs[i] is met.

    `buffer[i]` is how many hours node i does without an unmet need. A common cause is a node that others need.

    >>> power, link, service = 0, 1, 2
    >>> net = Network([[], [Need((power,))], [Need((power, link))]], buffer=[0, 4, 1])
    >>> net.stops([power]).tolist()
    [0.0, 4.0, 1.0]
    """

    needs: Sequence[Sequence[Need]]
    buffer: Sequence[float] = ()
    names: Sequence[str] = ()
    _checked: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.needs)
        if self.buffer and len(self.buffer) != n:
            raise BadInput("buffer", len(self.buffer), f"one number of hours per node ({n}), or none at all")
        finite_array("buffer", self.buffer, least=0.0)
        for node, needs in enumerate(self.needs):
            for need in needs:
                _check(self.name(node), need, n)

    def name(self, node: int) -> str:
        return str(self.names[node]) if self.names else f"node {node}"

    def __len__(self) -> int:
        return len(self.needs)

    @cached_property
    def graph(self) -> Graph:
        """The needs as flat arrays, nodes in an order in which each comes after what it needs."""
        return _flatten(self)

    def stops(self, failed: Sequence[int]) -> FloatArray:
        """Hours until each node stops if `failed` stop now and nothing is repaired; inf: never. Exact.

        A need fails when the (n - k + 1)-th of its n nodes stops; the node follows after its buffer.
        """
        time = np.full(len(self), math.inf)
        for node in failed:
            self._check_node(node)
            time[node] = 0.0
        for node in self.graph.order:
            wait = self.buffer[node] if self.buffer else 0.0
            for need in self.needs[node]:
                broken = np.sort(time[list(need.of)])[len(need.of) - need.k]
                time[node] = min(time[node], broken + wait)
        return time

    def rests_on(self, node: int) -> list[int]:
        """All nodes that a node needs, directly or through others, with itself."""
        self._check_node(node)
        seen, waiting = {node}, [node]
        while waiting:
            for need in self.needs[waiting.pop()]:
                fresh = set(need.of) - seen
                seen |= fresh
                waiting.extend(fresh)
        return sorted(seen)

    def gaps(self, allowed: FloatArray, recovery: FloatArray) -> list[tuple[int, int]]:
        """Pairs (node, what it rests on) where the latter recovers in more hours than the node is allowed to be down."""
        allowed, recovery = np.asarray(allowed, float), np.asarray(recovery, float)
        wait = np.asarray(self.buffer or np.zeros(len(self)), float)
        out = []
        for node, needs in enumerate(self.needs):
            for need in needs:
                slow = sorted(need.of, key=lambda m: recovery[m])[need.k - 1]
                if recovery[slow] > allowed[node] + wait[node]:
                    out.append((node, slow))
        return out

    def _check_node(self, node: int) -> None:
        if not 0 <= node < len(self):
            raise BadInput("node", node, f"a number from 0 to {len(self) - 1}")


@dataclass(frozen=True)
class Graph:
    """order[i] is the i-th node; its needs are first_need[i]..first_need[i+1]; members are positions in the order."""

    order: IntArray
    first_need: IntArray
    first_member: IntArray
    members: IntArray
    k: IntArray

    @property
    def size(self) -> int:
        return len(self.order)


def _check(name: str, need: Need, n: int) -> None:
    if not need.of:
        raise BadInput("needs", need, f"at least one node in each need of {name}")
    if len(set(need.of)) < len(need.of):
        raise BadInput("needs", need, f"each node once in a need of {name}")
    if min(need.of) < 0 or max(need.of) >= n:
        raise BadInput("needs", need, f"nodes from 0 to {n - 1} in a need of {name}")
    if not 1 <= need.k <= len(need.of):
        raise BadInput("at_least", need.k, f"from 1 to {len(need.of)}, the number of nodes in this need of {name}")


def _flatten(network: Network) -> Graph:
    n = len(network)
    order = _order(network)
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    first_need, first_member = [0], [0]
    members: list[int] = []
    k: list[int] = []
    for node in order:
        for need in network.needs[node]:
            members.extend(int(place[m]) for m in need.of)
            first_member.append(len(members))
            k.append(need.k)
        first_need.append(len(k))
    as_int = (np.array(v, np.int64) for v in (first_need, first_member, members, k))
    return Graph(order, *as_int)


def _order(network: Network) -> IntArray:
    """Nodes so that each comes after what it needs (Kahn); a circle is named."""
    n = len(network)
    waits = np.zeros(n, np.int64)
    users: list[list[int]] = [[] for _ in range(n)]
    for node, needs in enumerate(network.needs):
        for m in {m for need in needs for m in need.of}:
            users[m].append(node)
            waits[node] += 1
    ready = [i for i in range(n) if waits[i] == 0]
    for node in ready:
        for user in users[node]:
            waits[user] -= 1
            if waits[user] == 0:
                ready.append(user)
    if len(ready) < n:
        circle = _one_circle(network, set(range(n)) - set(ready))
        raise Circle("needs", " -> ".join(map(network.name, circle)), "needs without a circle")
    return np.array(ready, np.int64)


def circles(network: Network) -> list[list[int]]:
    """All groups of nodes that need one another in circles (strongly connected components of two or more, or loops).

    >>> from types import SimpleNamespace
    >>> class Drawn(list):  # a network with a circle is refused when made; this stands for one on the drawing board
    ...     needs = property(lambda self: self)
    >>> circles(Drawn([[Need((1,))], [Need((0,))], []]))
    [[0, 1]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(i, m) for i, needs in enumerate(network.needs) for need in needs for m in need.of]
    if not pairs:
        return []
    i, j = np.array(pairs).T
    graph = coo_array((np.ones(len(i)), (i, j)), shape=(len(network), len(network)))
    count, label = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(label, minlength=count)
    loops = {int(a) for a, b in pairs if a == b}
    groups: dict[int, list[int]] = {}
    for node, group in enumerate(label):
        if size[group] > 1 or node in loops:
            groups.setdefault(int(group), []).append(node)
    return list(groups.values())


def _one_circle(network: Network, left: set[int]) -> list[int]:
    node, path = min(left), list[int]()
    seen: dict[int, int] = {}
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = next(m for need in network.needs[node] for m in need.of if m in left)
    return [*path[seen[node] :], node]


@dataclass(frozen=True)
class Repair:
    """A node fails `failures` times a year of working time and takes `hours` on average to mend (both exponential).

    >>> round(Repair(failures=2.0, hours=24.0).unavailability, 6)
    0.00545
    """

    failures: float
    hours: float

    def __post_init__(self) -> None:
        not_negative("failures", self.failures)
        not_negative("hours", self.hours)

    @property
    def unavailability(self) -> float:
        """Long-run share of time down: mean down time over mean cycle (renewal theorem; any distributions)."""
        down = self.failures * self.hours / 8760
        return down / (1 + down)
