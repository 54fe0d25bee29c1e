"""Whoever may give roles gives none to themselves, nor widens what they hold: at every door, and by raw SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.register import command
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.files.imports import csv_of, planned, reasons
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
TOLD = "Nobody gives a role to themselves"
NEXT_MONTH = make.in_days(30)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def giver() -> Person:
    """Somebody who may give roles in the whole city, and leads a unit until next month."""
    found = make.holder("access_administrator", end=make.in_days(60))
    make.role_of(found, "unit_head", unit=make.unit(), end=NEXT_MONTH)
    return found


def own(giver: Person, kind: str = "unit_head") -> Role:
    return Role.objects.get(person=giver, kind=kind)


def new_role(person: Person, kind: str = "sector_director") -> dict[str, Any]:
    return {"person": person, "kind": make.role_of(make.person(), kind).kind, "unit": make.city()}


def test_they_give_a_role_to_somebody_else_and_not_to_themselves(giver: Person) -> None:
    with acting(giver.pk) as actor:
        made = command.add(REGISTERS["role"], actor, **new_role(make.person()), start=make.in_days(0), end=None)
        assert made.code
        with refused("contradiction", TOLD):
            command.add(REGISTERS["role"], actor, **new_role(giver), start=make.in_days(0), end=None)


@pytest.mark.parametrize(
    "wider", [{"end": None}, {"end": make.in_days(60)}, {"start": date(2019, 1, 1)}, {"unit": None}, {"kind": None}]
)
def test_they_widen_none_of_their_own_roles(giver: Person, wider: dict[str, Any]) -> None:
    given = new_role(giver)
    changed = {name: given.get(name, value) for name, value in wider.items()}
    with acting(giver.pk) as actor, refused("contradiction", TOLD):
        REGISTERS["role"].all_commands["edit"](actor, own(giver), **changed)


def test_they_do_not_take_over_a_role_of_somebody_else(giver: Person) -> None:
    role = make.role_of(make.person(), "sector_director")
    with acting(giver.pk) as actor, refused("contradiction", TOLD):
        REGISTERS["role"].all_commands["edit"](actor, role, person=giver)


def test_they_end_their_own_role_sooner(giver: Person) -> None:
    with acting(giver.pk) as actor:
        REGISTERS["role"].all_commands["edit"](actor, own(giver), end=make.in_days(1))
        commands.end_role(actor, own(giver, "access_administrator"), on=make.in_days(1))
    assert {role.end for role in Role.objects.filter(person=giver)} == {make.in_days(1)}


def test_a_deputy_gives_none_to_themselves_nor_to_whom_they_act_for(giver: Person) -> None:
    director, deputy = make.holder("sector_director", unit=make.sector()), make.person()
    make.delegation(director, deputy)
    new = new_role(deputy, "employee")
    for person in (deputy, director):
        with acting(deputy.pk, on_behalf_of=director.pk) as actor, refused("contradiction", TOLD):
            given = {**new, "person": person, "unit": director.unit}
            command.add(REGISTERS["role"], actor, **given, start=make.in_days(0), end=None)


def test_page_and_api_say_why(giver: Person) -> None:
    client = sign_in(Client(), giver)
    client.cookies["language"] = "en"
    sent = {"person": giver.code, "kind": "city_board", "unit": make.city().code, "start": "2026-01-01"}
    page = client.post("/roles/new/", sent)
    assert page.status_code == 422 and TOLD in page.content.decode()
    program = client.post("/api/roles", sent, content_type="application/json")
    assert program["content-type"] == "application/problem+json"
    assert TOLD in program.content.decode()
    wider = {"end": "2099-01-01", "version": own(giver).version}
    program = client.patch(f"/api/roles/{own(giver).pk}", wider, content_type="application/json")
    assert TOLD in program.content.decode()
    assert Role.objects.filter(person=giver).count() == 2


def test_an_import_says_why_of_its_row(giver: Person) -> None:
    other = make.person()
    lines = [[who.code, "city_board", make.city().code, "2026-01-01"] for who in (giver, other)]
    found = planned(csv_of(["person", "kind", "unit", "start"], *lines), giver, into="roles")
    assert TOLD in reasons(found)[2]
    assert 3 not in reasons(found)


RAW = {
    "insert": "insert into organisation_role (version, person_id, kind_id, unit_id, start, confidentiality)"
    " values (1, %(me)s, 'city_board', %(unit)s, current_date, 1)",
    "longer": 'update organisation_role set "end" = null where person_id = %(me)s',
    "wider": "update organisation_role set unit_id = %(unit)s where person_id = %(me)s and kind_id = 'unit_head'",
    "another kind": "update organisation_role set kind_id = 'city_board' where person_id = %(me)s",
    "another's": "update organisation_role set person_id = %(me)s where person_id <> %(me)s",
    "own last day": 'update organisation_person set "end" = null where id = %(me)s',
}


@pytest.mark.parametrize("how", RAW)
def test_raw_sql_as_the_site_s_role_is_refused_too(giver: Person, how: str) -> None:
    make.role_of(make.person(), "sector_director")
    told = "person_stays_by_another" if how == "own last day" else "role_given_by_another"
    given = {"me": giver.pk, "unit": make.city().number}
    with acting(giver.pk), connection.cursor() as cursor:
        cursor.execute("select set_config('kj.reorganises', 'on', true)")
        with pytest.raises(IntegrityError, match=told), transaction.atomic():
            cursor.execute(RAW[how], given)


def test_nobody_moves_their_own_last_day(giver: Person) -> None:
    edit = REGISTERS["person"].all_commands["edit"]
    with acting(giver.pk) as actor, refused("contradiction", "Nobody moves their own last day"):
        edit(actor, giver, end=make.in_days(90))
    with acting(giver.pk) as actor:
        edit(actor, giver, work_title="Pääkäyttäjä", end=make.in_days(20))


def test_they_move_no_unit_under_what_they_lead(giver: Person) -> None:
    led, moved = Unit.objects.get(number=own(giver).unit_id), make.unit()
    with acting(giver.pk) as actor:
        with refused("contradiction", "the move would widen what it reaches"):
            commands.move(actor, moved, to=led)
        commands.move(actor, moved, to=make.unit())
