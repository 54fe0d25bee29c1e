"""Accepting, closing and assessing risks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import ProgrammingError, connection

from kivijalka.access import acting
from kivijalka.register.models import Link
from kivijalka.register.refusal import Refused
from kivijalka.risks import commands, rules
from kivijalka.risks.models import Assessment, Risk
from tests.factories import action, assessed_risk, fresh, holder, in_days, link, risk, sector

pytestmark = pytest.mark.django_db


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def test_the_worst_impact_and_the_likelihood_give_the_level_and_the_next_review() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), risk(unit=there)
    with acting(head.pk) as actor:
        commands.assess(actor, found, likelihood=4, people=2, finance=4)
    found = fresh(found)
    assert (found.likelihood, found.impact, found.level, found.state) == (4, 4, "4_critical", "assessed")
    assert found.review is not None and found.review > in_days(20)
    assert Assessment.objects.get(risk=found).assessor_id == head.pk


def test_an_assessment_without_any_impact_is_refused() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), risk(unit=there)
    with acting(head.pk) as actor, refused("no_impact"):
        commands.assess(actor, found, likelihood=4)
    assert not Assessment.objects.filter(risk=found).exists()


def test_nobody_accepts_their_own_risk() -> None:
    there = sector()
    head = holder("unit_head", unit=there)
    own = assessed_risk(unit=there, owner=head)
    with acting(head.pk) as actor, refused("no_right"):
        commands.accept(actor, own, reason="No money this year", until=in_days(30))
    assert fresh(own).state == "assessed"


def test_an_acceptance_lasts_no_longer_than_the_policy_lets_it() -> None:
    there = sector()
    head = holder("sector_director", unit=there)
    high = assessed_risk(unit=there, likelihood=3, impact=4)
    with acting(head.pk) as actor:
        with refused("too_long"):
            commands.accept(actor, high, reason="No money", until=in_days(600))
        commands.accept(actor, high, reason="No money", until=in_days(60))
    assert fresh(high).state == "accepted"


def test_an_employee_sees_the_risk_but_cannot_accept_it() -> None:
    there = sector()
    employee = holder("employee", unit=there)
    found = assessed_risk(unit=there)
    with acting(employee.pk) as actor, refused("no_right"):
        commands.accept(actor, found, reason="Why not", until=in_days(30))


def test_a_risk_is_not_closed_while_an_action_that_treats_it_is_open() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), assessed_risk(unit=there)
    work = action(unit=there, owner=head)
    link("treats", work, found)
    with acting(head.pk) as actor:
        with refused("open_actions"):
            commands.close(actor, found, reason="It is gone.")
        assert Link.objects.seen().count() == 1
    type(work).objects.filter(pk=work.pk).update(state="cancelled")
    with acting(head.pk) as actor:
        commands.close(actor, found, reason="It is gone.")
    assert fresh(found).state == "closed"


def test_a_stale_version_of_a_record_is_a_conflict_and_changes_nothing() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), risk("Before", unit=there)
    Risk.objects.filter(pk=found.pk).update(title="By another")
    from kivijalka.risks.registers import risks

    with acting(head.pk) as actor, refused("conflict"):
        risks.all_commands["edit"](actor, found, version=found.version, title="Mine")
    assert fresh(found).title == "By another"


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 25), 3, date(2027, 2, 25)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, then: date) -> None:
    assert rules.months_after(day, months) == then


def test_an_open_action_that_the_closing_person_cannot_see_keeps_the_risk_open_too() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), assessed_risk(unit=there)
    hidden = action(unit=sector(), confidentiality=3)
    link("treats", hidden, found)
    with acting(head.pk) as actor, refused("open_actions"):
        commands.close(actor, found, reason="It is gone.")


def test_who_only_sees_a_risk_cannot_assess_it_by_raw_sql_either() -> None:
    there = sector()
    employee, head, found = holder("employee", unit=there), holder("unit_head", unit=there), risk(unit=there)
    statement = (
        "insert into risks_assessment (version, risk_id, policy_version_id, assessor_id, stage, likelihood, impact, level, note)"
        " select 1, %s, id, %s, 'current', 1, 1, '1_low', '' from policy_version limit 1"
    )
    with acting(head.pk), connection.cursor() as cursor:
        cursor.execute(statement, [found.pk, head.pk])
    with pytest.raises(ProgrammingError), acting(employee.pk), connection.cursor() as cursor:
        cursor.execute(statement, [found.pk, employee.pk])
