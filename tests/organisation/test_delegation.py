"""During an absence a deputy acts with the absent person's roles, and the history says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection

from kivijalka.access import acting
from kivijalka.organisation.models import Delegation, Person
from kivijalka.organisation.queries import delegations_in_force
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> Person:
    return make.holder(unit=make.sector())


@pytest.fixture
def deputy() -> Person:
    return make.holder("employee", unit=make.sector())


def seen(person: Person, *, on_behalf_of: Person) -> set[Risk]:
    with acting(person.pk, on_behalf_of=on_behalf_of.pk):
        return set(Risk.objects.seen())


def test_a_deputy_sees_what_the_absent_person_owns(head: Person, deputy: Person) -> None:
    owned = make.risk(unit=make.sector(), owner=head, confidentiality=3)
    make.delegation(head, deputy)
    assert seen(deputy, on_behalf_of=head) == {owned}


@pytest.mark.parametrize(
    "term",
    [{"start": make.in_days(2), "end": make.in_days(9)}, {"start": make.in_days(-9), "end": make.in_days(-2)}],
    ids=["not begun", "over"],
)
def test_a_delegation_gives_nothing_out_of_its_time(head: Person, deputy: Person, term: dict[str, Any]) -> None:
    make.risk(unit=head.unit)
    make.risk(owner=deputy)
    make.delegation(head, deputy, **term)
    assert seen(deputy, on_behalf_of=head) == set()


def test_nobody_acts_for_another_without_a_delegation(head: Person, deputy: Person) -> None:
    make.risk(unit=head.unit)
    make.delegation(head, make.person())
    assert seen(deputy, on_behalf_of=head) == set()


def test_a_deputy_who_left_acts_for_nobody(head: Person) -> None:
    gone = make.person(end=make.in_days(-2))
    make.risk(unit=head.unit)
    make.delegation(head, gone)
    assert seen(gone, on_behalf_of=head) == set()


def test_a_delegation_is_not_handed_on(head: Person, deputy: Person) -> None:
    third = make.person()
    make.risk(unit=head.unit)
    make.delegation(head, deputy)
    make.delegation(deputy, third)
    assert seen(third, on_behalf_of=head) == set()


def test_the_history_tells_who_acted_and_for_whom(head: Person, deputy: Person) -> None:
    risk = make.risk(unit=head.unit)
    make.delegation(head, deputy)
    with acting(deputy.pk, on_behalf_of=head.pk, door="api") as actor:
        REGISTERS["risk"].all_commands["edit"](actor, risk, title="Sijaisen sanoin")
        with connection.cursor() as cursor:
            cursor.execute(
                "select kept_by, kept_for, kept_door, kept_command from history.risks_risk where id = %s and version = 2",
                [risk.pk],
            )
            assert cursor.fetchone() == (deputy.pk, head.pk, "api", "edit")


def test_nobody_delegates_for_another(head: Person, deputy: Person) -> None:
    with acting(deputy.pk), pytest.raises(Exception, match="row-level security"):
        make.delegation(head, deputy)


def test_a_delegation_is_seen_by_the_two_it_concerns(head: Person, deputy: Person) -> None:
    made = make.delegation(head, deputy)
    for person, expected in ((head, {made}), (deputy, {made}), (make.holder("auditor"), set())):
        with acting(person.pk):
            assert set(Delegation.objects.seen()) == expected
    with acting(deputy.pk):
        assert list(delegations_in_force(deputy.pk, make.in_days(0))) == [made]


def test_one_is_not_ones_own_deputy(head: Person) -> None:
    with pytest.raises(IntegrityError, match="delegation_to_another"):
        make.delegation(head, head)


def test_a_deputy_who_owns_the_risk_does_not_accept_it_for_the_head(head: Person, deputy: Person) -> None:
    risk = make.assessed_risk(unit=head.unit, owner=deputy)
    make.delegation(head, deputy)
    with acting(deputy.pk, on_behalf_of=head.pk) as actor, refused("own_risk"):
        REGISTERS["risk"].all_commands["accept"](actor, risk, reason="Ei rahaa", until=make.in_days(30))
