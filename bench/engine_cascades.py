"""Cascades: 100,000 nodes, 65,536 trials at p = 0.005, draws included, against NetworkX; and over dask.

Needs bench/requirements-engine.txt, which it installs into .cache/engine-peers.
"""

from __future__ import annotations

import numpy as np

from bench._engine_peers import row, timed, with_peers

P = 0.005


def network(nodes: int, seed: int = 0):  # type: ignore[no-untyped-def]  # Network, importable only inside
    from kivijalka.engine.network import Need, Network

    rng = np.random.default_rng(seed)
    needs = []
    for i in range(nodes):
        mine = []
        if i > 100:
            for any_of in rng.random(2) < 0.6:
                of = tuple(set(rng.integers(max(0, i - 2000), i, int(rng.integers(1, 3))).tolist()))
                if rng.random() < 0.8:
                    mine.append(Need(of, 1 if any_of else None))
        needs.append(mine)
    return Network(needs)


def networkx_trials(net, trials: int) -> float:  # type: ignore[no-untyped-def]  # Network
    """Nodes down per trial, one trial at a time over a NetworkX graph in topological order."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(net)))
    graph.add_edges_from((m, i) for i, needs in enumerate(net.needs) for need in needs for m in need.of)
    order, rng, down = list(nx.topological_sort(graph)), np.random.default_rng(0), 0
    for _ in range(trials):
        failed = rng.random(len(net)) < P
        for node in order:
            if not failed[node]:
                failed[node] = any(sum(not failed[m] for m in need.of) < need.k for need in net.needs[node])
        down += int(failed.sum())
    return down / trials


def main() -> None:
    from distributed import Client, LocalCluster

    from kivijalka.engine.cascade import simulate, single_failures

    row("nodes", "trials", "p", "seconds", "node-trials/s")
    for nodes, trials in ((100_000, 65_536), (1_000_000, 65_536)):
        graph = (net := network(nodes)).graph
        simulate(graph, P, 2048, np.random.default_rng(0))
        seconds, _ = timed(lambda graph=graph, trials=trials: simulate(graph, P, trials, np.random.default_rng(1)), 2)
        row(nodes, trials, P, seconds, nodes * trials / seconds)
        if nodes == 100_000:
            alone, _ = timed(lambda net=net: networkx_trials(net, 3))
            row("NetworkX", 3, P, alone, nodes * 3 / alone, "ratio", (trials / seconds) / (3 / alone))
            seconds, _ = timed(lambda net=net: single_failures(net, np.ones(len(net))))
            row("each alone", nodes, "", seconds)
            with (
                LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
                Client(local) as client,
            ):
                seconds, there = timed(
                    lambda graph=graph: simulate(graph, P, 8192, np.random.default_rng(1), cluster=client)
                )
            here = simulate(graph, P, 8192, np.random.default_rng(1))
            row("dask", 8192, P, seconds, "same answer", bool((there.probability == here.probability).all()))


if __name__ == "__main__":
    with_peers("bench.engine_cascades")
    main()
