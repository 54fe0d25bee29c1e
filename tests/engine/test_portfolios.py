"""Trees, changes, shares, bands, scenarios and gains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kivijalka.engine import (
    BadInput,
    Constant,
    Cover,
    Gamma,
    Lognormal,
    LogUniform,
    NoMean,
    Portfolio,
    Risk,
    Shock,
    pareto,
)
from kivijalka.engine.allocation import shares, unit_shares, what_if
from kivijalka.engine.learning import GammaRate
from kivijalka.engine.scenarios import Net, Scenarios
from kivijalka.engine.tree import figures
from kivijalka.engine.uncertainty import band
from tests.engine.routes import compound_gamma_quantile, compound_gamma_short

TREE = [-1, 0, 0, 1, 1, 2]
rates = st.floats(0.01, 5.0)
risks = st.builds(Risk, rates, st.builds(Lognormal, st.floats(10.0, 1e6), st.floats(0.2, 2.0)), st.integers(0, 5))
few = settings(max_examples=15, deadline=None)


def var(portfolio: Portfolio, unit: int = 0):
    return portfolio.curve(unit, points=2**11, tolerance=1).quantile(0.99)


@given(st.lists(risks, min_size=1, max_size=4), risks)
@few
def test_adding_a_risk_never_lowers_the_curve(some, one_more):
    portfolio = Portfolio(some, TREE)
    before = portfolio.curve(points=2**11, tolerance=1)
    x = before.quantile(0.95).value + 1.0
    least = before.exceedance(x).low
    portfolio.add(one_more)
    after = portfolio.curve(points=2**11, tolerance=1)
    assert after.exceedance(x).high >= least
    assert after.mean >= before.mean


@given(st.lists(risks, min_size=1, max_size=6))
@few
def test_units_add_up(some):
    portfolio = Portfolio(some, TREE)
    own = sum(r.mean for r in some if r.unit == 1)
    parts = portfolio.curve(3).mean + portfolio.curve(4).mean + own
    assert portfolio.curve(1).mean == pytest.approx(parts)
    assert portfolio.curve(0).mean == pytest.approx(sum(r.mean for r in some))


@given(st.lists(risks, min_size=3, max_size=6), risks, st.booleans())
@few
def test_a_change_gives_what_building_anew_gives(some, other, asked):
    portfolio = Portfolio(some, TREE)
    if asked:
        var(portfolio)
    portfolio.remove(2)
    portfolio.change(0, other)
    portfolio.move(1, 5)
    number = portfolio.add(some[0])
    portfolio.remove(number)
    for unit in (0, 2):
        chosen = [r for i, r in portfolio.risks.items() if i in portfolio.members(unit)]
        fresh = Portfolio([Risk(r.rate, r.severity) for r in chosen])
        a, b = portfolio.table(unit), fresh.curve()
        assert a.mean == pytest.approx(b.mean, abs=1e-6)
        if chosen:
            changed = portfolio.curve(unit, points=2**11, tolerance=1).quantile(0.99)
            assert max(changed.low, var(fresh).low) <= min(changed.high, var(fresh).high) + 1e-9


@pytest.mark.parametrize("times", [1e2, 1e4, 1e6])
def test_a_change_far_beyond_what_was_there_has_its_curve(times):
    portfolio = Portfolio([Risk(0.5, Lognormal(1e4, 1.0))])
    for other in (Risk(0.5, Lognormal(1e4 * times, 1.0)), Risk(0.5 * times, Lognormal(1e4, 1.0))):
        portfolio.change(0, other)
        changed, fresh = portfolio.curve().quantile(0.99), Portfolio([other]).curve().quantile(0.99)
        assert max(changed.low, fresh.low) <= min(changed.high, fresh.high)


@pytest.mark.parametrize("p", [0.9, 0.98])
def test_shares_add_up_and_agree_with_simulation(p):
    shock = Shock(0.2, ((1, Gamma(2, 30.0)), (2, Gamma(1, 80.0))))
    parts = [Risk(1.0, Gamma(1, 10.0), 1, 0), Risk(2.0, Gamma(1, 50.0), 2), Risk(0.3, Lognormal(40.0, 1.0), 1)]
    portfolio = Portfolio(parts, [-1, 0, 0], factors=[2.0], shocks=[shock])
    s, curve = shares(portfolio, p), portfolio.curve()
    for share, figure in ((s.tvar, curve.tail_mean(p)), (s.var, curve.quantile(p))):
        assert share.total == pytest.approx(figure.value, rel=1e-9)
        assert (share.low <= share.value).all()
        assert (share.value <= share.high).all()
        assert share.low.sum() <= figure.high
        assert figure.low <= share.high.sum()
    assert s.mean.sum() == pytest.approx(curve.mean)
    by_unit = s.by_unit(portfolio)
    assert by_unit[0] == pytest.approx(by_unit[1] + by_unit[2], rel=1e-9)
    mean, var, tvar = unit_shares(portfolio, p)
    assert np.column_stack([mean, var.value, tvar.value]) == pytest.approx(by_unit, rel=1e-9)
    simulated = _simulated_shares(p)
    assert np.allclose(s.tvar.value, simulated, rtol=0.06, atol=0.5)


@pytest.mark.parametrize("shape", [1.0, 3.0])
def test_shares_of_gamma_losses_lie_within_their_bounds(shape):
    """Two risks of one gamma law: E[S_1; S <= x] = rate_1 / rate * E[S; S <= x], in closed form."""
    rates, scale, p = (3.0, 5.0), 10.0, 0.99
    portfolio = Portfolio([Risk(r, Gamma(shape, scale)) for r in rates])
    q = compound_gamma_quantile(p, sum(rates), shape, scale)
    worst = sum(rates) * shape * scale - p * q + compound_gamma_short(q, sum(rates), shape, scale)
    s = shares(portfolio, p)
    for i, r in enumerate(rates):
        truth = r / sum(rates) * worst / (1 - p)
        assert s.tvar.low[i] <= truth <= s.tvar.high[i]
        assert s.tvar.value[i] == pytest.approx(truth, rel=1e-6)
        assert s.tvar.high[i] - s.tvar.low[i] < 0.02 * truth
        assert s.var.value[i] == pytest.approx(r / sum(rates) * q, rel=1e-4)


def test_shares_of_losses_without_a_variance_add_up_to_var_and_tvar():
    portfolio = Portfolio([Risk(2.0, pareto(1e5, 1.6), 1), Risk(1.0, Gamma(2, 1e5), 2)], [-1, 0, 0])
    curve = portfolio.curve()
    _, var, tvar = unit_shares(portfolio, 0.99)
    for share, figure in ((var, curve.quantile(0.99)), (tvar, curve.tail_mean(0.99))):
        assert share.value[0] == pytest.approx(figure.value, rel=1e-9)
        assert share.value[1] + share.value[2] == pytest.approx(figure.value, rel=1e-9)
        assert share.value[1] > 5 * share.value[2]
        assert (share.low <= share.value).all()
        assert (share.value <= share.high).all()


def _simulated_shares(p: float) -> np.ndarray:
    rng, n = np.random.default_rng(0), 200_000

    def summed(counts, draw):
        year = np.repeat(np.arange(n), counts)
        return np.bincount(year, draw(len(year)), n)

    hits = rng.poisson(0.2, n)
    parts = [
        summed(rng.poisson(rng.gamma(2, 0.5, n)), lambda m: rng.gamma(1, 10.0, m)),
        summed(rng.poisson(2.0, n), lambda m: rng.gamma(1, 50.0, m)),
        summed(rng.poisson(0.3, n), lambda m: rng.lognormal(np.log(40.0), 1.0, m)),
        summed(hits, lambda m: rng.gamma(2, 30.0, m)),
        summed(hits, lambda m: rng.gamma(1, 80.0, m)),
    ]
    total = np.sum(parts, axis=0)
    worst = total > np.quantile(total, p)
    return np.array([part[worst].mean() for part in parts])


def test_shares_are_refused_where_there_is_no_mean_and_below_the_chance_of_no_loss():
    with pytest.raises(NoMean):
        shares(Portfolio([Risk(1.0, pareto(10.0, 0.8))]), 0.99)
    with pytest.raises(BadInput, match="no loss"):
        shares(Portfolio([Risk(0.001, Gamma(1, 1.0))]), 0.99)


def test_what_if_leaves_the_portfolio_as_it_was():
    portfolio = Portfolio([Risk(1.0, Gamma(1, 100.0)), Risk(0.5, Gamma(2, 300.0))])
    before = var(portfolio).value
    removed = what_if(portfolio, 1, None)
    covered = what_if(portfolio, 1, Cover(200.0, 500.0))
    lowered = what_if(portfolio, 1, Risk(0.25, Gamma(2, 300.0)))
    assert removed.saves[0] == pytest.approx(300.0)
    assert lowered.saves[0] == pytest.approx(150.0)
    assert 0 < covered.saves[0] < removed.saves[0]
    assert removed.saves[2].low > lowered.saves[2].high
    assert lowered.saves[2].low > 0
    assert var(portfolio).value == pytest.approx(before, rel=1e-9)


def test_a_band_holds_the_curve_of_the_mean_and_narrows_with_what_is_known():
    portfolio = Portfolio([Risk(0.5, Gamma(1, 100.0)), Risk(2.0, LogUniform(10.0, 100.0))])
    x = np.array([100.0, 300.0])
    wide, narrow = (
        band(portfolio, [GammaRate(0.5 * n, n), GammaRate(2.0 * n, n)], x, np.random.default_rng(1), draws=60)
        for n in (2.0, 200.0)
    )
    curve = portfolio.curve()
    for b in (wide, narrow):
        truth = [curve.exceedance(float(v)).value for v in x]
        assert (b.low <= truth).all()
        assert (truth <= b.high).all()
    assert ((wide.high - wide.low) > 3 * (narrow.high - narrow.low)).all()


def test_scenarios_mix_exceedances():
    calm, storm = (Portfolio([Risk(r, Gamma(1, 100.0))]).curve() for r in (0.5, 3.0))
    mixed = Scenarios((0.8, 0.2), (calm, storm))
    x = 500.0
    assert mixed.exceedance(x).value == pytest.approx(0.8 * calm.exceedance(x).value + 0.2 * storm.exceedance(x).value)
    q = mixed.quantile(0.99)
    assert mixed.exceedance(q.value).value == pytest.approx(0.01, rel=1e-4)
    assert q.low <= q.value <= q.high
    t = mixed.tail_mean(0.99)
    assert t.low <= t.value <= t.high


def test_gains_are_set_against_losses():
    losses = Portfolio([Risk(1.0, Gamma(1, 100.0))]).curve()
    gains = Portfolio([Risk(1.0, Gamma(1, 100.0))]).curve()
    net = Net(losses, gains)
    assert net.mean == pytest.approx(0.0)
    both_none = np.exp(-2.0)
    above = net.exceedance(0.0, cells=60)
    assert above.low <= (1 - _equal(both_none)) / 2 <= above.high
    assert net.exceedance(-1e9, cells=10).low > 0.999


def _equal(both_none: float) -> float:
    return both_none  # equal only when both are 0: the rest is continuous and symmetric


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: Risk(-1.0, Gamma(1, 1.0)), "rate"),
        (lambda: Risk(float("nan"), Gamma(1, 1.0)), "rate"),
        (lambda: Lognormal.from_interval(100.0, 10.0), "90 % interval"),
        (lambda: LogUniform(10.0, 10.0), "range"),
        (lambda: Gamma(0.0, 1.0), "shape"),
        (lambda: Portfolio([Risk(1.0, Gamma(1, 1.0), 7)]), "unit"),
        (lambda: Portfolio([Risk(1.0, Gamma(1, 1.0), 0, 0)]), "factor"),
        (lambda: Portfolio([], [1, 0]), "parents"),
        (lambda: Cover(-1.0), "deductible"),
        (lambda: Portfolio([], shocks=[Shock(1.0, ((0, Gamma(1, 1.0)),), 2)]), "factor"),
        (lambda: Scenarios((0.5,), ()), "chances"),
    ],
)
def test_bad_input_is_refused_with_its_name(make, argument):
    with pytest.raises(BadInput) as caught:
        make()
    assert caught.value.argument == argument
    assert "Allowed:" in str(caught.value)


def test_figures_of_all_units_lie_within_bounds_that_meet_those_of_each_curve():
    rng = np.random.default_rng(4)
    laws = [Lognormal(1e4, 1.0), LogUniform(1e3, 1e5), Gamma(2, 1e4), pareto(2e4, 2.5), Constant(3e4)]
    some = [Risk(float(rng.uniform(0.1, 2)), laws[i % 5], i % 6, 0 if i % 7 == 0 else None) for i in range(15)]
    shock = Shock(0.3, ((3, Gamma(1, 2e4)), (5, Lognormal(3e4, 0.5))), factor=0)
    portfolio = Portfolio(some, TREE, [1.5], [shock])
    found = figures(portfolio, [0.95, 0.99])
    for unit in range(6):
        curve = portfolio.curve(unit, points=2**12, tolerance=1)
        assert found.mean[unit] == pytest.approx(curve.mean)
        for j, p in enumerate((0.95, 0.99)):
            for bounds, figure in ((found.quantile, curve.quantile(p)), (found.tail_mean, curve.tail_mean(p))):
                assert bounds.low[unit, j] <= bounds.value[unit, j] <= bounds.high[unit, j]
                assert bounds.low[unit, j] <= figure.high
                assert figure.low <= bounds.high[unit, j]
                assert bounds.value[unit, j] == pytest.approx(figure.value, rel=2e-3)


def test_a_shock_under_a_factor_swings_with_it():
    """A shock that hits one unit once is an event of its own: the same year as a risk under the factor."""
    shocked = Portfolio([], [-1, 0], [2.0], [Shock(3.0, ((1, Gamma(2, 10.0)),), factor=0)])
    plain = Portfolio([Risk(3.0, Gamma(2, 10.0), 1, 0)], [-1, 0], [2.0])
    for a, b in zip(*([c.quantile(0.99), c.tail_mean(0.99)] for c in (shocked.curve(), plain.curve())), strict=True):
        assert max(a.low, b.low) <= min(a.high, b.high)
        assert a.value == pytest.approx(b.value, rel=1e-6)


def test_a_band_takes_factors_shocks_and_unknown_severities():
    parts = [Risk(0.5, Lognormal(100.0, 1.0), factor=0), Risk(2.0, LogUniform(10.0, 100.0))]
    portfolio = Portfolio(parts, factors=[2.0], shocks=[Shock(0.2, ((0, Gamma(1, 80.0)),))])
    x = np.array([200.0, 600.0])

    def unsure(rng: np.random.Generator) -> Lognormal:
        return Lognormal(100.0 * float(np.exp(rng.normal(0, 0.5))), 1.0)

    known = band(portfolio, [None, None], x, np.random.default_rng(1), draws=20)
    unknown = band(portfolio, [None, None], x, np.random.default_rng(1), severities={0: unsure}, draws=60)
    curve = portfolio.curve()
    for j, size in enumerate(x):
        truth = curve.exceedance(float(size))
        assert known.mean[j] == pytest.approx(truth.value, rel=1e-3)
        assert known.low_bounds[0, j] <= truth.high
        assert truth.low <= known.high_bounds[1, j]
        assert unknown.low[j] < truth.value < unknown.high[j]
    assert (unknown.low_bounds[0] <= unknown.low).all()
    assert (unknown.high <= unknown.high_bounds[1]).all()
