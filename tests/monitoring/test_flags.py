"""What a risk is watched by asks for a new look at it, whoever records it; a review takes the flag away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.monitoring import commands
from kivijalka.monitoring.models import Indicator
from kivijalka.organisation.models import Person
from kivijalka.risks.commands import assess, confirm
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

QUESTION = "Something has changed: look at the risk again"
pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def record(who: Person, indicator: Indicator, value: float, **given: Any) -> Indicator:
    with acting(who.pk) as actor:
        commands.record_value(actor, indicator, value=Decimal(value), **given)
    return make.fresh(indicator)


def flagged(risk: Risk) -> bool:
    return make.fresh(risk).flagged == timezone.localdate()


def test_a_value_past_the_limit_flags_risks_that_its_recorder_cannot_see(head: Person) -> None:
    risk = make.assessed_risk(unit=make.sector())
    indicator = make.indicator(unit=head.unit, owner=head)
    make.link("watches", indicator, risk)
    assert record(head, indicator, 10).standing == "warning"
    assert not flagged(risk)
    assert record(head, indicator, 12).standing == "past"
    assert flagged(risk)


def test_a_risk_tied_to_an_indicator_past_its_limit_is_flagged_at_once(head: Person) -> None:
    indicator = record(head, make.indicator(unit=head.unit), 12)
    risk = make.assessed_risk(unit=head.unit)
    make.link("watches", indicator, risk)
    assert flagged(risk)


def test_a_limit_made_stricter_flags_and_one_that_is_not_followed_does_not(head: Person) -> None:
    risk, indicator = make.assessed_risk(unit=head.unit), record(head, make.indicator(unit=head.unit), 9)
    make.link("watches", indicator, risk)
    with acting(head.pk) as actor:
        commands.end(actor, indicator)
    indicator = make.fresh(indicator)
    indicator.limit, indicator.warning = Decimal(5), None
    indicator.save()
    assert make.fresh(indicator).standing == "past" and not flagged(risk)


def test_a_signal_flags_what_it_touches_and_drafts_wait_for_their_first_assessment_anyway(head: Person) -> None:
    signal = make.signal(unit=head.unit)
    risk, draft = make.assessed_risk(unit=head.unit), make.risk(unit=head.unit)
    make.link("touches", signal, risk)
    make.link("touches", signal, draft)
    assert flagged(risk) and not flagged(draft)


def test_the_owner_is_asked_and_either_answer_takes_the_flag_away(head: Person) -> None:
    risks = [make.assessed_risk(unit=head.unit, owner=head) for _ in range(2)]
    for risk in risks:
        make.link("touches", make.signal(unit=head.unit), risk)
    with acting(head.pk) as actor:
        with translation.override("en"):
            assert QUESTION in {str(task.question) for task in desk(actor, timezone.localdate()).now}
        confirm(actor, risks[0])
        assess(actor, risks[1], likelihood=2, people=2)
    assert not any(make.fresh(risk).flagged for risk in risks)


def test_nobody_flags_a_risk_by_hand(head: Person) -> None:
    risk = make.assessed_risk(unit=head.unit)
    with acting(head.pk), pytest.raises(IntegrityError, match="flag_only_taken_away"), transaction.atomic():
        Risk.objects.filter(pk=risk.pk).update(flagged=timezone.localdate())


def test_an_earlier_value_told_late_is_kept_and_changes_nothing(head: Person) -> None:
    indicator = record(head, make.indicator(unit=head.unit), 9)
    indicator = record(head, indicator, 20, on=make.in_days(-40))
    assert (indicator.value, indicator.standing) == (9, "warning")
    assert indicator.values.count() == 2
    assert indicator.next_value == make.in_days(30)


def test_a_value_of_the_future_is_refused(head: Person) -> None:
    with refused("in_future", field="on"):
        record(head, make.indicator(unit=head.unit), 9, on=make.in_days(1))


def test_a_warning_past_the_limit_is_refused() -> None:
    with pytest.raises(IntegrityError, match="indicator_warns_before_its_limit"), transaction.atomic():
        make.indicator(warning=11)
