"""Annual loss of 100, 1,000 and 10,000 different lognormal risks: the engine, `aggregate` and numpy Monte Carlo.

Needs bench/requirements-engine.txt, which it installs into .cache/engine-peers. `aggregate` runs at 10,000 risks only
with --full (it takes minutes). Columns: seconds, relative error of VaR99 against the engine at 2^17 points, ratio.
"""

from __future__ import annotations

import sys

import numpy as np

from bench._engine_peers import row, timed, with_peers

P = 0.99


def data(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return np.exp(rng.uniform(np.log(1e3), np.log(1e6), n)), rng.uniform(0.5, 1.2, n), rng.uniform(0.01, 0.2, n)


def engine(n: int, points: int = 2**12, knots: int = 128) -> tuple[float, float, float, float]:
    """VaR99, VaR99.5, TVaR99 and the width of VaR99's interval, from nothing."""
    from kivijalka.engine import Lognormal, Portfolio, Risk

    risks = [Risk(r, Lognormal(m, s)) for m, s, r in zip(*(v.tolist() for v in data(n)), strict=True)]
    curve = Portfolio(risks, knots=knots).curve(points=points, tolerance=1)
    q = curve.quantile(P)
    return q.value, curve.quantile(0.995).value, curve.tail_mean(P).value, q.width


def monte_carlo(n: int, years: int = 1_000_000) -> float:
    """VaR99 of 10^6 simulated years, risk by risk."""
    rng = np.random.default_rng(0)
    total = np.zeros(years)
    for m, s, r in zip(*data(n), strict=True):
        events = rng.poisson(r * years)
        np.add.at(total, rng.integers(0, years, events), rng.lognormal(np.log(m), s, events))
    return float(np.quantile(total, P))


def aggregate(n: int) -> float:
    """VaR99 by the package `aggregate`, 2^16 points, its step chosen so that the curve fits well."""
    from aggregate import build

    lines = [
        f"\tagg r{i} {r} claims sev {m} * lognorm {s} poisson" for i, (m, s, r) in enumerate(zip(*data(n), strict=True))
    ]
    port = build("port P\n" + "\n".join(lines), update=False)
    port.update(log2=16, bs=float(2.0 ** np.ceil(np.log2(2.5 * engine(n)[0] / 2**16))), remove_fuzz=True)
    return float(port.q(P))


def main() -> None:
    first, _ = timed(lambda: engine(10))
    print(f"first use, with compiling or loading of compiled code: {first:.2f} s")
    row("risks", "who", "seconds", "error", "ratio")
    for n in (100, 1000, 10_000):
        truth = engine(n, 2**17, 4096)[0]
        ours, figures = timed(lambda n=n: engine(n), 3)
        row(n, "engine", ours, abs(figures[0] / truth - 1), 1.0)
        peers = [("Monte Carlo", monte_carlo)]
        if n <= 1000 or "--full" in sys.argv:
            peers.append(("aggregate", aggregate))
        for name, peer in peers:
            seconds, value = timed(lambda n=n, peer=peer: peer(n))
            row(n, name, seconds, abs(value / truth - 1), seconds / ours)
        for points in (2**12, 2**14):
            row(n, f"width at {points}", engine(n, points)[3])


if __name__ == "__main__":
    with_peers("bench.engine_losses")
    main()
