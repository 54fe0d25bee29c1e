"""Whoever reorganises carries no role of their own to where it reaches more."""

from __future__ import annotations

from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Role, Unit
from tests import factories as make
from tests.refusals import refused

TOLD = "Nobody gives a role to themselves, or to a program that they answer for, or widens it"


def expert(person: Person) -> Role:
    return Role.objects.get(person=person, kind="risk_expert")


@translation.override("en")
def test_a_reorganisation_takes_their_own_roles_along_where_they_reach_no_more_by_it(committed: str) -> None:
    sector, giver = make.sector(), make.holder("access_administrator", unit=make.city())
    led, beside = make.unit(parent=sector), make.unit(parent=sector)
    make.role_of(giver, "risk_expert", unit=led)
    other = make.holder("risk_expert", unit=led)
    with acting(giver.pk) as actor:
        for parts in (f"= {beside.code}\n*\n= Uusi", f"= {beside.code}\n{expert(giver).code}\n= Uusi\n*"):
            with refused("contradiction", TOLD):
                commands.split(actor, led, parts=parts, on=make.in_days(0))
        with refused("contradiction", TOLD):
            commands.merge(actor, led, into=sector, on=make.in_days(0))
        commands.split(actor, led, parts="= Uusi\n*\n= Toinen", on=make.in_days(0))
    new = Unit.objects.get(name_fi="Uusi")
    assert {expert(person).unit_id for person in (giver, other)} == {new.number}
    make.role_of(giver, "risk_expert", unit=sector)
    with acting(giver.pk) as actor:
        commands.merge(actor, new, into=beside, on=make.in_days(9))
    assert expert(other).unit_id == beside.number
