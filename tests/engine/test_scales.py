"""Years in which losses of very different sizes come together, against the inversion of a Laplace transform."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kivijalka.engine import Bounded, Gamma, GeneralizedPareto, Lognormal, Portfolio, Risk, Shock
from kivijalka.engine.law import Severity
from kivijalka.engine.tree import figures
from tests.engine.routes import compound_gamma_below, talbot

SURE = 2e-10  # what the other route is sure to


@dataclass(frozen=True)
class Town:
    """Gamma risks (rate, shape, scale), those of the first under a factor; and a shock of all of them."""

    risks: list[tuple[float, float, float]]
    factor: float | None = None
    shock: float = 0.0

    def portfolio(self) -> Portfolio:
        risks = [
            Risk(r, Gamma(a, s), 0, 0 if i == 0 and self.factor else None) for i, (r, a, s) in enumerate(self.risks)
        ]
        hits: tuple[tuple[int, Severity], ...] = tuple((0, Gamma(a, s)) for _, a, s in self.risks)
        return Portfolio(risks, factors=[self.factor] if self.factor else [], shocks=[Shock(self.shock, hits)])

    def log_laplace(self, s: np.ndarray) -> np.ndarray:
        total, hit = 0 * s, 1 + 0 * s
        for i, (rate, shape, scale) in enumerate(self.risks):
            one = (1 + s * scale) ** -np.longdouble(shape)
            k = rate * (one - 1)
            total, hit = total + (-self.factor * np.log1p(-k / self.factor) if i == 0 and self.factor else k), hit * one
        return total + self.shock * (hit - 1)

    @property
    def mean(self) -> float:
        return sum((rate + self.shock) * shape * scale for rate, shape, scale in self.risks)

    def above(self, x: float) -> float:
        """P(S > x)."""
        return inverted(lambda s: -np.expm1(self.log_laplace(s)) / s, x, SURE)

    def excess(self, x: float) -> float:
        """E(S - x)+."""
        return inverted(lambda s: (self.mean + np.expm1(self.log_laplace(s)) / s) / s, x, 1e-10 * self.mean)


def inverted(laplace: Callable[[np.ndarray], np.ndarray], x: float, sure: float) -> float:
    """By two contours; where they differ (poles far from the axis), the example is not for this route."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        one, other = talbot(laplace, x, 38), talbot(laplace, x)
    if not abs(one - other) < sure / 2:
        assume(False)
    return other


def holds(town: Town, points: int, p: float) -> None:
    """Every bound of one curve holds: quantile, tail mean, exceedances at many sizes."""
    curve = town.portfolio().curve(points=points, tolerance=1)
    if p <= curve.probability_of_none + 1e-6:
        return
    q = curve.quantile(p)
    quantile_holds(town, p, q.low, q.high)
    tail_holds(town, p, q, curve.tail_mean(p))
    x = q.value * np.array([0.02, 0.3, 0.7, 1.0, 1.2])
    _, low, high = curve.exceedances(x)
    for size, a, b in zip(x, low, high, strict=True):
        assert a - SURE <= town.above(float(size)) <= b + SURE


def quantile_holds(town: Town, p: float, low: float, high: float) -> None:
    if low > 0:
        assert town.above(low * (1 - 1e-9)) >= 1 - p - SURE
    assert town.above(high * (1 + 1e-9)) <= 1 - p + SURE


def tail_holds(town: Town, p: float, q: Bounded, tail: Bounded) -> None:
    """TVaR is the least x + E(S - x)+ / (1 - p), attained at VaR (Rockafellar and Uryasev 2002)."""
    there = q.value + town.excess(q.value) / (1 - p)
    slope = max(abs(town.above(x) / (1 - p) - 1) for x in (max(q.low, 1e-3 * q.value), q.high))
    slack = 1e-8 * there
    assert tail.low <= there + slack
    assert tail.high >= there - slope * (q.high - q.low) - slack


