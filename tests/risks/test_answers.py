"""Controllability and adequacy of present controls: the answers are the policy's, and keep its words."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.policy.models import PolicyVersion, example_content
from kivijalka.policy.reading import read_scales
from kivijalka.risks import commands
from kivijalka.risks.models import Risk
from kivijalka.risks.policy_change import answers_changed, answers_under
from kivijalka.risks.registers import risks
from tests import factories as make
from tests.files.imports import csv_of, imported, planned, reasons
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
OURS = {"key": "ours", "order": 1, "name": {"en": "our own hands", "fi": "omissa käsissä", "sv": "i egna händer"}}
FATE = {"key": "fate", "order": 2, "name": {"en": "nobody's", "fi": "ei kenenkään", "sv": "ingens"}}


def content(**changed: Any) -> dict[str, Any]:
    found = deepcopy(example_content()) | changed
    return {key: value for key, value in found.items() if value is not None}


def in_force(**changed: Any) -> PolicyVersion:
    """From today on another policy, with these scales; the one of the factory came before it."""
    make.city()
    return make.policy(state="in_force", valid_from=make.in_days(0), content=content(**changed), confidentiality=0)


@pytest.fixture
def owner() -> Person:
    return make.holder("unit_head", unit=make.unit())


def risk_of(owner: Person, **given: Any) -> Risk:
    return make.risk(unit=owner.unit, owner=owner, **given)


def told(client: Client, risk: Risk, language: str = "fi") -> str:
    client.cookies["language"] = language
    return client.get(f"/risks/{risk.pk}/").content.decode()


def edited(client: Client, risk: Risk, **answers: str) -> Any:
    form = client.get(f"/risks/{risk.pk}/edit/").context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    values = {name: getattr(value, "code", value) for name, value in values.items()}
    version = make.fresh(risk).version
    return client.post(f"/risks/{risk.pk}/edit/", {**values, "version": version, **answers})


def test_the_form_asks_what_the_policy_in_force_names_in_the_readers_language(client: Client, owner: Person) -> None:
    risk = risk_of(owner)
    in_force(controllability=[FATE, OURS])
    sign_in(client, owner)
    for language, first, second in (
        ("fi", "omissa käsissä", "ei kenenkään"),
        ("sv", "i egna händer", "ingens"),
        ("en", "our own hands", "nobody's"),
    ):
        client.cookies["language"] = language
        page = client.get(f"/risks/{risk.pk}/edit/").content.decode()
        select = page.partition('name="controllability"')[2].partition("</select>")[0]
        # In the order that the policy gives them.
        assert [unescape(word) for word in re.findall(r"<option[^>]*>([^<]*)<", select)] == ["–", first, second]


def test_an_answer_keeps_the_words_of_the_policy_that_it_was_given_under(client: Client, owner: Person) -> None:
    risk = risk_of(owner, controllability="own")
    before = make.fresh(risk).controllability_under
    other = deepcopy(example_content()["controllability"])
    other[0]["name"] = {"en": "within our power", "fi": "vallassamme", "sv": "i vår makt"}
    after = in_force(controllability=other)
    sign_in(client, owner)
    assert "hallitsemme itse" in told(client, risk) and "vallassamme" not in told(client, risk)
    assert "vi styr själva" in told(client, risk, "sv") and "we control it ourselves" in told(client, risk, "en")
    # Something else is changed, and the answer sent along as it was.
    assert edited(client, risk, title="Toinen").status_code == 302
    assert make.fresh(risk).controllability_under == before
    assert edited(client, risk, controllability="city").status_code == 302
    assert edited(client, risk, controllability="own").status_code == 302
    assert make.fresh(risk).controllability_under == after.pk
    assert "vallassamme" in told(client, risk)


def test_an_answer_that_is_no_longer_asked_stays_until_another_is_given(client: Client, owner: Person) -> None:
    risk, never = risk_of(owner, controllability="partners"), risk_of(owner)
    in_force(controllability=[OURS, FATE])
    sign_in(client, owner)
    assert "vain yhdessä kumppanien kanssa" in told(client, risk)
    assert edited(client, risk, title="Toinen").status_code == 302
    assert make.fresh(risk).controllability == "partners"
    assert edited(client, never, controllability="partners").status_code == 422
    assert edited(client, risk, controllability="fate").status_code == 302
    assert edited(client, risk, controllability="partners").status_code == 422
    assert make.fresh(risk).controllability == "fate"


def test_the_database_takes_no_answer_that_the_policy_does_not_have(owner: Person) -> None:
    risk = risk_of(owner)
    in_force(controllability=[OURS, FATE])
    with acting(owner.pk) as actor, refused("contradiction"):
        risks.all_commands["edit"](actor, risk, controllability="partners")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update risks_risk set control_adequacy = 'perfect' where id = %s", [risk.pk])
    # Nor another version for an answer that stands.
    with connection.cursor() as cursor:
        cursor.execute("update risks_risk set controllability_under = uuidv7() where id = %s", [risk.pk])
    assert make.fresh(risk).controllability_under is None


def test_what_the_policy_has_no_scale_for_is_not_asked(client: Client, owner: Person) -> None:
    risk = risk_of(owner)
    in_force(controllability=None, control_adequacy=None)
    sign_in(client, owner)
    client.cookies["language"] = "en"
    page = client.get(f"/risks/{risk.pk}/edit/")
    assert "The policy in force has no scale for this: it is not asked." in page.content.decode()
    assert list(page.context["form"].fields["controllability"].choices) == [("", "–")]
    assert edited(client, risk, controllability="own").status_code == 422
    with acting(owner.pk) as actor:
        commands.name_control(actor, risk, title="Lukko", kind="preventive", owner=owner, adequacy="")
        with refused("not_asked"):
            commands.no_control(actor, risk)
    named = {"title": "Ovi", "kind": "preventive", "owner": owner.code}
    assert client.post(f"/risks/{risk.pk}/do/name_control/", named).status_code == 302
    assert "Not asked: the policy has no such scale." in client.get("/policy/").content.decode()


def test_how_adequate_a_named_control_is_has_the_policys_words_but_for_none(client: Client, owner: Person) -> None:
    risk = risk_of(owner)
    sign_in(client, owner)
    form = client.get(f"/risks/{risk.pk}/do/name_control/").context["form"]
    assert [key for key, _word in form.fields["adequacy"].choices] == ["partial", "adequate", "tested"]
    named = {"title": "Ovi", "kind": "preventive", "owner": owner.code}
    assert client.post(f"/risks/{risk.pk}/do/name_control/", named).status_code == 422
    assert client.post(f"/risks/{risk.pk}/do/name_control/", {**named, "adequacy": "none"}).status_code == 422


def test_lists_filters_and_exports_speak_the_words_of_each_answer(client: Client, owner: Person) -> None:
    old = risk_of(owner, controllability="partners")
    in_force(controllability=[OURS, FATE])
    new = risk_of(owner, controllability="ours")
    sign_in(client, owner)
    page = client.get("/risks/?column=controllability").content.decode()
    assert "vain yhdessä kumppanien kanssa" in page and "omissa käsissä" in page
    found = client.get("/risks/?controllability=partners").context["lines"]
    assert [record.pk for record, _cells in found] == [old.pk]
    written = b"".join(client.get("/risks/export.csv")).decode()
    assert "vain yhdessä kumppanien kanssa" in written and "omissa käsissä" in written
    said = client.get(f"/api/risks/{new.pk}").json()
    assert said["controllability"] == "ours"


def test_a_program_is_told_the_answers_of_the_day_and_refused_others(client: Client, owner: Person) -> None:
    risk = risk_of(owner, controllability="partners")
    in_force(controllability=[OURS, FATE])
    sign_in(client, owner)
    document = client.get("/api/openapi.json", headers={"accept-language": "en"}).json()
    words = document["components"]["schemas"]["RiskEdit"]["properties"]["controllability"]["x-words"]
    assert set(words) == {"ours", "fate"}

    def patched(answer: str) -> int:
        body = {"version": make.fresh(risk).version, "controllability": answer}
        sent = client.patch(f"/api/risks/{risk.pk}", json.dumps(body), content_type="application/json")
        return sent.status_code

    assert patched("own") == 422
    # What it holds may be sent back.
    assert patched("partners") == 200
    assert patched("fate") == 200
    assert patched("partners") == 422


def test_another_policy_tells_which_answers_it_changes_and_who_has_them(owner: Person) -> None:
    risk_of(owner, controllability="partners")
    risk_of(owner, controllability="own")
    closed = risk_of(owner, controllability="partners", state="closed")
    other = deepcopy(example_content()["controllability"])
    other[0]["name"]["fi"] = "vallassamme"
    other_unit = make.unit()
    draft = make.policy(content=content(controllability=[*other[:2], other[3], {**FATE, "order": 5}]))
    old, new = read_scales(example_content()), draft.scales
    assert [(one.key, one.before, one.after) for one in answers_changed(old, new, "fi")] == [
        ("own", "hallitsemme itse", "vallassamme"),
        ("partners", "vain yhdessä kumppanien kanssa", ""),
        ("fate", "", "ei kenenkään"),
    ]
    with acting(owner.pk):
        assert [one.held for one in answers_under(draft, None)] == [1, 1, 0]
        assert [one.held for one in answers_under(draft, {other_unit.number})] == [0, 0, 0]
    assert closed.controllability_under


def test_the_comparison_page_tells_them(client: Client) -> None:
    chief = make.holder("chief_executive")
    make.risk(controllability="partners")
    draft = make.policy(content=content(controllability=[OURS, FATE]))
    client.cookies["language"] = "en"
    page = sign_in(client, chief).get(f"/policies/{draft.pk}/change/").content.decode()
    assert "“only together with partners” is no longer asked" in page and "1 open risk has it" in page
    assert "“our own hands” is new" in page


def test_a_file_says_the_answers_in_the_policys_words_in_any_language(owner: Person) -> None:
    unit = make.Unit.objects.get(number=owner.unit_id)
    in_force(controllability=[OURS, FATE])
    rows = [
        (f"Riski {number}", unit.code, owner.email, word)
        for number, word in enumerate(("Omissa käsissä", "i egna händer", "nobody's", "hallitsemme itse"))
    ]
    found = planned(csv_of(("Otsikko", "Yksikkö", "Riskin omistaja", "Hallittavuus"), *rows), owner)
    assert list(reasons(found)) == [5]
    imported(csv_of(("Otsikko", "Yksikkö", "Riskin omistaja", "Hallittavuus"), *rows[:3]), owner)
    held = dict(Risk.objects.values_list("title", "controllability"))
    assert held == {"Riski 0": "ours", "Riski 1": "ours", "Riski 2": "fate"}
