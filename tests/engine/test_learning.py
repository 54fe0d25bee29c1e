"""Learning and calibration: conjugate results, published credibility, coverage with its own uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, nbinom

from kivijalka.engine import BadInput, Lognormal
from kivijalka.engine.calibration import brier, coverage, log_score
from kivijalka.engine.learning import (
    GammaRate,
    credibility,
    fit_lognormal,
    fit_tail,
    hierarchical,
    indexed,
    lognormal_posterior,
)


@pytest.mark.parametrize(("low", "high"), [(0.1, 1.0), (0.001, 0.5), (9.0, 11.0)])
def test_a_prior_keeps_its_interval(low, high):
    prior = GammaRate.from_interval(low, high)
    law = gamma(prior.shape, scale=1 / prior.exposure)
    assert law.ppf([0.05, 0.95]) == pytest.approx([low, high], rel=1e-6)


def test_events_and_years_add_to_the_prior():
    prior = GammaRate(2.0, 4.0)
    after = prior.seen(3, 6.0)
    assert after.mean == pytest.approx(5 / 10)
    weight = after.prior_weight(prior)
    assert after.mean == pytest.approx(weight * prior.mean + (1 - weight) * 3 / 6)


def test_late_reports_shorten_the_exposure():
    assert GammaRate(1.0, 1.0).seen(2, 10.0, reported=0.5).exposure == pytest.approx(6.0)


def test_the_predictive_count_is_negative_binomial():
    after = GammaRate(2.5, 5.0)
    assert after.predictive([0, 1, 7], years=2.0) == pytest.approx(nbinom.pmf([0, 1, 7], 2.5, 5 / 7))


def test_a_truncated_fit_undoes_the_reporting_threshold():
    rng = np.random.default_rng(2)
    x = rng.lognormal(8.0, 1.2, 6000)
    fit = fit_lognormal(x[x > 4000], threshold=4000.0)
    naive = fit_lognormal(x[x > 4000])
    assert np.log(fit.severity.median) == pytest.approx(8.0, abs=5 * fit.errors[0])
    assert fit.severity.sigma == pytest.approx(1.2, abs=5 * fit.errors[1])
    assert np.log(naive.severity.median) > 8.5


def test_a_tail_fit_finds_its_index():
    rng = np.random.default_rng(3)
    x = 100 + (rng.uniform(size=4000) ** -0.4 - 1) * 50 / 0.4
    fit = fit_tail(x, 100.0)
    assert fit.severity.shape == pytest.approx(0.4, abs=4 * fit.errors[1])
    assert fit.severity.scale == pytest.approx(50.0, abs=4 * fit.errors[0])


def test_inflation_is_undone():
    assert indexed([100.0, 100.0], [50.0, 200.0], 100.0).tolist() == [200.0, 50.0]


def test_a_lognormal_moves_from_prior_to_data():
    prior = Lognormal(1000.0, 1.0)
    data = np.full(50, 5000.0)
    assert lognormal_posterior(prior, 5.0, []) == prior
    medians = [lognormal_posterior(prior, w, data).median for w in (500.0, 50.0, 0.5)]
    assert 1000 < medians[0] < medians[1] < medians[2] < 5000


def test_credibility_of_hachemeister():
    """Hachemeister 1975, claim sizes of five states over twelve quarters (in Bühlmann and Gisler, section 4.13).

    Published: overall mean 1,671.02 weighted; within 139,120,026; between 89,639 (R package actuar, data hachemeister).
    """
    x = [
        [1738, 1642, 1794, 2051, 2079, 2234, 2032, 2035, 2115, 2262, 2267, 2517],
        [1364, 1408, 1597, 1444, 1342, 1675, 1470, 1448, 1464, 1831, 1612, 1471],
        [1759, 1685, 1479, 1763, 1674, 2103, 1502, 1622, 1828, 2155, 2233, 2059],
        [1223, 1146, 1010, 1257, 1426, 1532, 1953, 1123, 1343, 1243, 1762, 1306],
        [1456, 1499, 1609, 1741, 1482, 1572, 1606, 1735, 1607, 1573, 1613, 1690],
    ]
    w = [
        [7861, 9251, 8706, 8575, 7917, 8263, 9456, 8003, 7365, 7832, 7849, 9077],
        [1622, 1742, 1523, 1515, 1622, 1602, 1964, 1515, 1527, 1748, 1654, 1861],
        [1147, 1357, 1329, 1204, 998, 1077, 1277, 1218, 896, 1003, 1108, 1121],
        [407, 396, 348, 341, 315, 328, 352, 331, 287, 384, 321, 342],
        [2902, 3172, 3046, 3068, 2693, 2910, 3275, 2697, 2663, 3017, 3242, 3425],
    ]
    c = credibility(x, w)
    assert c.within == pytest.approx(139120026, rel=1e-6)
    assert c.between == pytest.approx(89639, rel=1e-4)
    assert c.overall == pytest.approx(1684, abs=1)


def test_credibility_gives_all_weight_to_none_when_units_do_not_differ():
    c = credibility([[1.0, 3.0], [3.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]])
    assert c.weights.tolist() == [0.0, 0.0]
    assert c.means == pytest.approx([2.0, 2.0])


def test_hierarchical_means_lie_between_unit_and_whole():
    rng = np.random.default_rng(4)
    division = np.repeat([0, 1, 2, 3], 5)
    level = np.array([1.0, 2.0, 4.0, 8.0])[division] + rng.normal(0, 0.3, 20)
    observed = [list(m + rng.normal(0, 0.5, 6)) for m in level]
    units, tops = hierarchical(observed, [[1.0] * 6] * 20, division.tolist())
    assert np.corrcoef(units.means, level)[0, 1] > 0.98
    assert tops.means == pytest.approx([1.0, 2.0, 4.0, 8.0], abs=0.7)
    assert ((units.weights > 0) & (units.weights < 1)).all()


def test_ten_intervals_prove_little_and_a_thousand_prove_much():
    few = coverage(np.zeros(10), np.ones(10), [0.5] * 7 + [2.0] * 3)
    many = coverage(np.zeros(1000), np.ones(1000), [0.5] * 700 + [2.0] * 300)
    assert few.verdict == "no evidence either way"
    assert many.verdict == "too narrow"
    assert few.high - few.low > 0.4


def test_scores_of_a_calibrated_estimator_are_what_it_expects():
    rng = np.random.default_rng(6)
    p = rng.uniform(size=20_000)
    y = rng.uniform(size=20_000) < p
    for score in (brier(p, y), log_score(p, y)):
        assert score.mean == pytest.approx(score.expected, abs=4 * score.error)
    assert log_score([0.0], [1]).mean == np.inf


@pytest.mark.parametrize(
    "make",
    [
        lambda: GammaRate.from_interval(1.0, 0.5),
        lambda: GammaRate(0.0, 1.0),
        lambda: GammaRate(1.0, 1.0).seen(-1, 1.0),
        lambda: GammaRate(1.0, 1.0).seen(1, 1.0, reported=0.0),
        lambda: fit_lognormal([1.0, 2.0, 3.0], threshold=2.0),
        lambda: fit_tail([1.0], 0.0),
        lambda: credibility([[1.0]], [[1.0]]),
        lambda: credibility([[1.0], [2.0]], [[1.0], [1.0]]),
        lambda: hierarchical([[1.0, 2.0], [2.0, 3.0]], [[1.0, 1.0]] * 2, [0, 0]),
        lambda: coverage([1.0], [0.0], [0.5]),
        lambda: brier([1.2], [1]),
        lambda: brier([0.2], [2]),
    ],
)
def test_bad_input_is_refused(make):
    with pytest.raises(BadInput, match="Allowed"):
        make()
