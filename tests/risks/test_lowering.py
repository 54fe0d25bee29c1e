"""Assessing the current risk one sees from what one lowers it, and what the evidence will be."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.ties import join
from kivijalka.risks import commands, rules
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db
LOWER = {"likelihood": 2, "people": 2, "stage": "current"}


@pytest.fixture
def owner() -> Person:
    return make.holder("unit_head", unit=make.unit())


@pytest.fixture
def risk(owner: Person) -> Risk:
    """Severe and likely before controls; nobody has said yet how it stands now."""
    made = make.risk(unit=owner.unit, owner=owner)
    with acting(owner.pk) as actor:
        commands.assess(actor, made, likelihood=4, people=4, stage="inherent")
    return make.fresh(made)


def rests_on(owner: Person, risk: Risk, title: str, result: str = "") -> None:
    tested = {"result": result, "tested_on": make.in_days(-9)} if result else {}
    control = make.control(title, unit=owner.unit, owner=owner, **tested)
    with acting(owner.pk):
        join("rests_on", risk, control)


def told(client: Client, risk: Risk, **answers: Any) -> str:
    """What stands beside the form, asked by a script while one answers."""
    return client.get(f"/risks/{risk.pk}/do/assess/", answers, headers={"hx-request": "true"}).content.decode()


def test_the_form_shows_the_inherent_level_and_what_the_risk_rests_on_without_a_script(
    client: Client, owner: Person, risk: Risk
) -> None:
    rests_on(owner, risk, "Lukitut ovet", "works")
    rests_on(owner, risk, "Vartija")
    client.cookies["language"] = "en"
    page = sign_in(client, owner).get(f"/risks/{risk.pk}/do/assess/").content.decode()
    assert "Inherent risk" in page and "4 likely" in page and "4 severe (people 4)" in page
    assert "Lukitut ovet" in page and "Vartija" in page and "never tested" in page
    # Nothing is said of evidence before there are answers.
    assert "By these answers" not in page
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/risks/{risk.pk}/do/assess/")
    assert len([one for one in asked if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]) <= 12


@pytest.mark.parametrize(
    ("results", "answers", "evidence"),
    [
        ([], LOWER, "claimed"),
        ([""], LOWER, "claimed"),
        (["", "works"], LOWER, "confirmed"),
        (["failed", "works"], LOWER, "unconfirmed"),
        (["works"], {**LOWER, "likelihood": 4, "people": 4}, ""),
        (["failed"], {**LOWER, "likelihood": 5, "people": 5}, "unconfirmed"),
    ],
)
def test_what_is_told_beforehand_is_what_the_database_judges(
    client: Client, owner: Person, risk: Risk, results: list[str], answers: dict[str, Any], evidence: str
) -> None:
    for number, result in enumerate(results):
        rests_on(owner, risk, f"Keino {number}", result)
    client.cookies["language"] = "en"
    before = told(sign_in(client, owner), risk, **answers)
    words = {"claimed": "claimed", "confirmed": "shown by a test", "unconfirmed": "unconfirmed"}
    assert (f"By these answers the level is “{words[evidence]}”" in before) if evidence else "By these" not in before
    with acting(owner.pk) as actor:
        commands.assess(actor, make.fresh(risk), **answers)
    assert make.fresh(risk).evidence == evidence


def test_nothing_lowered_needs_no_evidence() -> None:
    assert rules.evidence(None, (1, 1), []) == ""
    assert rules.evidence((3, 3), (3, 3), ["works"]) == ""
    assert rules.evidence((3, 3), (3, 2), []) == "claimed"


def test_who_has_not_assessed_the_inherent_risk_is_told_to_and_led_to_name_a_control(
    client: Client, owner: Person
) -> None:
    bare = make.risk(unit=owner.unit, owner=owner)
    client.cookies["language"] = "en"
    page = told(sign_in(client, owner), bare, **LOWER)
    assert "has not been assessed. Assess it first" in page
    assert f"/risks/{bare.pk}/do/name_control/" in page
    assert "before controls" not in told(client, bare, **{**LOWER, "stage": "inherent"})


def test_a_control_out_of_the_reader_s_sight_is_not_named(client: Client, owner: Person, risk: Risk) -> None:
    hidden = make.control("Salainen keino", confidentiality=3)
    make.link("rests_on", risk, hidden)
    assert "Salainen keino" not in told(sign_in(client, owner), risk, **LOWER)
