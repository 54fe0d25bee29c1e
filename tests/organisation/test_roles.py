"""Roles: held at a unit for a time, reaching down the tree, while the person works here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Role
from kivijalka.register import command
from kivijalka.register.models import Confidentiality
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def seen_by(person: Person) -> set[Risk]:
    with acting(person.pk):
        return set(Risk.objects.seen())


def test_a_role_reaches_units_that_are_added_below_later() -> None:
    sector = make.sector()
    make.unit(parent=make.sector())
    head = make.holder(unit=sector)
    assert seen_by(head) == set()
    added = make.risk(unit=make.unit(parent=sector))
    assert seen_by(head) == {added}


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("employee", Confidentiality.INTERNAL),
        ("unit_head", Confidentiality.CONFIDENTIAL),
        ("sector_director", Confidentiality.SECRET),
    ],
)
def test_a_role_sees_up_to_its_level_of_confidentiality(kind: str, most: Confidentiality) -> None:
    risks = {level: make.risk(confidentiality=level) for level in Confidentiality}
    assert seen_by(make.holder(kind)) == {risk for level, risk in risks.items() if level <= most}


@pytest.mark.parametrize(
    "term",
    [{"start": make.in_days(2)}, {"end": make.in_days(-2)}],
    ids=["not begun", "ended"],
)
def test_a_role_reaches_only_while_it_is_in_force(term: dict[str, Any]) -> None:
    person = make.person()
    make.role_of(person, **term)
    make.risk()
    assert seen_by(person) == set()


def test_someone_who_left_has_no_reach_not_even_to_their_own_risks() -> None:
    person = make.holder(end=make.in_days(-2))
    make.risk(owner=person)
    assert seen_by(person) == set()


def test_someone_without_any_role_sees_their_own_risks_only() -> None:
    person = make.person()
    make.risk()
    own = make.risk(owner=person, confidentiality=Confidentiality.SECRET)
    assert seen_by(person) == {own}


def test_everybody_sees_their_own_roles() -> None:
    person = make.holder("partner_member", unit=make.unit())
    elsewhere = make.role_of(person, "employee", unit=make.unit(), confidentiality=Confidentiality.SECRET)
    with acting(person.pk):
        assert elsewhere in set(Role.objects.seen())


def test_two_roles_of_a_kind_do_not_overlap_at_a_unit() -> None:
    administrator, person, unit = make.holder("access_administrator"), make.person(), make.unit()
    make.role_of(person, "employee", unit=unit, start=make.in_days(-10), end=make.in_days(10))
    role = {"person": person, "kind": make.role_of(make.person(), "employee").kind, "unit": unit}
    with acting(administrator.pk) as actor:
        with refused("invalid", "holds the role at this unit during that time already"):
            command.add(REGISTERS["role"], actor, **role, start=make.in_days(10), end=None)
        command.add(REGISTERS["role"], actor, **role, start=make.in_days(11), end=None)


def test_the_database_too_refuses_overlapping_roles_with_the_declared_words() -> None:
    person = make.person()
    make.role_of(person, "employee")
    with refused("contradiction", "End the earlier one first"):
        command.translated(lambda: make.role_of(person, "employee"))


@pytest.mark.parametrize("key", ["person", "role"])
def test_nothing_ends_before_it_starts(key: str) -> None:
    register, row = REGISTERS[key], make.role_of(make.person())
    record = row if key == "role" else row.person
    administrator = make.holder("access_administrator")
    with acting(administrator.pk) as actor, refused("invalid", "The end is before the start"):
        register.all_commands["edit"](actor, record, start=make.in_days(0), end=make.in_days(-1))


def test_the_day_of_ending_a_role_is_not_before_its_start() -> None:
    administrator, role = make.holder("access_administrator"), make.role_of(make.person(), start=make.in_days(0))
    with acting(administrator.pk) as actor, refused("ends_before_start", field="on"):
        commands.end_role(actor, role, on=make.in_days(-1))


def test_an_ended_role_reaches_no_more() -> None:
    administrator, person = make.holder("access_administrator"), make.person()
    role = make.role_of(person, start=make.in_days(-30))
    risk = make.risk()
    assert seen_by(person) == {risk}
    with acting(administrator.pk) as actor:
        commands.end_role(actor, role, on=make.in_days(-2))
    assert seen_by(person) == set()


def test_nobody_gives_themselves_a_role() -> None:
    head = make.holder()
    kind = make.role_of(make.person(), "sector_director").kind
    with acting(head.pk) as actor, refused("no_right"):
        command.add(REGISTERS["role"], actor, person=head, kind=kind, unit=make.city(), start=make.LONG_AGO, end=None)
