"""Verbs of units: rename, move, merge, end. Whatever happens to a unit, its records keep their place and history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Unit
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


@pytest.fixture
def administrator() -> Person:
    return make.holder("access_administrator", unit=make.city())


def test_a_unit_is_added_below_another(administrator: Person) -> None:
    sector = make.sector()
    with acting(administrator.pk) as actor:
        made = command.add(
            REGISTERS["unit"],
            actor,
            kind="unit",
            parent=sector,
            name_fi="Uusi",
            name_sv="",
            name_en="",
            start=make.LONG_AGO,
        )
        assert make.fresh(made).number in commands.numbers_below(sector.number)


def test_a_unit_is_added_only_below_units_that_one_reorganises() -> None:
    here, elsewhere = make.sector(), make.sector()
    administrator = make.holder("access_administrator", unit=here)
    with acting(administrator.pk) as actor, refused("no_right"):
        command.add(
            REGISTERS["unit"],
            actor,
            kind="unit",
            parent=elsewhere,
            name_fi="Uusi",
            name_sv="",
            name_en="",
            start=make.LONG_AGO,
        )


def test_a_rename_keeps_the_old_name_in_history(administrator: Person) -> None:
    unit = make.unit("Vanha nimi")
    with acting(administrator.pk) as actor:
        commands.rename(actor, unit, name_fi="Uusi nimi")
        with connection.cursor() as cursor:
            cursor.execute("select name_fi from history.organisation_unit where id = %s order by version", [unit.pk])
            assert [row[0] for row in cursor.fetchall()] == ["Vanha nimi", "Uusi nimi"]


def test_a_merge_hands_over_everything_also_what_one_may_not_see(administrator: Person) -> None:
    ending, staying = make.unit(), make.unit()
    below, worker = make.unit(parent=ending), make.person(unit=ending)
    role = make.role_of(worker)
    secret = make.risk(unit=ending, confidentiality=Confidentiality.SECRET)
    action = make.action(unit=ending)
    with acting(administrator.pk) as actor:
        assert not Risk.objects.filter(pk=secret.pk).exists()
        commands.merge(actor, ending, into=staying, on=make.in_days(0))
    assert {make.fresh(row).unit_id for row in (worker, role, secret, action)} == {staying.number}
    assert make.fresh(below).parent_id == staying.number
    assert make.fresh(ending).end == make.in_days(0)


def test_a_merge_is_refused_where_one_does_not_reorganise_both_units() -> None:
    here = make.sector()
    ending, foreign = make.unit(parent=here), make.unit(parent=make.sector())
    risk = make.risk(unit=ending)
    administrator = make.holder("access_administrator", unit=here)
    with acting(administrator.pk) as actor, refused("no_right"):
        commands.merge(actor, ending, into=foreign, on=make.in_days(0))
    assert make.fresh(risk).unit_id == ending.number
    assert make.fresh(ending).end is None


def test_the_roles_of_a_unit_end_with_it(administrator: Person) -> None:
    unit = make.unit()
    role = make.role_of(make.person(unit=unit))
    with acting(administrator.pk) as actor:
        commands.end_unit(actor, unit, on=make.in_days(-1))
    assert make.fresh(role).end == make.in_days(-1)


def test_a_unit_does_not_end_before_its_start(administrator: Person) -> None:
    unit = make.unit(start=make.in_days(0))
    with acting(administrator.pk) as actor, refused("ends_before_start", "Choose a later end", field="on"):
        commands.end_unit(actor, unit, on=make.in_days(-1))


def test_the_topmost_unit_stays(administrator: Person) -> None:
    with acting(administrator.pk) as actor, refused("state"):
        commands.end_unit(actor, make.city(), on=make.in_days(0))


def test_a_unit_that_has_ended_is_not_ended_again(administrator: Person) -> None:
    unit = make.unit(end=make.in_days(-10))
    with acting(administrator.pk) as actor, refused("state", "present state"):
        commands.end_unit(actor, unit, on=make.in_days(0))


def test_a_head_of_unit_does_not_reorganise() -> None:
    unit = make.unit()
    head = make.holder(unit=unit)
    with acting(head.pk) as actor, refused("no_right"):
        commands.rename(actor, unit, name_fi="Minun yksikköni")


def test_there_is_one_topmost_unit() -> None:
    make.city()
    with refused("contradiction", "There is a topmost unit already"):
        command.translated(lambda: Unit.objects.create(kind="group", name_fi="Toinen", start=make.LONG_AGO))
