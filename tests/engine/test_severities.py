"""Severities: limited means and what they tell of their densities, against numerical integration; covers."""

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
    pareto,
)
from kivijalka.engine.insurance import second_moment
from kivijalka.engine.law import as_smooth
from kivijalka.engine.loss_kernels import table_at
from kivijalka.engine.measure import Knots, log_knots, tabulate, with_breaks
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
    for x in (30.0, 160.0, 800.0, 6000.0):
        cuts = [c for c in (10.0, 50.0, 90.0, 100.0, 150.0, 200.0, 400.0, 500.0, 550.0, 700.0, 3000.0, 5000.0) if c < x]
        truth, _ = quad(lambda y: float(severity.exceedance(np.array(y))), 0.0, x, points=cuts or None, limit=500)
        assert float(severity.limited_mean(np.array(x))) == pytest.approx(truth, rel=1e-6)


@pytest.mark.parametrize("severity", ALL + LAYERED, ids=repr)
def test_mean_and_square_belong_to_the_limited_mean(severity):
    assert float(severity.limited_mean(np.array(1e13))) == pytest.approx(severity.mean, rel=1e-6)
    assert severity.square == pytest.approx(second_moment(severity), rel=2e-3)


SMOOTH = [s for s in ALL if as_smooth(s)]


@pytest.mark.parametrize("severity", SMOOTH, ids=repr)
def test_peak_is_the_highest_density_from_there_on(severity):
    x = np.geomspace(1.0, 1e5, 400)
    density = -np.diff(severity.exceedance(x)) / np.diff(x)
    peak = severity.peak(x)
    assert (peak[:-1] * (1 + 1e-9) >= np.maximum.accumulate(density[::-1])[::-1]).all()


@pytest.mark.parametrize("severity", SMOOTH, ids=repr)
def test_density_is_the_slope_of_the_exceedance(severity):
    x = np.geomspace(20.0, 8000.0, 101) * 1.0001
    step = 1e-4 * x
    slope = -(severity.exceedance(x + step) - severity.exceedance(x - step)) / (2 * step)
    assert severity.density(x) == pytest.approx(slope, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("severity", SMOOTH, ids=repr)
def test_decay_bounds_the_transform(severity):
    """|E exp(sX)| by integration over the quantiles' law, at s = -tilt + iw."""
    x = np.unique(np.concatenate([np.geomspace(1e-3, 1e7, 400_000), *[[b] for b in severity.breaks]]))
    mass, middle = -np.diff(severity.exceedance(x)), (x[1:] + x[:-1]) / 2
    for w in (1e-4, 1e-3, 0.01, 0.05):
        for tilt in (0.0, 1e-3):
            value = abs(np.sum(mass * np.exp((-tilt + 1j * w) * middle)))
            assert value <= severity.decay(np.array([w]))[0] * (1 + 1e-4) + 2e-4


@pytest.mark.parametrize("severity", ALL, ids=repr)
@pytest.mark.parametrize("count", [20, 60, 300])
def test_between_knots_the_table_errs_no_more_than_it_says(severity, count):
    m = tabulate(np.ones(1), [severity], Knots(with_breaks(log_knots(1.0, 1e5, count), [severity])))
    for y in np.geomspace(0.3, 9e4, 977):
        area, above, _, doubt, slope_doubt = table_at(m.x, m.area, m.above, m.density, m.doubt, y)
        assert abs(area - float(severity.limited_mean(np.array(y)))) <= doubt + 1e-12 * area
        assert abs(above - float(severity.exceedance(np.array(y)))) <= slope_doubt + 1e-9


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
