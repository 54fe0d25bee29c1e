"""What a risk costs a year follows from its estimate, else from its levels by their policy."""

from __future__ import annotations

import math
from uuid import uuid4

import numpy as np
import pytest

from kivijalka.engine import LogUniform
from kivijalka.losses.terms import Reading, joined, net_of, of_estimate
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales

UNDER = uuid4()


@pytest.fixture
def reading() -> Reading:
    return Reading({UNDER: read_scales(example_content())})


def test_a_level_is_its_policys_ranges_and_dimensions_rise_together(reading: Reading) -> None:
    terms = reading.of_levels("3010020", UNDER)
    assert terms.rate.mean == pytest.approx((0.3 - 0.05) / math.log(0.3 / 0.05))
    continuity, trust = (reading.policies[UNDER].dimension(name) for name in ("service_continuity", "trust"))
    low = continuity.levels[0].low + trust.levels[1].low
    high = continuity.levels[0].high + trust.levels[1].high
    assert terms.severity == LogUniform(low, high)
    assert terms.mean == pytest.approx(terms.rate.mean * (high - low) / math.log(high / low))


def test_what_is_known_of_a_levels_rate_has_the_spread_of_its_range(reading: Reading) -> None:
    rate = reading.of_levels("5100000", UNDER).rate
    drawn = np.exp(np.random.default_rng(1).uniform(math.log(1), math.log(12), 400_000))
    assert rate.mean == pytest.approx(drawn.mean(), rel=0.01)
    assert math.sqrt(rate.shape) / rate.exposure == pytest.approx(drawn.std(), rel=0.01)


def test_an_estimate_moves_to_its_target_as_far_as_the_levels_say(reading: Reading) -> None:
    now, current, target = (
        of_estimate(0.1, 1, 1e4, 1e6),
        reading.of_levels("4040000", UNDER),
        reading.of_levels("3030000", UNDER),
    )
    moved = reading.moved(now, current, target)
    assert moved.mean / now.mean == pytest.approx(target.mean / current.mean)
    assert moved.severity.sigma == now.severity.sigma  # type: ignore[attr-defined]  # both are lognormal


def test_insurances_of_one_risk_pay_the_same_euro_once() -> None:
    loss = LogUniform(1e3, 1e7)
    separate, overlapping = ((1e4, 1e5), (1e6, 2e6)), ((1e6, 2e6), (1e4, 6e4), (5e4, 1e5))
    assert net_of(loss, separate).mean == pytest.approx(net_of(loss, overlapping).mean)
    assert joined(overlapping) == [(1e4, 1e5), (1e6, 2e6)]
    drawn = np.exp(np.random.default_rng(2).uniform(math.log(1e3), math.log(1e7), 400_000))
    paid = sum(np.clip(drawn - low, 0, high - low) for low, high in separate)
    assert net_of(loss, separate).mean == pytest.approx((drawn - paid).mean(), rel=0.02)
