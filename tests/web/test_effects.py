"""What actions were expected to change and what was measured: counted by unit, each number its list, and one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.organisation.below import tree_at
from kivijalka.organisation.models import Person, Unit
from kivijalka.reports.effects import Effects, effects, measured
from kivijalka.reports.views import rows_at
from kivijalka.risks.models import Assessment
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector("Education")


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


def fill(sector: Unit) -> Unit:
    """A school with one action of each kind, and a done one at the sector itself and elsewhere."""
    school, day = make.unit("School", parent=sector), make.in_days(-10)
    done = {"state": "done", "completed_on": day}
    make.action(unit=school)
    make.action(unit=school, state="cancelled")
    make.action(unit=school, **done, effect_due=make.in_days(30))
    make.action(unit=school, **done)
    make.action(unit=school, **{**done, "state": "no_effect"}, effect_measured_on=make.in_days(-1))
    make.action(unit=school, **{**done, "state": "effect_confirmed"}, effect_measured_on=make.in_days(-1))
    make.action(unit=sector, **done)
    make.action(unit=make.sector("Elsewhere"), **done)
    return school


def test_actions_are_counted_by_unit(sector: Unit, director: Person) -> None:
    school = fill(sector)
    with acting(director.pk) as actor:
        tree = tree_at(actor, sector, "action.view")
        itself, of_school, total = effects(rows_at(Action, None), tree, timezone.localdate())
    assert (itself.is_itself, itself.figures) == (True, Effects(1, 1, 0, 0))
    assert (of_school.unit, of_school.figures) == (school, Effects(done=4, asked=3, measured=2, reached=1))
    assert (total.is_total, total.figures) == (True, Effects(5, 4, 2, 1))


def test_each_number_opens_a_list_of_as_many(sector: Unit, director: Person, client: Client) -> None:
    fill(sector)
    sign_in(client, director)
    page = client.get("/situation/effects/", {"unit": sector.code}).content.decode()
    opened = re.findall(r'<a href="(/actions/\?[^"]*)">(\d+)<', page)
    assert len(opened) == 10
    for address, count in opened:
        assert client.get(unescape(address)).context["page"].total == int(count), address


def test_the_class_before_that_aimed_at_and_that_since_stand_side_by_side(sector: Unit, director: Person) -> None:
    risk = make.assessed_risk("Fire", unit=sector, likelihood=4, impact=4)
    first = risk.assessments.get()
    Assessment.objects.update(at=timezone.now() - timedelta(days=60))
    for stage, likelihood, impact, ago in (("target", 1, 1, 50), ("current", 3, 3, 5), ("inherent", 5, 5, 4)):
        first.pk, first.stage, first.likelihood, first.impact = None, stage, likelihood, impact
        first.level = first.policy_version.scales.level(likelihood, impact)
        first.at = timezone.now() - timedelta(days=ago)
        first.save(force_insert=True)
    given = {"state": "effect_confirmed", "completed_on": make.in_days(-20), "effect_measured_on": make.in_days(-2)}
    action = make.action(unit=sector, **given)
    make.link("treats", action, risk)
    make.link("treats", action, make.risk(unit=make.sector("Elsewhere")))
    with acting(director.pk):
        [one] = measured(rows_at(Action, None))
    [step], scales = one.steps, first.policy_version.scales
    badges = [found and found.badge for found in step.classes]
    assert badges == [scales.level(4, 4), scales.level(1, 1), scales.level(3, 3)]


def test_without_an_action_done_the_page_says_what_will_stand_there(director: Person, client: Client) -> None:
    sign_in(client, director)
    client.cookies["language"] = "en"
    assert "No action is done yet." in client.get("/situation/effects/").content.decode()
