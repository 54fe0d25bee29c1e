"""What shows that controls keep a risk at its level: nothing, a claim, a test; or a test that failed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kivijalka.access import acting
from kivijalka.controls import commands
from kivijalka.controls.models import Control, ControlTest
from kivijalka.organisation.models import Person
from kivijalka.register.models import Link
from kivijalka.risks.commands import assess
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def lowered(head: Person, *, rests_on: Control | None = None) -> Risk:
    """A risk that would be 5 x 5 without controls, and is 2 x 3 with them."""
    risk = make.risk(unit=head.unit, owner=head)
    with acting(head.pk) as actor:
        assess(actor, risk, likelihood=5, people=5, stage="inherent")
        assess(actor, risk, likelihood=2, people=3)
    if rests_on is not None:
        make.link("rests_on", risk, rests_on)
    return make.fresh(risk)


def after_test(head: Person, control: Control, result: str = "works", **given: Any) -> Control:
    with acting(head.pk) as actor:
        commands.record_test(actor, control, result=result, evidence="Restored in two hours.", **given)
    return make.fresh(control)


def evidence(risk: Risk) -> str:
    return str(make.fresh(risk).evidence)


def test_a_level_lowered_without_a_tested_control_is_a_claim(head: Person) -> None:
    assert evidence(lowered(head)) == "claimed"
    assert evidence(lowered(head, rests_on=make.control(unit=head.unit))) == "claimed"


def test_a_level_that_no_control_lowers_claims_nothing(head: Person) -> None:
    assert evidence(make.assessed_risk(unit=head.unit)) == ""


def test_a_test_that_works_shows_it_and_one_that_fails_puts_it_in_doubt(head: Person) -> None:
    control = make.control(unit=head.unit)
    risk = lowered(head, rests_on=control)
    after_test(head, control)
    assert evidence(risk) == "confirmed"
    after_test(head, control, "failed")
    assert evidence(risk) == "unconfirmed"


def test_one_failed_control_puts_the_level_in_doubt_whatever_the_others(head: Person) -> None:
    works, fails = make.control(unit=head.unit), make.control(unit=head.unit)
    risk = lowered(head, rests_on=works)
    make.link("rests_on", risk, fails)
    after_test(head, works), after_test(head, fails, "failed")
    assert evidence(risk) == "unconfirmed"


def test_a_control_that_is_used_no_more_or_no_longer_tied_shows_nothing(head: Person) -> None:
    control = make.control(unit=head.unit)
    risk = lowered(head, rests_on=control)
    control = after_test(head, control)
    with acting(head.pk) as actor:
        commands.end(actor, control)
    assert evidence(risk) == "claimed"
    with acting(head.pk) as actor:
        commands.resume(actor, make.fresh(control))
    assert evidence(risk) == "confirmed"
    Link.objects.filter(a=risk.pk, kind="rests_on").update(until="2026-01-01T00:00:00Z")
    assert evidence(risk) == "claimed"


def test_a_risk_that_is_judged_as_high_as_without_controls_claims_nothing_any_more(head: Person) -> None:
    risk = lowered(head)
    with acting(head.pk) as actor:
        assess(actor, risk, likelihood=5, people=5)
    assert evidence(risk) == ""


def test_a_control_may_fail_for_risks_that_its_tester_may_not_see(head: Person) -> None:
    control = make.control(unit=head.unit)
    other = make.holder("unit_head", unit=make.sector())
    risk = lowered(other, rests_on=control)
    after_test(head, control, "failed")
    assert evidence(risk) == "unconfirmed"


def test_the_risk_s_history_says_when_its_level_came_into_doubt(head: Person) -> None:
    control = make.control(unit=head.unit)
    risk = lowered(head, rests_on=control)
    before = risk.version
    after_test(head, control, "failed")
    after = make.fresh(risk)
    assert after.version == before + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "select kept_command, kept_by from history.risks_risk where id = %s and version = %s",
            [risk.pk, after.version],
        )
        assert cursor.fetchone() == ("record_test", head.pk)


def test_nobody_says_by_hand_that_a_level_is_shown(head: Person) -> None:
    risk = lowered(head)
    with acting(head.pk), transaction.atomic(), pytest.raises(IntegrityError, match="evidence_as_judged"):
        Risk.objects.filter(pk=risk.pk).update(evidence="confirmed")


def test_a_test_is_kept_with_who_made_it_and_what_shows_it(head: Person) -> None:
    control = after_test(head, make.control(unit=head.unit), next_test=make.in_days(180))
    assert (control.result, control.tested_on, control.next_test) == ("works", make.in_days(0), make.in_days(180))
    test = ControlTest.objects.get(control=control)
    assert (test.tester, test.evidence) == (head, "Restored in two hours.")


def test_tests_are_recorded_in_their_order(head: Person) -> None:
    control = after_test(head, make.control(unit=head.unit))
    with acting(head.pk) as actor, refused("later_known", field="on"):
        commands.record_test(actor, control, result="works", evidence="Old", on=make.in_days(-1))
