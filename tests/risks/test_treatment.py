"""An assessed risk waits for its owner until it is decided what is done, and until an action does it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.organisation.models import Person
from kivijalka.risks.models import Risk
from tests import factories as make

pytestmark = pytest.mark.django_db
DECIDE, ACT = "Päätä, mitä riskille tehdään", "Nimeä toimenpide, jolla riskiä käsitellään"


def asked_of(owner: Person, risk: Risk) -> set[str]:
    with acting(owner.pk) as actor:
        found = desk(actor, timezone.localdate())
        return {str(task.question) for task in [*found.now, *found.later] if task.record.pk == risk.pk} & {DECIDE, ACT}


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
