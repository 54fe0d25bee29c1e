"""Hours down per year of each node: exact where renewal theory allows, by event simulation elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kivijalka.engine.cascade import EXACT, Z, exact
from kivijalka.engine.errors import BadInput, FloatArray
from kivijalka.engine.network import Network, Repair
from kivijalka.engine.splitting import Cluster, in_parts

YEAR = 8760.0


@dataclass(frozen=True)
class Hours:
    """Mean hours down in a year per node; `error` its standard error (0: exact); `years` simulated (0: none)."""

    mean: FloatArray
    error: FloatArray
    years: int

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """95 % intervals by the central limit theorem; where no outage was seen, the top allows for 3 rare ones."""
        low = np.maximum(self.mean - Z * self.error, 0.0)
        high = np.minimum(self.mean + Z * self.error, YEAR)
        if self.years:  # rule of three: with none seen in n years, the yearly chance is below 3 / n at 95 %
            high = np.where(self.mean == 0, np.minimum(YEAR, 3 * YEAR / self.years), high)
        return low, high


def hours_down(
    network: Network,
    repairs: Sequence[Repair],
    rng: np.random.Generator,
    *,
    years: int = 2000,
    cluster: Cluster | None = None,
) -> Hours:
    """Long-run mean hours down per year, when nodes fail and are mended independently of one another.

    Without buffers and with at most 25 nodes that can fail the answer is exact: each node is down with its
    long-run probability (renewal theorem), independently, and all patterns are gone through. Else `years` stationary
    years are simulated event by event; times to failure and to mend are exponential.

    >>> from kivijalka.engine.network import Need
    >>> net = Network([[], [], [Need((0, 1), 1)]])
    >>> h = hours_down(net, [Repair(1, 24), Repair(1, 24), Repair(0, 0)], np.random.default_rng(1))
    >>> h.mean.round(4).tolist(), h.years
    ([23.9344, 23.9344, 0.0654], 0)
    """
    if len(repairs) != len(network):
        raise BadInput("repairs", len(repairs), f"one Repair per node ({len(network)})")
    p = np.array([r.unavailability for r in repairs])
    if not np.any(network.buffer or 0.0) and (p > 0).sum() <= EXACT:
        found = exact(network, p)
        return Hours(YEAR * found.probability, np.zeros(len(network)), 0)
    hours = simulate_years(network, repairs, rng, years, cluster=cluster)
    error = hours.std(axis=0, ddof=1) / math.sqrt(years) if years > 1 else np.full(len(network), math.inf)
    return Hours(hours.mean(axis=0), error, years)


def simulate_years(
    network: Network,
    repairs: Sequence[Repair],
    rng: np.random.Generator,
    years: int,
    *,
    workers: int | None = None,
    cluster: Cluster | None = None,
) -> FloatArray:
    """Hours down (years, nodes) of independent stationary years.

    The same generator state gives the same answer on any number of threads or machines.

    >>> from kivijalka.engine.network import Network, Repair
    >>> years = simulate_years(Network([[]]), [Repair(2.0, 10.0)], np.random.default_rng(1), 2000)
    >>> years.shape, bool(abs(years.mean() - 20.0) < 2.0)
    ((2000, 1), True)
    """
    from kivijalka.engine.hours_kernels import run_years

    if not years >= 1:
        raise BadInput("years", years, "a whole number of at least 1")
    graph = network.graph
    rate = np.array([r.failures for r in repairs])[graph.order]
    mend = np.array([r.hours for r in repairs])[graph.order]
    up = np.where((rate > 0) & (mend > 0), YEAR / np.maximum(rate, 1e-300), math.inf)
    wait = np.asarray(network.buffer or np.zeros(len(network)), float)[graph.order]
    burn = _longest_wait(network) + 20 * float(mend.max(initial=0.0))
    seed = np.uint64(rng.integers(0, 2**63))
    flat = (graph.first_need, graph.first_member, graph.members, graph.k)

    def work(first: int, last: int) -> FloatArray:
        hours = np.zeros((last - first, len(network)))
        room = 256 + 64 * len(network) + int(8 * (YEAR + burn) * float(np.sum(1 / up)) * (1 + len(graph.members)))
        room = min(room, 1_000_000)
        while run_years(first, last, seed, up, mend, wait, burn, YEAR, room, *flat, hours) < 0:
            room *= 4
        return hours

    hours = np.concatenate(in_parts(work, years, workers=workers, cluster=cluster))
    out = np.empty_like(hours)
    out[:, graph.order] = hours
    return out


def _longest_wait(network: Network) -> float:
    """The largest sum of buffers along one chain of needs, hours."""
    wait = network.buffer or [0.0] * len(network)
    longest = np.zeros(len(network))
    for node in network.graph.order:
        below = max((longest[m] for need in network.needs[node] for m in need.of), default=0.0)
        longest[node] = wait[node] + below
    return float(longest.max(initial=0.0))
