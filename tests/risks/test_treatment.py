"""An assessed risk waits for its owner until it is decided what is done, and until an action does it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.organisation.models import Person, Role
from kivijalka.risks.models import Risk
from tests import factories as make

pytestmark = pytest.mark.django_db
DECIDE, ACT = "Päätä, mitä riskille tehdään", "Nimeä toimenpide, jolla riskiä käsitellään"
ACCEPT = "Hyväksy riski tai päätä sen käsittelystä"


def asked_of(person: Person, risk: Risk) -> set[str]:
    with acting(person.pk) as actor:
        found = desk(actor, timezone.localdate())
        return {str(task.question) for task in [*found.now, *found.later] if task.record.pk == risk.pk} & {
            DECIDE,
            ACT,
            ACCEPT,
        }


def test_what_is_to_be_treated_waits_until_an_action_does_it() -> None:
    owner = make.holder()
    risk = make.assessed_risk(unit=owner.unit, owner=owner)
    assert asked_of(owner, risk) == {DECIDE}
    Risk.objects.filter(pk=risk.pk).update(treatment="reduce")
    assert asked_of(owner, risk) == {ACT}
    tie = make.link("treats", make.action(unit=owner.unit), risk)
    assert asked_of(owner, risk) == set()
    tie.until = timezone.now()
    tie.save()
    assert asked_of(owner, risk) == {ACT}


@pytest.mark.parametrize("treatment", ["accept", ""])
def test_what_is_to_be_accepted_needs_no_action(treatment: str) -> None:
    owner = make.holder()
    risk = make.assessed_risk(unit=owner.unit, owner=owner)
    Risk.objects.filter(pk=risk.pk).update(treatment=treatment)
    assert ACT not in asked_of(owner, risk)


def test_the_nearest_with_the_authority_is_asked_to_accept_and_never_the_owner() -> None:
    home = make.unit(parent=make.unit(parent=make.sector()))
    head, other = make.holder("unit_head", unit=home), make.holder("unit_head", unit=home)
    above = make.holder("service_entity_head", unit=home.parent)
    risk = make.assessed_risk(unit=home, owner=head, likelihood=1, impact=1, treatment="accept")
    assert [asked_of(person, risk) for person in (head, other, above)] == [set(), {ACCEPT}, set()]
    Role.objects.filter(person=other).update(start=make.in_days(-9), end=make.in_days(-1))
    assert [asked_of(person, risk) for person in (head, other, above)] == [set(), set(), {ACCEPT}]


def test_a_level_above_the_head_goes_past_them_to_whom_it_is_for() -> None:
    home = make.unit(parent=make.unit(parent=make.sector()))
    head, director = make.holder("unit_head", unit=home), make.holder("sector_director", unit=home.parent.parent)
    risk = make.assessed_risk(unit=home, likelihood=3, impact=4, treatment="accept")
    assert [asked_of(person, risk) for person in (head, director)] == [set(), {ACCEPT}]
