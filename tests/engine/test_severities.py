"""Severities: limited means against numerical integration; covers; every kind of density's peak."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from kivijalka.engine import (
    BadInput,
    Constant,
    Cover,
    Empirical,
    Gamma,
    GeneralizedPareto,
    Lognormal,
    LogUniform,
    Mixture,
    Scaled,
    Severity,
    pareto,
)
from kivijalka.engine.insurance import second_moment
from kivijalka.engine.severity import limited_mean

ALL = [
    Lognormal(1000.0, 0.8),
    Lognormal.from_interval(10.0, 1e4),
    LogUniform(100.0, 5000.0),
    Gamma(0.7, 500.0),
    Gamma(3.0, 300.0),
    GeneralizedPareto(400.0, 0.0, 50.0),
    GeneralizedPareto(400.0, 0.4, 50.0),
    pareto(200.0, 3.5),
    Empirical((10.0, 200.0, 200.0, 3000.0)),
    Constant(700.0),
    Mixture((Gamma(2.0, 100.0), pareto(500.0, 3.0)), (3.0, 1.0)),
    Scaled(Lognormal(1000.0, 0.8), 1.3),
]
LAYERED = [c for s in ALL[:7] for c in (Cover(150.0, 400.0).ceded(s), Cover(150.0, 400.0).net(s), Cover(90.0).net(s))]


@pytest.mark.parametrize("severity", ALL + LAYERED, ids=repr)
def test_limited_mean_is_the_integral_of_the_exceedance(severity):
    assert isinstance(severity, Severity)
    for x in (30.0, 160.0, 800.0, 6000.0):
        cuts = [c for c in (10.0, 50.0, 90.0, 100.0, 150.0, 200.0, 400.0, 500.0, 550.0, 700.0, 3000.0, 5000.0) if c < x]
        truth, _ = quad(lambda y: float(severity.exceedance(np.array(y))), 0.0, x, points=cuts or None, limit=500)
        assert float(severity.limited_mean(np.array(x))) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("severity", ALL + LAYERED, ids=repr)
def test_mean_and_square_belong_to_the_limited_mean(severity):
    assert float(severity.limited_mean(np.array(1e13))) == pytest.approx(severity.mean, rel=1e-6)
    assert severity.square == pytest.approx(second_moment(severity), rel=2e-3)


@pytest.mark.parametrize("severity", [s for s in ALL if s.peak(np.array([1.0])) is not None], ids=repr)
def test_peak_is_the_highest_density_from_there_on(severity):
    x = np.geomspace(1.0, 1e5, 400)
    density = -np.diff(severity.exceedance(x)) / np.diff(x)
    peak = severity.peak(x)
    assert (peak[:-1] * (1 + 1e-9) >= np.maximum.accumulate(density[::-1])[::-1]).all()


def test_the_90_percent_interval_is_kept():
    x = Lognormal.from_interval(2e3, 9e5)
    assert x.exceedance(np.array([2e3, 9e5])) == pytest.approx([0.95, 0.05])


def test_ceded_and_net_add_up():
    for severity in ALL:
        cover = Cover(150.0, 400.0)
        assert cover.ceded(severity).mean + cover.net(severity).mean == pytest.approx(severity.mean)


def test_an_infinite_mean_is_infinite():
    assert pareto(1.0, 1.0).mean == np.inf
    assert pareto(1.0, 1.5).square == np.inf
    assert np.isfinite(pareto(1.0, 1.0).limited_mean(np.array(100.0)))


@pytest.mark.parametrize("x", [-1.0, np.nan, np.inf])
def test_limited_mean_of_a_wrong_size_is_refused(x):
    with pytest.raises(BadInput, match="x is"):
        limited_mean(ALL[0], [1.0, x])


@pytest.mark.parametrize(
    "make",
    [
        lambda: pareto(0.0, 2.0),
        lambda: GeneralizedPareto(1.0, -0.1),
        lambda: Empirical(()),
        lambda: Empirical((1.0, -1.0)),
        lambda: Mixture((), ()),
        lambda: Constant(float("inf")),
        lambda: Scaled(ALL[0], 0.0),
        lambda: Cover(1.0, 0.0),
    ],
)
def test_wrong_parameters_are_refused(make):
    with pytest.raises(BadInput, match="Allowed"):
        make()
