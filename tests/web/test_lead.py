"""A record's page leads to the next step, says why, and keeps the rest in its place."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.risks import commands
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    return make.holder("unit_head", unit=make.unit())


def lead(client: Client, record: Any) -> Any:
    client.cookies["language"] = "en"
    return client.get(record.get_absolute_url()).context["lead"]


def step(client: Client, record: Any) -> tuple[str, str]:
    found = lead(client, record)
    return (found.next.name if found.next else ""), found.why


def test_a_risk_leads_from_its_description_to_its_follow_up(client: Client, owner: Person) -> None:
    risk: Risk = make.risk(unit=owner.unit, owner=owner)
    sign_in(client, owner)
    assert step(client, risk) == ("assess", "Assess the risk")
    with acting(owner.pk) as actor:
        commands.assess(actor, risk, likelihood=3, people=3)
    assert step(client, risk) == ("decide", "Decide what is done with the risk")
    with acting(owner.pk) as actor:
        commands.decide(actor, make.fresh(risk), treatment="reduce")
    assert step(client, risk) == ("treat", "Name the action that treats the risk")
    with acting(owner.pk) as actor:
        commands.treat(
            actor, make.fresh(risk), title="Lukko", owner=owner, due=make.in_days(60), expected_effect="Vähemmän",
            cost_eur=0, how_measured="Lasketaan",
        )  # fmt: skip
    verb, why = step(client, risk)
    assert verb == "" and why.startswith("Nothing waits now. Next: Review the risk, ")


def test_what_waits_for_another_is_told_and_not_offered(client: Client, owner: Person) -> None:
    risk = make.assessed_risk(unit=owner.unit, owner=owner, treatment="accept", likelihood=5, impact=5)
    assert step(sign_in(client, owner), risk) == (
        "",
        "Waits for somebody else: Accept the risk, or have it treated",
    )
    chief = make.holder("chief_executive")
    assert step(sign_in(Client(), chief), risk)[0] == "accept"


def test_what_is_late_is_said_with_its_day(client: Client, owner: Person) -> None:
    risk = make.assessed_risk(unit=owner.unit, owner=owner, treatment="reduce", review=make.in_days(-5))
    action = make.action(unit=owner.unit, owner=owner)
    make.link("treats", action, risk)
    found = lead(sign_in(client, owner), risk)
    assert found.next.name == "confirm" and found.is_late and found.why.startswith("Review the risk, ")


def test_every_verb_stands_once_and_one_alone_is_primary(client: Client, owner: Person) -> None:
    risk = make.assessed_risk(unit=owner.unit, owner=owner)
    client.cookies["language"] = "en"
    response = sign_in(client, owner).get(risk.get_absolute_url())
    found, page = response.context["lead"], response.content.decode()
    names = [verb.name for verb in [found.next, *found.beside, *found.more]]
    assert len(names) == len(set(names)) and "edit" in [verb.name for verb in found.beside]
    assert page.count("hds-button--primary") == 1
    assert all(page.count(f'/risks/{risk.pk}/do/{name}/"') >= 1 for name in names if name != "edit")
    # Opened by the browser alone, in the order of the keyboard.
    assert page.index("kj-next") < page.index("hds-button--primary") < page.index('<details class="kj-others"')


def test_a_record_with_few_verbs_has_no_menu(client: Client, owner: Person) -> None:
    signal = make.signal(unit=owner.unit, owner=owner)
    found = lead(sign_in(client, owner), signal)
    assert found.next.name == "handle" and not found.more


def test_a_closed_risk_leads_nowhere(client: Client, owner: Person) -> None:
    risk = make.risk(unit=owner.unit, owner=owner, state="closed")
    found = lead(sign_in(client, owner), risk)
    assert (found.next, found.why) == (None, "")


def test_the_side_panel_of_a_list_leads_too(client: Client, owner: Person) -> None:
    risk = make.risk(unit=owner.unit, owner=owner)
    client.cookies["language"] = "en"
    page = sign_in(client, owner).get(f"/risks/?show={risk.pk}").content.decode()
    assert "Assess the risk" in page
