"""What was thought is corrected by what was seen, the more the more of it there is; and each judge by what came."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import numpy as np
import pytest

from kivijalka.events.calibration import Judgement, Loss, calibrated, chance, in_force
from kivijalka.events.learning import learn

TENTH = {
    "frequency_low": Decimal("0.05"),
    "frequency_high": Decimal("0.3"),
    "loss_low": Decimal(10_000),
    "loss_high": Decimal(200_000),
}
TODAY = date(2026, 12, 1)
ME, OTHER = uuid4(), uuid4()


def test_without_events_the_rate_sinks_and_the_longer_the_lower() -> None:
    short, long = learn(TENTH, [], 1.0), learn(TENTH, [], 10.0)
    assert short and long
    assert 0.3 > short.rate[1] > long.rate[1]
    assert short.rate_weight > 0.8 > long.rate_weight
    assert (short.moved, long.moved) == ("as_thought", "as_thought")
    often = {**TENTH, "frequency_low": 2, "frequency_high": 6}
    seldom, oftener = learn(often, [], 3.0), learn(TENTH, [20_000.0] * 4, 1.7)
    assert seldom and oftener
    assert (seldom.moved, oftener.moved) == ("less", "more")
    assert long.loss is None and long.proposed["loss_high"] == 200_000


def test_many_events_outweigh_what_was_thought() -> None:
    found = learn(TENTH, [50_000.0] * 30, 3.0)
    assert found and found.moved == "more"
    assert found.rate[0] > 0.3 and found.rate_weight < 0.9
    assert found.loss_weight == pytest.approx(4 / 34)


def test_the_corrected_rate_is_that_of_the_gamma_by_hand() -> None:
    """Against a grid of rates: prior times Poisson likelihood, summed."""
    from kivijalka.engine.learning import GammaRate

    found, prior = learn(TENTH, [20_000.0, 30_000.0], 4.0), GammaRate.from_interval(0.05, 0.3)
    rates = np.linspace(1e-5, 3, 400_000)
    log = (prior.shape - 1) * np.log(rates) - prior.exposure * rates + 2 * np.log(4 * rates) - 4 * rates
    share = np.cumsum(np.exp(log - log.max()))
    low, high = (rates[np.searchsorted(share / share[-1], p)] for p in (0.05, 0.95))
    assert found and found.rate == pytest.approx((low, high), rel=1e-3)


def test_two_losses_say_nothing_of_what_one_costs_and_three_do() -> None:
    two, three = learn(TENTH, [1e6] * 2, 2.0), learn(TENTH, [1e6] * 3, 2.0)
    assert two and three and two.loss is None
    assert three.loss and three.loss[1] > 200_000


def test_losses_below_the_threshold_count_nowhere_and_are_reckoned_with() -> None:
    """Twelve recorded losses of a lognormal cut at its median: the range goes down to where nobody had to tell."""
    generator = np.random.default_rng(3)
    every = 45_000 * np.exp(0.9 * generator.normal(size=400))
    seen = [float(x) for x in every if x > 45_000]
    cut, whole = learn(TENTH, [*seen, 10.0], 2.0, threshold=45_000), learn(TENTH, seen, 2.0)
    assert cut and whole and cut.loss and whole.loss
    assert cut.count == whole.count == len(seen)
    assert cut.rate[0] > whole.rate[0]
    assert cut.loss[0] < 0.6 * whole.loss[0]


def test_a_month_is_too_short_to_say_anything() -> None:
    assert learn(TENTH, [], 0.05) is None


def judged(risk: UUID, days_ago: int, *, by: UUID = ME, is_estimate: bool = False, high: float = 100_000) -> Judgement:
    return Judgement(risk, by, TODAY - timedelta(days=days_ago), (0.3, 1.0), (10_000.0, high), is_estimate=is_estimate)


def cost(risk: UUID, days_ago: int, euro: float = 50_000) -> Loss:
    return Loss(uuid4(), risk, TODAY - timedelta(days=days_ago), euro)


def test_a_loss_tests_whoever_judged_last_before_it_and_an_estimate_before_levels() -> None:
    risk = uuid4()
    said = [judged(risk, 900), judged(risk, 600, by=OTHER), judged(risk, 800, is_estimate=True, high=60_000)]
    assert in_force(said, TODAY - timedelta(days=850)) is said[0]
    assert in_force(said, TODAY - timedelta(days=10)) is said[2]
    assert in_force(said, TODAY - timedelta(days=900)) is None
    found = calibrated(said, [cost(risk, 10, 70_000), cost(risk, 950)], ME, TODAY)
    assert [(one.judgement, one.side) for one in found.tested] == [(found.tested[0].judgement, "over")]
    assert calibrated(said[:2], [cost(risk, 10)], ME, TODAY).tested == []


def test_few_losses_are_said_to_prove_little_and_ranges_that_never_hold_to_be_too_narrow() -> None:
    risks = [uuid4() for _ in range(12)]
    found = calibrated([judged(r, 700) for r in risks], [cost(r, 100, 5e6) for r in risks], ME, TODAY)
    assert found.is_little and found.held
    assert (found.held.share, found.held.verdict) == (0.0, "too narrow")
    nothing = calibrated([], [], ME, TODAY)
    assert nothing.held is None and nothing.brier is None


def test_of_a_rate_that_holds_the_scores_are_as_expected() -> None:
    """A thousand risks whose events come at rates drawn from the thought gamma."""
    from kivijalka.engine.learning import GammaRate

    generator, prior = np.random.default_rng(5), GammaRate.from_interval(0.3, 1.0)
    risks = [uuid4() for _ in range(1000)]
    rates = generator.gamma(prior.shape, 1 / prior.exposure, size=1000)
    came = [r for r, rate in zip(risks, rates, strict=True) if generator.poisson(rate * 2) > 0]
    found = calibrated([judged(r, 730) for r in risks], [cost(r, 30) for r in came], ME, TODAY)
    assert found.brier and found.log
    for score in (found.brier, found.log):
        assert abs(score.mean - score.expected) < 3 * score.error


def test_what_need_not_be_recorded_makes_a_recorded_event_less_likely() -> None:
    all_told, cut = (chance((0.3, 1.0), (1_000.0, 100_000.0), 2.0, at) for at in (0.0, 50_000.0))
    assert all_told > 0.6 > cut
