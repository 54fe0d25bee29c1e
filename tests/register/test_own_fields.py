"""Fields that the city adds without code: at every door they are as those that are declared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.doors.values import plain, text_of
from kivijalka.register.own.models import OwnField
from kivijalka.register.refusal import Invalid
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.api.programs import as_head, send
from tests.factories import fresh, own_field, risk
from tests.files.imports import csv_of, imported, planned, reasons
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
PHASES = "Suunnittelu | Planering | Planning\nKäytössä | I bruk | In use"


@pytest.fixture
def head() -> tuple[Client, Person]:
    client, person = as_head()
    client.cookies["language"] = "en"
    return client, person


def edited(record: Risk, who: Person, **values: Any) -> Risk:
    with acting(who.pk) as actor:
        REGISTERS["risk"].all_commands["edit"](actor, record, **values)
    return fresh(record)


def test_a_value_of_each_kind_comes_back_as_it_was_given(head: tuple[Client, Person]) -> None:
    _, person = head
    given = {
        "text": "Kallio",
        "long": "Two\nlines",
        "number": Decimal("12.5"),
        "euro": Decimal("1250000.00"),
        "day": date(2027, 2, 28),
        "truth": False,
        "choice": "kaytossa",
    }
    for kind in given:
        own_field(kind, kind=kind, options=PHASES if kind == "choice" else "")
    record = edited(risk(unit=person.unit), person, **{f"own_{kind}": value for kind, value in given.items()})
    with acting(person.pk):
        assert {kind: plain(record, f"own_{kind}") for kind in given} == given
        assert text_of(record, "own_choice") == "Käytössä" and text_of(record, "own_euro") == "1\xa0250\xa0000,00"


def test_what_does_not_fit_is_refused_with_its_field(head: tuple[Client, Person]) -> None:
    _, person = head
    own_field("phase", kind="choice", options=PHASES)
    own_field("floors", kind="number")
    record = risk(unit=person.unit)
    with pytest.raises(Invalid) as told:
        edited(record, person, own_phase="elsewhere", own_floors="many", title="")
    assert told.value.errors.keys() == {"own_phase", "own_floors", "title"}
    with refused("not_writable"):
        edited(record, person, own_nothing="x")
    assert fresh(record).own is None


WRITTEN_PAST_THE_COMMANDS = [
    '{"nothing": "x"}',
    '{"floors": "many"}',
    '{"floors": 3}',
    '{"since": "2027-02-30"}',
    '{"phase": "Käytössä"}',
    '{"phase": "kaytossa: Käytössä | I bruk | In use"}',
    '{"elsewhere": "x"}',
    '["floors"]',
]


@pytest.mark.parametrize("own", WRITTEN_PAST_THE_COMMANDS)
def test_the_database_refuses_what_is_of_no_field_or_does_not_fit_it(own: str) -> None:
    own_field("phase", kind="choice", options=PHASES)
    own_field("floors", kind="number")
    own_field("since", kind="day")
    own_field("elsewhere", asked_in="action")
    record = risk()
    with pytest.raises(IntegrityError, match="own fields of"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update risks_risk set own = %s where id = %s", [own, record.pk])


def test_a_form_asks_them_last_and_the_page_shows_them(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field(
        "Rakennusvaihe", name_en="Phase", kind="choice", options=PHASES, required=True, help_en="Ask the planner."
    )
    page = client.get("/risks/new/").content.decode()
    assert "The city's own fields" in page.replace("&#x27;", "'") and "Ask the planner." in page
    data = {"title": "Fire", "unit": person.unit.code, "kind": "operational", "sign": "threat", "confidentiality": 1}
    assert "Phase" in client.post("/risks/new/", data).content.decode()
    assert not Risk.objects.exists()
    answer = client.post("/risks/new/", {**data, "own_phase": "kaytossa"})
    assert answer.status_code == 302
    assert Risk.objects.get().own == {"phase": "kaytossa"}
    assert "In use" in client.get(answer["Location"]).content.decode()


def test_a_list_shows_and_filters_by_them(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Phase", kind="choice", options=PHASES)
    own_field("Insured", kind="truth")
    own_field("Inspected", kind="day")
    own_field("Floors", kind="number")
    own_field("Building")
    fire = {"phase": "kaytossa", "insured": False, "inspected": "2026-05-31", "floors": "12.5", "building": "Kivi_talo"}
    risk("Fire", unit=person.unit, own=fire)
    risk("Flood", unit=person.unit, own={"phase": "suunnittelu", "floors": "3"})
    page = client.get("/risks/?column=own_phase").content.decode()
    assert "Planning" in page and "In use" in page
    found = {query: client.get(f"/api/risks?{query}").json()["total"] for query in FILTERED}
    assert found == FILTERED
    assert client.get("/api/risks?own_phase=x").status_code == client.get("/api/risks?own_none=x").status_code == 422


FILTERED = {
    "own_phase=kaytossa": 1,
    "own_phase=kaytossa&own_phase=suunnittelu": 2,
    "own_insured=no": 1,
    "own_insured=yes": 0,
    "own_inspected_lt=2026-06-01": 1,
    "own_inspected_lt=2026-05-31": 0,
    "own_inspected_gte=2026-05-31": 1,
    "own_floors_gte=12.5": 1,
    "own_floors_lt=12.5": 1,
    "own_floors_gte=2&own_floors_lt=100": 2,
    "own_building=kivi": 1,
    "own_building=KIVI_T": 1,
    "own_building=k%25i": 0,
}


def test_the_search_finds_what_they_hold(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Building")
    edited(risk("Fire", unit=person.unit), person, own_building="Kivitalo")
    assert [found["title"] for found in client.get("/api/search?q=kivitalo").json()["items"]] == ["Fire"]


def test_programs_read_and_write_them_and_the_document_types_them(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Floors", kind="number")
    own_field("Phase", kind="choice", options=PHASES)
    record = risk(unit=person.unit)
    address, body = f"/api/risks/{record.pk}", {"version": record.version, "own_floors": 3, "own_phase": "kaytossa"}
    answer = send(client, "patch", address, body)
    assert (answer.status_code, answer.json()["own_phase"]) == (200, "kaytossa"), answer.content
    assert Decimal(answer.json()["own_floors"]) == 3
    unknown = send(client, "patch", address, {"version": 2, "own_nothing": 1}).json()
    assert unknown["errors"]["own_nothing"][0]["code"] == "unknown_field"
    wrong = send(client, "patch", address, {"version": 2, "own_phase": "x", "own_floors": True}).json()
    assert wrong["errors"].keys() == {"own_phase", "own_floors"}
    values = [version["values"] for version in client.get(f"{address}/history").json()["items"]]
    assert [value["own_phase"] for value in values] == ["kaytossa", ""]
    document = client.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    jsonschema_rs.validate({**document, "$ref": "#/components/schemas/Risk"}, answer.json())
    for shape in ("Risk", "RiskNew", "RiskEdit", "RiskValues"):
        assert {"own_floors", "own_phase"} <= schemas[shape]["properties"].keys(), shape
    assert "own_phase" not in Client().get("/api/openapi.json").content.decode()


def test_a_file_brings_them_in_and_takes_them_out_unchanged(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Rakennusvaihe", name_en="Phase", kind="choice", options=PHASES)
    own_field("Arvo", name_en="Value", kind="euro")
    own_field("Vakuutettu", name_en="Insured", kind="truth")
    heads = ["Title", "Unit", "Phase", "Arvo", "Insured"]
    rows = [["Fire", person.unit.code, "In use", "1 250,50 €", "kyllä"], ["Flood", person.unit.code, "x", "", ""]]
    assert list(reasons(planned(csv_of(heads, *rows), person))) == [3]
    imported(csv_of(heads, rows[0]), person)
    assert Risk.objects.get().own == {"phase": "kaytossa", "value": "1250.50", "insured": True}
    file = client.get("/risks/export.csv").getvalue()
    assert "1250,50" in file.decode() and "In use" in file.decode()
    for exported in (file, client.get("/risks/export.xlsx").getvalue()):
        assert planned(exported, person).counts == {"new": 0, "changed": 0, "same": 1, "refused": 0}
    again = planned(file.replace(b"1250,50", b"99"), person)
    assert [(str(c.label), c.after) for c in again.of("changed")[0].changes] == [("Arvo (€)", "99")]


def test_a_column_without_a_home_becomes_one_for_who_may_add_them(head: tuple[Client, Person]) -> None:
    columns = [["Title", "Kerroksia", "Title of the house"], ["Fire", "3", "Kivitalo"]]
    chief = sign_in(Client(headers={"accept-language": "en"}), make.holder("chief_executive", unit=make.city()))
    addresses = [
        client.post("/risks/import/", {"file": SimpleUploadedFile("risks.csv", csv_of(*columns))})["Location"]
        for client in (head[0], chief)
    ]
    choices = {"column-0": "title", "column-1": "new:number", "column-2": "new:text", "name": "Fires"}
    given = {**choices, "fixed-unit": make.city().code}
    head[0].post(addresses[0], given)
    assert "new:number" not in head[0].get(addresses[0]).content.decode() and not OwnField.objects.exists()
    assert chief.post(addresses[1], {**given, "name": ""}).status_code == 422
    assert not OwnField.objects.exists(), "all that the page does, or nothing"
    preview = chief.post(addresses[1], given)["Location"]
    chief.post(preview, {"commit": "1"})
    assert Risk.objects.get().own == {"kerroksia": "3", "title_of_the_house": "Kivitalo"}
    assert {field.unit for field in OwnField.objects.all()} == {make.city()}


def test_history_and_undo_know_each_of_them(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Phase", kind="choice", options=PHASES)
    record = edited(risk(unit=person.unit), person, own_phase="kaytossa")
    record = edited(record, person, own_phase="suunnittelu")
    page = client.get(f"/risks/{record.pk}/history/").content.decode()
    assert "Phase" in page and "In use" in page and "Planning" in page
    form = client.get(f"/risks/{record.pk}/edit/?undo={record.version}").context["form"]
    assert form["own_phase"].value() == "kaytossa"


def test_two_who_change_different_ones_lose_nothing(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Building")
    own_field("Phase", kind="choice", options=PHASES)
    record = risk(unit=person.unit)
    form = client.get(f"/risks/{record.pk}/edit/").context["form"]
    initial = {name: value for name, value in form.initial.items() if value is not None}
    typed = {**initial, "unit": person.unit.code, "version": record.version}
    edited(record, person, own_building="Kivitalo")
    client.post(f"/risks/{record.pk}/edit/", {**typed, "own_phase": "kaytossa"})
    assert fresh(record).own == {"building": "Kivitalo", "phase": "kaytossa"}


def test_many_records_are_given_the_same_value(head: tuple[Client, Person]) -> None:
    client, person = head
    own_field("Building")
    own_field("Phase", kind="choice", options=PHASES)
    rows = "&".join(f"row={risk(unit=person.unit).pk}" for _ in range(2))
    fields = [name for name, _label in client.get(f"/risks/many/?{rows}").context["fields"]]
    assert "own_phase" in fields and "own_building" not in fields
    address, given = f"/risks/many/edit/?{rows}&field=own_phase", {"own_phase": "kaytossa"}
    page = client.post(address, given)
    assert "In use" in page.content.decode()
    seen = {name: page.context[name] for name in ("rows", "seen")}
    client.post(address, {**given, **seen, "commit": "1"})
    assert [record.own for record in Risk.objects.all()] == [{"phase": "kaytossa"}] * 2


def test_two_days_are_compared_by_them_too(head: tuple[Client, Person]) -> None:
    client, person = head
    record = risk("Fire", unit=person.unit)
    with connection.cursor() as cursor:
        cursor.execute("update history.risks_risk set kept_from = kept_from - interval '1 year'")
    own_field("Phase", kind="choice", options=PHASES)
    edited(record, person, own_phase="kaytossa")
    page = client.get(f"/risks/compare/?since={make.in_days(-7)}")
    [told] = [told for different in page.context["differences"] for told in different.shown]
    [change] = told.changes
    assert (str(change.label), change.before, change.after) == ("Phase", "", "In use")
    page = client.get(f"/risks/compare/?since={make.in_days(-7)}&own_phase=kaytossa")
    assert [different.count for different in page.context["differences"]] == [0, 0, 0, 1, 0], "it came to the list"


def test_one_that_ended_is_asked_no_longer_and_loses_nothing(head: tuple[Client, Person]) -> None:
    client, person = head
    field = own_field("Building")
    record = edited(risk(unit=person.unit), person, own_building="Kivitalo")
    administrator = make.holder("access_administrator", unit=make.city())
    with acting(administrator.pk) as actor:
        REGISTERS["own_field"].all_commands["end"](actor, field)
    assert "own_building" not in client.get(f"/risks/{record.pk}/edit/").context["form"].fields
    shown = client.get(f"/risks/{record.pk}/").content.decode()
    assert "Building (no longer asked)" in shown and "Kivitalo" in shown
    with refused("not_writable"):
        edited(record, person, own_building="Puutalo")
    assert edited(record, person, title="Fire").own == {"building": "Kivitalo"}


def test_only_administrators_of_the_city_add_them(head: tuple[Client, Person]) -> None:
    client, person = head
    new = {
        "name_fi": "Rakennusvaihe",
        "asked_in": "risk",
        "kind": "text",
        "unit": person.unit.code,
        "confidentiality": 1,
    }
    assert send(client, "post", "/api/own-fields", new).status_code == 403
    administrator = sign_in(Client(), make.holder("access_administrator", unit=make.city()))
    made = send(administrator, "post", "/api/own-fields", new)
    assert (made.status_code, made.json()["name"]) == (201, "rakennusvaihe"), made.content
    assert "own_rakennusvaihe" in client.get("/risks/new/").context["form"].fields
    leads = "/own-fields/?asked_in=risk"
    assert (
        leads in administrator.get("/risks/").content.decode() and leads not in client.get("/risks/").content.decode()
    )
    assert administrator.get(f"{leads}&state=asked").context["page"].total == 1


BAD = [
    ({"name_fi": "Otsikko"}, "name_fi"),
    ({"name_fi": "Ok", "name_sv": "Rubrik"}, "name_sv"),
    ({"name_fi": "rakennusvaihe"}, "name_fi"),
    ({"name_fi": "Tila 2", "kind": "choice"}, "options"),
    ({"name_fi": "Tila 2", "kind": "choice", "options": "Yksi"}, "options"),
    ({"name_fi": "Tila 2", "kind": "choice", "options": "a: Yksi\na: Kaksi"}, "options"),
    ({"name_fi": "Tila 2", "kind": "choice", "options": "a|b|c|d\nKaksi"}, "options"),
    ({"name_fi": "Tila 2", "options": "Yksi\nKaksi"}, "options"),
    ({"name_fi": "Tila 2", "asked_in": "own_field"}, "asked_in"),
]


@pytest.mark.parametrize(("given", "field"), BAD)
def test_a_definition_that_would_mislead_is_refused(given: dict[str, Any], field: str) -> None:
    own_field("Rakennusvaihe")
    client = sign_in(Client(), make.holder("access_administrator", unit=make.city()))
    body = {"asked_in": "risk", "kind": "text", "unit": make.city().code, **given}
    answer = send(client, "post", "/api/own-fields", body)
    assert (answer.status_code, list(answer.json().get("errors", {}))) == (422, [field]), answer.content


def test_what_records_hold_keeps_its_meaning(head: tuple[Client, Person]) -> None:
    field = own_field("Phase", kind="choice", options=PHASES)
    administrator = sign_in(Client(), make.holder("access_administrator", unit=make.city()))
    address = f"/api/own-fields/{field.pk}"
    for change, why in [({"kind": "text", "options": ""}, "kind"), ({"options": "Yksi\nKaksi"}, "options")]:
        answer = send(administrator, "patch", address, {"version": field.version, **change})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [why]), answer.content
    more = f"{fresh(field).options.replace('In use', 'Used')}\nPoistettu | Borta | Gone"
    assert send(administrator, "patch", address, {"version": field.version, "options": more}).status_code == 200
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnField.objects.filter(pk=field.pk).update(kind="text")
