"""An exception is granted by somebody else than its owner, for a time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kivijalka.access import acting
from kivijalka.findings import commands
from kivijalka.findings.models import RequirementException
from kivijalka.organisation.models import Person
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db
State = RequirementException.State


@pytest.fixture
def director() -> Person:
    return make.holder("sector_director", unit=make.sector())


def asked(owner: Person, director: Person, **given: Any) -> RequirementException:
    values = {
        "title": "Old server stays a while",
        "requirement": "Servers are supported by their maker.",
        "reason": "The new one comes in spring.",
        "instead": "It is cut off from the network.",
        "until": make.in_days(90),
        **given,
    }
    made = RequirementException.objects.create(unit=director.unit, owner=owner, asked_of=director, **values)
    return make.fresh(made)


def test_it_is_granted_with_a_reason_and_an_end(director: Person) -> None:
    leave = asked(make.person(unit=director.unit), director)
    with acting(director.pk) as actor:
        commands.grant(actor, leave, until=make.in_days(60), reason="No other way.")
    after = make.fresh(leave)
    assert (after.state, after.until, after.decided_by, after.decided_on) == (
        State.GRANTED,
        make.in_days(60),
        director,
        make.in_days(0),
    )


def test_nobody_grants_their_own_nor_as_anothers_deputy(director: Person) -> None:
    leave = asked(director, director)
    with acting(director.pk) as actor, refused("no_right"):
        commands.grant(actor, leave, until=make.in_days(60), reason="I say so.")
    owner = make.person(unit=director.unit)
    make.delegation(director, owner)
    leave = asked(owner, director)
    with acting(owner.pk, on_behalf_of=director.pk) as actor, refused("own_exception"):
        commands.grant(actor, leave, until=make.in_days(60), reason="He would.")


def test_the_database_refuses_one_that_its_owner_granted(director: Person) -> None:
    leave = asked(director, director)
    with transaction.atomic(), pytest.raises(IntegrityError, match="exception_granted_by_another"):
        RequirementException.objects.filter(pk=leave.pk).update(state="granted", decided_by=director)


@pytest.mark.parametrize(("days", "code"), [(0, "ends_in_past"), (400, "too_long")])
def test_it_ends_after_today_and_within_a_year(director: Person, days: int, code: str) -> None:
    leave = asked(make.person(unit=director.unit), director)
    with acting(director.pk) as actor, refused(code, field="until"):
        commands.grant(actor, leave, until=make.in_days(days), reason="Why not")


def test_what_was_refused_is_asked_for_anew_with_a_reason_of_today(director: Person) -> None:
    owner = make.holder("unit_head", unit=director.unit)
    leave = asked(owner, director)
    with acting(director.pk) as actor:
        commands.refuse_exception(actor, leave, reason="Buy a new one.")
    with acting(owner.pk) as actor:
        commands.ask_anew(actor, make.fresh(leave), until=make.in_days(30), reason="It was ordered.")
    after = make.fresh(leave)
    assert (after.state, after.reason, after.decision_reason) == (State.ASKED, "It was ordered.", "Buy a new one.")


def test_who_may_only_edit_the_unit_does_not_grant(director: Person) -> None:
    leave = asked(make.person(unit=director.unit), director)
    expert = make.holder("risk_expert", unit=director.unit)
    with acting(expert.pk) as actor, refused("no_right"):
        commands.grant(actor, leave, until=make.in_days(60), reason="Expert says.")