def sizes(shapes: tuple[float, float]) -> st.SearchStrategy[tuple[float, float, float]]:
    rates, scales = st.floats(math.log(0.02), math.log(4.0)), st.floats(math.log(10.0), math.log(1e6))
    return st.tuples(rates.map(math.exp), st.floats(*shapes), scales.map(math.exp))


SHAPES, LOW = (0.4, 5.0), (0.3, 1.0)  # under a factor higher shapes have poles far from the axis


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(sizes(SHAPES), min_size=1, max_size=5),
    st.sampled_from([2**10, 2**12, 2**14]),
    st.sampled_from([0.9, 0.99, 0.999]),
)
def test_bounds_hold_where_sizes_differ_a_millionfold(risks, points, p):
    holds(Town(risks), points, p)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(sizes(LOW), min_size=2, max_size=3),
    st.floats(0.3, 20.0),
    st.floats(0.0, 1.0),
    st.sampled_from([2**10, 2**13]),
)
def test_bounds_hold_under_factors_and_shocks(risks, factor, shock, points):
    holds(Town(risks, factor, shock), points, 0.99)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(sizes(SHAPES), min_size=1, max_size=6), st.sampled_from([2**9, 2**10, 2**12]))
def test_bounds_of_all_units_at_once_hold(risks, points):
    town = Town(risks)
    levels = [0.8, 0.99, 0.995]
    found = figures(town.portfolio().independent(), levels, points=points)
    for j, p in enumerate(levels):
        if found.none[0] < p - 1e-6:
            q, tail = (
                Bounded(*(float(v[0, j]) for v in (b.value, b.low, b.high))) for b in (found.quantile, found.tail_mean)
            )
            quantile_holds(town, p, q.low, q.high)
            tail_holds(town, p, q, tail)


def test_the_other_route_agrees_with_the_closed_form():
    for x in (100.0, 3000.0, 9000.0):
        truth = 1 - compound_gamma_below(x, 2.0, 0.7, 1000.0)
        assert Town([(2.0, 0.7, 1000.0)]).above(x) == pytest.approx(truth, abs=1e-11)


def test_small_losses_beside_large_ones_cost_no_precision():
    """Years with large losses are smooth, years without them known to stay below."""
    town = Town([(0.3, 2.0, 50.0), (0.4, 1.0, 2e3), (0.2, 2.0, 1e5)])
    q = town.portfolio().curve(points=2**12, tolerance=1).quantile(0.99)
    assert q.width < 1e-4
    assert town.above(q.value) == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize("rate", [300.0, 720.0, 1050.0, 6000.0])
def test_a_unit_of_very_many_events_is_bounded_as_its_curve_is(rate):
    portfolio = Portfolio([Risk(rate, Gamma(2.0, 1e3)), Risk(0.5, Gamma(1.0, 1e5))])
    found, exact = figures(portfolio, [0.99]).quantile, portfolio.curve().quantile(0.99)
    assert (found.high - found.low)[0, 0] < 1e-3 * found.value[0, 0]
    assert found.low[0, 0] <= exact.high
    assert exact.low <= found.high[0, 0]


def test_a_tail_that_few_points_can_only_bound_widely_is_bounded_widely():
    """It once looked farther and farther out."""
    some = [Risk(0.05, GeneralizedPareto(5.6e5, 0.54, 1.7e5), factor=0), Risk(0.08, Lognormal(4.6e5, 2.05))]
    some += [Risk(9.4, GeneralizedPareto(3.3e3, 0.21), factor=0), Risk(0.76, Lognormal(2.6e3, 0.7))]
    portfolio = Portfolio(some, factors=[7.7])
    rough, fine = (portfolio.curve(points=n, tolerance=1).quantile(0.999) for n in (2**9, 2**15))
    assert rough.low <= fine.low < fine.high <= rough.high
    assert fine.width < 0.05
