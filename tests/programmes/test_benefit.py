"""What a programme changes is asked of the risks: before, as its actions promise, and as assessed since they were measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.policy.queries import policy_in_force
from kivijalka.programmes.benefit import Benefit, benefit
from kivijalka.programmes.models import Programme, Workstream
from kivijalka.risks.models import Assessment, Risk
from tests import factories as make

pytestmark = pytest.mark.django_db
# Middles of the example's ranges: likelihood 3 and 4; impact 3.
OFTEN, SELDOM, LOSS = "4", "3", 3


@pytest.fixture
def stream() -> Workstream:
    return make.workstream(make.programme(unit=make.sector(), starts_on=make.in_days(-60)))


def assessed(risk: Risk, likelihood: int, days_ago: int) -> None:
    """One more assessment of the current risk, some days ago."""
    one = risk.assessments.first()
    assert one is not None
    one.pk, one.likelihood, one.at = None, likelihood, timezone.now() - timedelta(days=days_ago)
    one.save(force_insert=True)


def treated(stream: Workstream, **given: object) -> tuple[Risk, Action]:
    """A risk that was likely long ago, and an action of the workstream that treats it."""
    risk = make.assessed_risk(unit=stream.unit, likelihood=4, impact=3)
    Assessment.objects.filter(risk=risk).update(at=timezone.now() - timedelta(days=90))
    action = make.action(unit=stream.unit, **given)
    make.link("treats", action, risk)
    make.link("gathers", stream, action)
    return risk, action


def found(programme: Programme) -> Benefit:
    with acting(make.holder("unit_head", unit=programme.unit).pk):
        return benefit(programme, policy_in_force(timezone.localdate()).scales)


def test_it_is_expected_by_what_the_actions_say_and_measured_by_what_was_assessed_since(stream: Workstream) -> None:
    risk, action = treated(stream, expected_cut=60)
    make.link("treats", second := make.action(unit=stream.unit, expected_cut=50), risk)
    make.link("gathers", stream, second)
    one = found(stream.programme).changes[0]
    assert (one.expected, one.measured) == (pytest.approx(one.before * 0.4 * 0.5), None)
    done = {"state": "effect_confirmed", "completed_on": make.in_days(-30), "effect_measured_on": make.in_days(-2)}
    Action.objects.filter(pk=action.pk).update(**done)
    assert found(stream.programme).changes[0].measured is None, "nobody has looked at the risk since"
    assessed(risk, 3, days_ago=5)
    told = found(stream.programme)
    assert told.changes[0].measured == pytest.approx(told.before / 5, rel=0.7)
    assert (told.measured_risks, told.measured) == (1, told.before - told.changes[0].measured)


def test_an_assessment_after_the_start_is_no_baseline_where_there_is_an_earlier_one(stream: Workstream) -> None:
    risk, _action = treated(stream)
    before = found(stream.programme).before
    assessed(risk, 1, days_ago=10)
    assert found(stream.programme).before == before


def test_what_says_nothing_and_what_is_not_assessed_is_told(stream: Workstream) -> None:
    treated(stream)
    loose = make.action(unit=stream.unit, expected_cut=10)
    make.link("gathers", stream, loose)
    make.link("treats", loose, make.risk(unit=stream.unit))
    told = found(stream.programme)
    assert (told.silent, told.unassessed, told.expected) == (1, 1, 0)


def test_risks_and_actions_out_of_reach_are_not_in_the_sums(stream: Workstream) -> None:
    risk, _action = treated(stream, expected_cut=50)
    before = found(stream.programme)
    elsewhere = make.assessed_risk(unit=make.sector(), likelihood=5, impact=5)
    make.link("treats", hidden := make.action(unit=make.sector(), expected_cut=90), risk)
    make.link("gathers", stream, hidden)
    make.link("treats", _action, elsewhere)
    told = found(stream.programme)
    assert (told.before, told.expected) == (before.before, before.expected)
