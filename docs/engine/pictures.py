"""Draws the pictures of docs/engine.md: run with the environment of bench/requirements-engine.txt."""

from pathlib import Path

import matplotlib
import numpy as np

from kivijalka.engine import Cover, Gamma, Lognormal, Portfolio, Risk, pareto

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "kivijalka"
from matplotlib import pyplot as plt  # noqa: E402  # the backend is chosen first

HERE = Path(__file__).parent
RISKS = [Risk(3.0, Lognormal.from_interval(2e3, 5e4)), Risk(0.2, Gamma(2, 8e4)), Risk(0.05, pareto(2e5, 1.6))]


def curve() -> None:
    whole = Portfolio(RISKS).curve(points=2**12, tolerance=1)
    cover = Cover(2e5, 1e6)
    net = Portfolio([*RISKS[:2], Risk(0.05, cover.net(RISKS[2].severity))]).curve(points=2**12, tolerance=1)
    x = np.geomspace(2e3, 4e6, 80)
    plt.figure(figsize=(6, 3.4))
    for made, name in ((whole, "gross"), (net, "net of a cover")):
        value, low, high = made.exceedances(x)
        (drawn,) = plt.loglog(x, value, label=name)
        plt.fill_between(x, np.maximum(low, 1e-6), high, alpha=0.3, color=drawn.get_color())
    single = [whole.largest_exceedance(float(v)).value for v in x]
    plt.loglog(x, single, "--", label="largest single event, gross")
    plt.xlabel("loss of a year, euro")
    plt.ylabel("probability of more")
    plt.ylim(1e-3, 1)
    plt.legend()
    plt.tight_layout()
    plt.savefig(HERE / "curve.svg", metadata={"Date": None})


def widths() -> None:
    sizes = 2 ** np.arange(9, 17)
    plt.figure(figsize=(6, 3.4))
    for rate in (0.5, 8.0, 100.0):
        made = Portfolio([Risk(rate, Lognormal(1e4, 1.0))])
        curves = [made.curve(points=int(n), tolerance=1) for n in sizes]
        plt.loglog(sizes, [c.quantile(0.99).width for c in curves], "o-", label=f"VaR 99 %, {rate:g} events a year")
        plt.loglog(sizes, [max(c.tail_mean(0.99).width, 1e-12) for c in curves], "x--", label=f"TVaR 99 %, {rate:g}")
    mixed = Portfolio(
        [Risk(r, Lognormal(m, 0.9)) for r, m in zip((4.0, 2.0, 1.0, 0.5), (1e3, 1e4, 1e5, 1e6), strict=True)]
    )
    curves = [mixed.curve(points=int(n), tolerance=1) for n in sizes]
    plt.loglog(
        sizes, [c.quantile(0.99).width for c in curves], "o:", label="VaR 99 %, sizes that differ a thousandfold"
    )
    plt.xlabel("points")
    plt.ylabel("relative width of the bounds")
    plt.legend(fontsize=7)
    plt.tight_layout()
    plt.savefig(HERE / "widths.svg", metadata={"Date": None})


if __name__ == "__main__":
    curve()
    widths()
