"""Curves against closed forms and exact recursions; every bound must hold."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from kivijalka.engine import (
    Constant,
    Empirical,
    Gamma,
    GeneralizedPareto,
    Lognormal,
    LogUniform,
    LossCurve,
    Mixture,
    NoMean,
    Portfolio,
    Risk,
    Shock,
    pareto,
)
from kivijalka.engine.errors import BadInput, CannotCertify
from tests.engine.routes import compound_gamma_below, compound_gamma_quantile, compound_gamma_short, panjer

SLACK = 1 + 1e-11  # the reference's own round-off


def holds(bounded, truth: float) -> bool:
    return bounded.low <= truth * SLACK and truth <= bounded.high * SLACK


@pytest.mark.parametrize("rate", [1e-3, 0.05, 0.7, 3.0, 20.0, 150.0])
@pytest.mark.parametrize("shape", [0.6, 1.0, 4.0])
def test_compound_poisson_with_gamma_losses_agrees_with_its_closed_form(rate, shape):
    curve = Portfolio([Risk(rate, Gamma(shape, 1000.0))]).curve(points=2**13, tolerance=1)
    p = max(0.99, 1 - rate / 20)
    truth = compound_gamma_quantile(p, rate, shape, 1000.0)
    var, tvar = curve.quantile(p), curve.tail_mean(p)
    assert holds(var, truth)
    assert var.value == pytest.approx(truth, rel=1e-5)
    worst = (rate * shape * 1000.0 - p * truth + compound_gamma_short(truth, rate, shape, 1000.0)) / (1 - p)
    assert holds(tvar, worst)
    assert tvar.value == pytest.approx(worst, rel=1e-5)
    for x in (0.3 * truth, 0.9 * truth, 1.3 * truth):
        assert holds(curve.exceedance(x), 1 - compound_gamma_below(x, rate, shape, 1000.0))
        assert holds(curve.excess(x), rate * shape * 1000 - x + compound_gamma_short(x, rate, shape, 1000.0))


@pytest.mark.parametrize("rate", [Fraction(1, 2), Fraction(4), Fraction(12)])
def test_lattice_losses_agree_with_panjers_recursion_in_rationals(rate):
    severity = {1: Fraction(1, 2), 3: Fraction(1, 3), 10: Fraction(1, 6)}
    curve = Portfolio([Risk(float(rate), Empirical((100.0, 300.0, 1000.0), (1 / 2, 1 / 3, 1 / 6)))]).curve(
        points=2**12, tolerance=1
    )
    scaled = panjer(rate, severity, 120)
    mass = [float(v) * math.exp(-float(rate)) for v in scaled]
    below = np.cumsum(mass)
    for p in (0.9, 0.99):
        atom = 100.0 * int(np.searchsorted(below, p))
        assert holds(curve.quantile(p), atom)
        short = sum(m * (atom - 100.0 * j) for j, m in enumerate(mass) if 100 * j < atom)
        assert holds(curve.tail_mean(p), (curve.mean - p * atom + short) / (1 - p))
    for j in (3, 17, 40):
        assert holds(curve.exceedance(100.0 * j + 50), 1 - below[j])


def test_mean_deviation_and_probability_of_none_are_closed_forms():
    risks = [Risk(0.4, Gamma(2, 50.0)), Risk(1.5, Constant(70.0))]
    curve = Portfolio(risks).curve()
    assert curve.mean == pytest.approx(0.4 * 100 + 1.5 * 70)
    assert curve.std == pytest.approx(math.sqrt(0.4 * 6 * 2500 + 1.5 * 4900))
    assert curve.probability_of_none == pytest.approx(math.exp(-1.9))


def test_negative_binomial_counts_agree_with_the_sum_over_counts():
    from scipy.stats import gamma, nbinom

    curve = Portfolio([Risk(2.0, Gamma(1, 10.0), factor=0)], factors=[1.5]).curve(points=2**13, tolerance=1)
    k = np.arange(1, 400)
    count = nbinom(1.5, 1.5 / 3.5)
    for x in (20.0, 60.0, 120.0):
        truth = 1 - count.pmf(0) - (count.pmf(k) * gamma.cdf(x, k, scale=10.0)).sum()
        assert holds(curve.exceedance(x), truth)
    assert curve.probability_of_none == pytest.approx(count.pmf(0))
    assert curve.std == pytest.approx(math.sqrt(2 * 200 + (20.0**2) / 1.5))


def test_a_shock_that_hits_two_units_is_one_event_of_the_sum():
    shock = Shock(0.3, ((1, Gamma(1, 10.0)), (2, Gamma(2, 10.0))))
    together = Portfolio([], [-1, 0, 0], shocks=[shock]).curve(0, points=2**13, tolerance=1)
    same = Portfolio([Risk(0.3, Gamma(3, 10.0))]).curve(points=2**13, tolerance=1)
    assert together.mean == pytest.approx(same.mean)
    assert together.std == pytest.approx(same.std)
    assert together.probability_of_none == pytest.approx(same.probability_of_none)
    for p in (0.9, 0.99, 0.999):
        truth = compound_gamma_quantile(p, 0.3, 3.0, 10.0)
        assert holds(together.quantile(p), truth)
        assert holds(same.quantile(p), truth)
        assert together.quantile(p).value == pytest.approx(truth, rel=1e-4)


def test_dependence_raises_the_tail_and_keeps_the_mean():
    risks = [Risk(0.5, Gamma(1, 100.0), factor=0) for _ in range(20)]
    shared = Portfolio(risks, factors=[1.0])
    apart = shared.independent()
    assert shared.curve().mean == pytest.approx(apart.curve().mean)
    assert shared.curve().tail_mean(0.99).low > 1.5 * apart.curve().tail_mean(0.99).high


@pytest.mark.parametrize("p", [0.9, 0.99, 0.999])
def test_finer_bounds_lie_within_wider_ones(p):
    risks = [Risk(0.3, Lognormal(1e4, 1.5)), Risk(2.0, LogUniform(100.0, 1e5)), Risk(0.05, pareto(1e5, 1.8))]
    portfolio = Portfolio(risks)
    wide, fine = (portfolio.curve(points=n, tolerance=1) for n in (2**10, 2**15))
    for ask in ("quantile", "tail_mean"):
        a, b = getattr(wide, ask)(p), getattr(fine, ask)(p)
        assert max(a.low, b.low) <= min(a.high, b.high)
        assert b.high - b.low <= max(a.high - a.low, 1e-5 * b.value)
        assert a.low <= b.value <= a.high


def test_bounds_are_narrow_as_documented():
    curve = Portfolio([Risk(0.5, Lognormal(1e4, 1.0)), Risk(0.5, Gamma(2, 1e4))]).curve(points=2**12, tolerance=1)
    assert curve.quantile(0.99).width < 1e-3
    assert curve.tail_mean(0.99).width < 1e-5


def test_a_curve_refines_itself_until_its_bounds_are_narrow_enough():
    curve = Portfolio([Risk(3.0, Lognormal(1e4, 1.0))]).curve(points=2**10, tolerance=2e-4)
    assert curve.quantile(0.99).width <= 2e-4


def test_a_strict_curve_says_when_it_cannot_reach_its_tolerance():
    curve = Portfolio([Risk(3.0, Lognormal(1e4, 1.0))]).curve(points=2**9, most=2**9, tolerance=1e-6, strict=True)
    with pytest.raises(CannotCertify, match="wide"):
        curve.quantile(0.99)


def test_many_risks_are_bounded_by_smoothness():
    rng = np.random.default_rng(5)
    risks = [
        Risk(float(r), Lognormal(float(m), 1.0))
        for r, m in zip(rng.uniform(0.1, 1, 600), rng.lognormal(9, 1, 600), strict=True)
    ]
    portfolio = Portfolio(risks)
    a, b = (portfolio.curve(points=n, tolerance=1).quantile(0.995) for n in (2**12, 2**14))
    assert b.width < 1e-3
    assert max(a.low, b.low) <= b.value <= min(a.high, b.high)


@pytest.mark.parametrize(
    "risks",
    [
        [Risk(1e-6, Lognormal(1e6, 1.0))],
        [Risk(1e4, Lognormal(100.0, 0.5))],
        [Risk(0.2, pareto(1e4, 1.2))],
        [Risk(2.0, Constant(500.0))],
        [Risk(5.0, Constant(1.0)), Risk(0.02, Constant(1e9))],
        [Risk(1e4, Lognormal(1.0, 0.5)), Risk(0.05, Lognormal(1e9, 0.5))],
    ],
)
def test_extremes_give_ordered_figures(risks):
    curve = Portfolio(risks).curve(points=2**12, tolerance=1)
    q = [curve.quantile(p) for p in (0.5, 0.99, 0.999)]
    assert all(b.low <= b.value <= b.high and math.isfinite(b.high) for b in q)
    assert q[0].value <= q[1].value <= q[2].value
    worst = curve.tail_mean(0.99)
    assert worst.low <= worst.value <= worst.high
    assert worst.high >= q[1].low


@pytest.mark.parametrize("amount", [7.0, 12345.678, 1e7])
@pytest.mark.parametrize("points", [2**12, 2**14])
def test_where_all_losses_cost_the_same_bounds_are_of_round_off(amount, points):
    q = Portfolio([Risk(3.0, Constant(amount))]).curve(points=points, tolerance=1).quantile(0.99)
    assert q.low <= 8 * amount <= q.high
    assert q.width < 1e-6


def test_constant_losses_give_multiples_of_the_constant():
    curve = Portfolio([Risk(2.0, Constant(500.0))]).curve(points=2**12, tolerance=1)
    for p, k in ((0.5, 2), (0.9, 4), (0.99, 6)):
        assert holds(curve.quantile(p), 500.0 * k)


@pytest.mark.parametrize("risks", [[], [Risk(0.0, Gamma(1, 1.0))], [Risk(3.0, Constant(0.0))]])
def test_no_losses_at_all_cost_nothing(risks):
    curve = Portfolio(risks).curve()
    assert curve.mean == 0
    assert curve.quantile(0.99).value == 0
    assert curve.tail_mean(0.99).value == 0
    assert curve.exceedance(0.0).value == 0
    assert curve.probability_of_none == 1


def test_an_infinite_mean_is_refused_where_a_mean_is_asked_and_a_quantile_is_not():
    curve = Portfolio([Risk(0.5, pareto(1e3, 0.9))]).curve(points=2**12, tolerance=1)
    assert curve.mean == math.inf
    q = curve.quantile(0.95)
    assert q.low <= q.value <= q.high
    with pytest.raises(NoMean, match="tail index"):
        curve.tail_mean(0.95)


def test_largest_event_is_one_minus_exp_of_the_rate_above():
    curve = Portfolio([Risk(3.0, Gamma(1, 100.0))]).curve()
    for x in (50.0, 400.0):
        assert holds(curve.largest_exceedance(x), -math.expm1(-3 * math.exp(-x / 100)))
    assert holds(curve.largest_quantile(0.99), -100 * math.log(-math.log(0.99) / 3))
    assert curve.largest_quantile(0.99).width < 1e-9


def test_money_scales():
    def var(scale: float) -> float:
        parts = Mixture((Gamma(2, 10 * scale), Constant(35 * scale)), (0.5, 0.5))
        return Portfolio([Risk(1.5, parts)]).curve(points=2**12, tolerance=1).quantile(0.99).value

    assert var(1e6) / 1e6 == pytest.approx(var(1.0), rel=1e-4)


def test_an_aggregate_cover_splits_the_mean():
    curve = Portfolio([Risk(2.0, Gamma(1, 100.0))]).curve()
    ceded, net = curve.aggregate_cover(300.0, 500.0)
    above = [200 - x + compound_gamma_short(x, 2.0, 1.0, 100.0) for x in (300.0, 800.0)]
    assert holds(ceded, above[0] - above[1])
    assert ceded.value + net.value == pytest.approx(200.0)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.2, math.nan, 1.5])
def test_a_level_outside_0_to_1_is_refused(p):
    with pytest.raises(BadInput, match="p is"):
        Portfolio([Risk(1.0, Gamma(1, 1.0))]).curve().quantile(p)


def test_order_of_risks_does_not_matter():
    risks = [Risk(0.2 * i, GeneralizedPareto(100.0 * i, 0.3)) for i in range(1, 8)]
    curves: list[LossCurve] = [Portfolio(r).curve(points=2**12, tolerance=1) for r in (risks, risks[::-1])]
    assert curves[0].quantile(0.99).value == pytest.approx(curves[1].quantile(0.99).value, rel=1e-9)


@pytest.mark.parametrize("shape", [2.0, 30.0])
def test_many_events_under_a_gamma_factor_agree_with_the_sum_over_counts(shape):
    from scipy.stats import gamma, nbinom

    portfolio = Portfolio([Risk(200.0, Gamma(1, 10.0), factor=0)], factors=[shape])
    k = np.arange(1, 6000)
    count = nbinom(shape, shape / (shape + 200.0))
    for points in (2**11, 2**13):
        curve = portfolio.curve(points=points, tolerance=1)
        for x in (2000.0, 3000.0, 4500.0):
            truth = (count.pmf(k) * gamma.sf(x, k, scale=10.0)).sum()
            found = curve.exceedance(x)
            assert found.low <= truth * SLACK + 1e-13
            assert truth <= found.high * SLACK + 1e-13
            assert found.value == pytest.approx(truth, rel=1e-3, abs=1e-8)


@pytest.mark.parametrize("cases", range(6))
def test_bounds_hold_for_sums_of_many_gamma_risks_of_one_scale(cases):
    """Gamma risks of shape 1 to 3 and one scale: the sum over all numbers of unit gammas, by Panjer in floats."""
    from scipy.stats import gamma

    rng = np.random.default_rng(cases)
    rates = rng.uniform(0.1, 30.0, 3)
    n = 1500
    mass = np.zeros(n)
    mass[0] = np.exp(-rates.sum())
    for j in range(1, n):
        mass[j] = sum(rates[s - 1] * s * mass[j - s] for s in (1, 2, 3) if j >= s) / j
    portfolio = Portfolio([Risk(float(r), Gamma(float(s), 7.0)) for s, r in enumerate(rates, 1)])
    curve = portfolio.curve(points=2**12, tolerance=1)
    j = np.arange(1, n)
    for p in (0.5, 0.99, 0.9995):
        q = curve.quantile(p)
        for x in (q.low * (1 - 1e-9), q.high * (1 + 1e-9), 0.8 * q.value):
            truth = float((mass[1:] * gamma.sf(x, j, scale=7.0)).sum())
            found = curve.exceedance(x)
            assert found.low <= truth * (1 + 1e-10) + 1e-13
            assert truth <= found.high * (1 + 1e-10) + 1e-13
        above = [float((mass[1:] * gamma.sf(v, j, scale=7.0)).sum()) for v in (q.low, q.high)]
        assert above[1] <= (1 - p) * (1 + 1e-9)
        assert above[0] >= (1 - p) * (1 - 1e-9)
