"""The story of a record tells what happened to it and to what it was linked to, while it was; and what people said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from kivijalka.access import acting
from kivijalka.actions import commands as actions
from kivijalka.actions.models import Action
from kivijalka.controls import commands as controls
from kivijalka.organisation.models import Person, Unit
from kivijalka.register import discussion
from kivijalka.register.doors.history import Version
from kivijalka.register.models import Link
from kivijalka.register.ties import join
from kivijalka.risks import commands as risks
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Unit:
    return make.unit("School", parent=make.sector())


@pytest.fixture
def head(school: Unit) -> Person:
    return make.holder("unit_head", unit=school)


def told(client: Client, who: Person, record: Any) -> list[str]:
    """The entries of the story in words, the latest first."""
    sign_in(client, who)
    client.cookies["language"] = "en"
    versions = client.get(f"{record.get_absolute_url()}story/").context["versions"]
    with translation.override("en"):
        return [_words(version) for version in versions]


def _words(version: Version) -> str:
    return " ".join(
        [str(version.command), str(version.other or ""), version.by, version.text]
        + [f"{change.before} {change.after}" for change in version.changes]
        + [cell.text for event in version.events for cell in event.cells]
    )


def says(entries: list[str], *words: str) -> bool:
    return any(all(word in entry for word in words) for entry in entries)


def treated(head: Person, risk: Risk) -> Action:
    with acting(head.pk) as actor:
        action: Action = risks.treat(
            actor, risk, title="Mend the roof", owner=head, due=make.in_days(5), cost_eur=1000,
            expected_effect="No leaks", how_measured="Leaks in a month",
        )  # fmt: skip
        actions.complete(actor, action)
        actions.measure_effect(actor, action, result="no_effect", measured_effect="It leaks still")
    return action


def test_it_tells_of_the_action_that_treats_a_risk_from_its_making_to_its_effect(
    school: Unit, head: Person, client: Client
) -> None:
    risk = make.risk("Leak", unit=school)
    action = treated(head, risk)
    entries = told(client, head, risk)
    assert says(entries, "Added", action.code)
    assert says(entries, "Mark as done", action.code, "done")
    assert says(entries, "Record the measured effect", "It leaks still")


def test_a_failed_test_of_its_control_is_told_but_not_what_was_before_they_were_linked(
    school: Unit, head: Person, client: Client
) -> None:
    risk, control = make.assessed_risk(unit=school), make.control("Alarm", unit=school)
    with acting(head.pk) as actor:
        controls.record_test(actor, control, result="works", evidence="Rang")
    made = make.link("rests_on", risk, control)
    Link.objects.filter(pk=made.pk).update(since=timezone.now() + timedelta(minutes=10))
    entries = told(client, head, risk)
    assert says(entries, "is kept at its level by", "Alarm") and not says(entries, "Record a test")
    Link.objects.filter(pk=made.pk).update(since=timezone.now() - timedelta(minutes=10))
    with acting(head.pk) as actor:
        controls.record_test(actor, control, result="failed", evidence="Silent")
    assert says(told(client, head, risk), "Record a test", "Alarm", "does not work")


def test_what_happened_after_a_link_was_ended_is_not_told(school: Unit, head: Person, client: Client) -> None:
    risk, control = make.risk(unit=school), make.control("Alarm", unit=school)
    made = make.link("rests_on", risk, control)
    Link.objects.filter(pk=made.pk).update(
        since=timezone.now() - timedelta(hours=2), until=timezone.now() - timedelta(hours=1)
    )
    with acting(head.pk) as actor:
        controls.record_test(actor, control, result="failed", evidence="Silent")
    entries = told(client, head, risk)
    assert says(entries, "The link was ended", "Alarm") and not says(entries, "Record a test")


def test_its_own_assessments_and_what_was_said_stand_among_the_rest(school: Unit, head: Person, client: Client) -> None:
    risk = make.risk("Leak", unit=school)
    with acting(head.pk) as actor:
        risks.assess(actor, risk, likelihood=5, people=5, note="It rains")
        discussion.say(actor, risk, "Who <mends> it?")
    entries = told(client, head, risk)
    assert says(entries, "Assess", "It rains", "critical")
    assert says(entries, "Comment", "Who <mends> it?", str(head))


def test_what_its_reader_does_not_see_is_not_told(school: Unit, head: Person, client: Client) -> None:
    risk, elsewhere = make.risk(unit=school), make.unit("Harbour")
    make.link("may_cause", make.risk("Hidden storm", unit=elsewhere), risk)
    assert not says(told(client, head, risk), "Hidden storm")


def test_it_is_told_of_every_register_from_both_ends(school: Unit, head: Person, client: Client) -> None:
    risk, action = make.risk("Leak", unit=school), make.action(unit=school)
    with acting(head.pk) as actor:
        join("treats", action, risk)
        risks.assess(actor, risk, likelihood=5, people=5)
    assert says(told(client, head, action), "Assess", "Leak", "critical")


def test_the_past_knows_nothing_of_what_came_later(school: Unit, head: Person, client: Client) -> None:
    risk = make.risk("Leak", unit=school)
    treated(head, risk)
    address = f"{risk.get_absolute_url()}story/"
    sign_in(client, head)
    assert client.get(address, {"as_of": str(make.in_days(-1))}).status_code == 404
