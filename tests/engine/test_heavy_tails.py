"""One or two risks with heavy tails, jumps of the density or narrow laws, against lattices of half a million points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import gamma, poisson

from kivijalka.engine import Constant, Gamma, GeneralizedPareto, Lognormal, LogUniform, Portfolio, Risk, Shock, pareto
from tests.engine.routes import lattice_law

HEAVY = {
    "two losses a year of index 1.6": ([Risk(2.0, pareto(1e5, 1.6))], []),
    "one of index 1.2 every other year": ([Risk(0.5, pareto(1e5, 1.2))], []),
    "two a year of index 1.2": ([Risk(2.0, pareto(1e5, 1.2))], []),
    "five a year of index 1.05": ([Risk(5.0, pareto(1e5, 1.05))], []),
    "thirty a year of index 1.2": ([Risk(30.0, pareto(1e5, 1.2))], []),
    "under a factor": ([Risk(2.0, pareto(1e5, 1.6), factor=0)], [2.0]),
    "two, one of them under a factor": ([Risk(1.0, pareto(1e5, 1.6), factor=0), Risk(0.4, pareto(2e5, 2.2))], [0.7]),
    "an excess over a threshold": ([Risk(2.0, GeneralizedPareto(1e5, 0.6, 2e4))], []),
    "an excess from nothing on": ([Risk(2.0, GeneralizedPareto(1e5, 0.6))], []),
    "beside many small losses": ([Risk(3.0, Lognormal.from_interval(2e3, 5e4)), Risk(0.05, pareto(2e5, 1.6))], []),
    "two of unlike tails": ([Risk(1.0, pareto(1e5, 1.4)), Risk(0.5, pareto(1e5, 2.5))], []),
    "all we know is a range": ([Risk(0.5, LogUniform(1e4, 1e5))], []),
    "known to a twentieth": ([Risk(3.0, Lognormal.from_interval(95e3, 105e3))], []),
    "a gamma of large shape": ([Risk(3.0, Gamma(100.0, 1e3))], []),
    "narrow laws whose knots nearly meet": (
        [
            Risk(0.003924169262556899, Gamma(53.59497277018039, 276.98619710688865)),
            Risk(2.3e-6, Gamma(1.2065133152110699, 90961.10837941531), factor=0),
            Risk(0.25003545025998547, LogUniform(9290.7961590398, 19247.018663556835)),
        ],
        [0.6],
    ),
}


@pytest.mark.parametrize("case", HEAVY)
@pytest.mark.parametrize("p", [0.9, 0.99, 0.995])
def test_few_heavy_losses_have_narrow_bounds_that_hold(case, p):
    risks, factors = HEAVY[case]
    curve = Portfolio(risks, factors=factors).curve(points=2**14, tolerance=1)
    q, t = curve.quantile(p), curve.tail_mean(p)
    assert q.width < 1e-4
    assert t.width < 1e-5
    x, below, short, error, short_error = lattice_law(risks, factors, 1.2 * q.value)
    at = [float(np.interp(end, x, below)) for end in (q.low, q.high)]
    assert at[0] <= p + error
    assert at[1] >= p - error
    gain = p * q.value - float(np.interp(q.value, x, short))
    slack = (short_error + (q.high - q.low) * (error + max(p - at[0], at[1] - p))) / (1 - p)
    assert t.low - slack <= (curve.mean - gain) / (1 - p) <= t.high + slack
    for share in (0.4, 0.97, 1.1):
        found, truth = curve.exceedance(share * q.value), 1 - float(np.interp(share * q.value, x, below))
        assert found.low - error <= truth <= found.high + error


@pytest.mark.parametrize("points", [2**9, 2**12])
@pytest.mark.parametrize("small", [70.0, 600.0, 1100.0, 4800.0])
def test_small_sums_in_a_shock_keep_the_bounds_true(points, small):
    """k shocks cost k gamma losses and k small constants, which lie between lattice points; n events a large one each."""
    shocks = [Shock(rate, ((0, Gamma(1.5, 1e5)), (0, Constant(small)))) for rate in (0.4, 1.3)]
    curve = Portfolio([Risk(4.0, Constant(53e3))], shocks=shocks).curve(points=points, tolerance=1)
    k, n = np.meshgrid(np.arange(60), np.arange(60))
    chance = poisson.pmf(k, 1.7) * poisson.pmf(n, 4.0)
    for x in (2e5, 5e5, 9e5):
        left, shape = x - k * small - n * 53e3, 1.5 * np.maximum(k, 1)
        rest = np.where(k > 0, 1e5 * shape * gamma.sf(left, shape + 1, scale=1e5), 0.0)
        above = np.where(k > 0, gamma.sf(left, shape, scale=1e5), left < 0)
        for found, truth in (
            (curve.exceedance(x), float((chance * above).sum())),
            (curve.excess(x), float((chance * (rest - left * above)).sum())),
        ):
            assert found.low <= found.value <= found.high
            assert found.low <= truth * (1 + 1e-10)
            assert truth <= found.high * (1 + 1e-10)


def test_a_shock_that_hits_a_unit_once_is_an_event_there():
    shock = Shock(0.7, ((1, pareto(1e5, 1.6)), (2, Lognormal(1e4, 1.0))))
    hit = Portfolio([], [-1, 0, 0], shocks=[shock]).curve(1, tolerance=1).quantile(0.99)
    alone = Portfolio([Risk(0.7, pareto(1e5, 1.6))]).curve(tolerance=1).quantile(0.99)
    assert hit.value == pytest.approx(alone.value, rel=1e-9)
    assert hit.width < 1e-5


def test_a_gamma_of_any_shape_has_a_finite_density_and_bounds():
    for shape in (0.02, 88.8, 1e4):
        law = Gamma(shape, 40.0)
        x = np.geomspace(1e-9, 1e7, 200)
        assert np.isfinite(law.density(x)).all()
        assert np.isfinite(law.bend(x[:-1], x[1:])).all()
        q = Portfolio([Risk(0.5, law), Risk(0.1, Lognormal(1e6, 1.0))]).curve(tolerance=1).tail_mean(0.99)
        assert math.isfinite(q.low)
        assert q.low <= q.value <= q.high
