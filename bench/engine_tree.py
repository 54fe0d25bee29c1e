"""10,000 risks in 2,000 units: tables, all curves, one change, dependence, shares. Needs only the project itself.

The peer is the engine's own naive way: the unit's curve built anew.
"""

from __future__ import annotations

import numpy as np

from bench._engine_peers import row, timed
from bench.engine_losses import data
from kivijalka.engine import Gamma, Lognormal, Portfolio, Risk, Shock
from kivijalka.engine.allocation import shares, unit_shares
from kivijalka.engine.tree import figures

UNITS = 2000


def tabled(risks: list[Risk], parents: list[int]) -> Portfolio:
    tree = Portfolio(risks, parents)
    tree.add_up()
    return tree


def main() -> None:
    rng = np.random.default_rng(2)
    parents = [-1] + [(i - 1) // 6 for i in range(1, UNITS)]
    where = rng.integers(0, UNITS, 10_000).tolist()
    risks = [Risk(r, Lognormal(m, s), u) for m, s, r, u in zip(*(v.tolist() for v in data(10_000)), where, strict=True)]
    figures(Portfolio(risks[:10], parents))
    seconds, tree = timed(lambda: tabled(risks, parents), 3)
    row("tables", seconds)
    for points in (2**9, 2**10):
        seconds, found = timed(lambda points=points: figures(tree, points=points), 2)
        checks = [0, 5, 100, 1500, 1999]
        off = max(abs(found.quantile.value[u, 0] / tree.curve(u).quantile(0.99).value - 1) for u in checks)
        q, t = found.quantile, found.tail_mean
        some = q.value > 0
        widths = [float(np.median((b.high - b.low)[some] / b.value[some])) for b in (q, t)]
        row(f"curves {points}", seconds, off, "widths", *widths)
    change, both = [], []
    for i in range(100):
        unit = risks[i].unit
        change.append(timed(lambda i=i, unit=unit: tree.change(i, Risk(0.1, Lognormal(1e4, 1.0), unit)) or 1)[0])
        both.append(change[-1] + timed(lambda unit=unit: figures(tree, units=tree.above(unit)))[0])
    row("change", float(np.median(change)), max(change))
    row("with curves", float(np.median(both)), max(both))
    coarse = {"points": 2**12, "tolerance": 1.0}
    plain, _ = timed(lambda: Portfolio(risks, parents, knots=256).curve(**coarse).quantile(0.99), 5)
    shocks = [
        Shock(0.1, tuple((int(u), Gamma(2, 1e4 * float(rng.uniform(0.5, 20)))) for u in rng.integers(0, UNITS, 5)))
        for _ in range(20)
    ]
    swing = [Risk(r.rate, r.severity, r.unit, i % 10) for i, r in enumerate(risks)]

    def dependent() -> float:
        tied = Portfolio(swing, parents, [4.0] * 10, shocks, knots=256)
        found = tied.curve(**coarse).quantile(0.99)
        return found.width

    tied, width = timed(dependent, 5)
    row("independent", plain, "dependent", tied, "ratio", tied / plain, "width", width)
    seconds, s = timed(lambda: shares(tree, 0.99))
    row("shares of risks", seconds)
    units, (_, _, tvar) = timed(lambda: unit_shares(tree, 0.99))
    some = tvar.value > 0
    width = float(np.median((tvar.high - tvar.low)[some] / tvar.value[some]))
    row("of units", units, "adds up to", abs(tvar.value[0] / s.tvar.total - 1), "width", width)


if __name__ == "__main__":
    main()
