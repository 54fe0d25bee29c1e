"""A finding is followed until who raised it agrees."""

from __future__ import annotations

from typing import Any

import pytest

from kivijalka.access import acting
from kivijalka.findings import commands
from kivijalka.findings.models import Finding
from kivijalka.organisation.models import Person
from kivijalka.register.models import Link
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db
State = Finding.State


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


@pytest.fixture
def auditor() -> Person:
    return make.holder("auditor", unit=make.city())


def finding(head: Person, auditor: Person, **given: Any) -> Finding:
    given = {"title": "Keys are not listed", "raised_on": make.in_days(-9), "due": make.in_days(30), **given}
    return make.fresh(Finding.objects.create(unit=head.unit, owner=head, raised_by=auditor, **given))


def test_who_raised_it_closes_it_when_they_agree(head: Person, auditor: Person) -> None:
    found = finding(head, auditor)
    with acting(head.pk) as actor:
        commands.remedy(actor, found, remedy="Every key is listed.")
    with acting(auditor.pk) as actor:
        commands.close(actor, found, answer="Seen on the spot.")
    after = make.fresh(found)
    assert (after.state, after.remedy, after.answer) == (State.CLOSED, "Every key is listed.", "Seen on the spot.")
    assert after.closed_on == make.in_days(0)


def test_the_owner_does_not_close_it_however_high_their_role(head: Person, auditor: Person) -> None:
    found = finding(head, auditor, state="remedied")
    for person in (head, make.holder("chief_executive")):
        with acting(person.pk) as actor, refused("no_right"):
            commands.close(actor, found)


def test_who_does_not_agree_sends_it_back_and_says_what_is_lacking(head: Person, auditor: Person) -> None:
    found = finding(head, auditor, state="remedied")
    with acting(auditor.pk) as actor:
        commands.send_back(actor, found, answer="Two keys are not on the list.")
    after = make.fresh(found)
    assert (after.state, after.answer) == (State.OPEN, "Two keys are not on the list.")


def test_it_is_not_closed_before_it_is_remedied(head: Person, auditor: Person) -> None:
    found = finding(head, auditor)
    with acting(auditor.pk) as actor, refused("state"):
        commands.close(actor, found)


def test_an_action_treats_a_finding_as_it_does_a_risk(head: Person, auditor: Person) -> None:
    found = finding(head, auditor)
    with acting(head.pk) as actor:
        action = commands.treat_finding(
            actor, found, title="List the keys", owner=head, due=make.in_days(20), cost_eur=0,
            expected_effect="Each key has a holder.", how_measured="Sample of ten keys.",
        )  # fmt: skip
    link = Link.objects.get(a=action.pk)
    assert (link.kind, link.b_id, link.b_register) == ("treats", found.pk, "finding")


def test_who_raised_it_sees_it_wherever_it_stands(head: Person) -> None:
    stranger = make.person(unit=make.sector())
    found = finding(head, stranger)
    with acting(stranger.pk):
        assert list(Finding.objects.seen()) == [found]
