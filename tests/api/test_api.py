"""The API: the same answers as the pages, for programs."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kivijalka.register.doors import links
from kivijalka.register.models import Link
from kivijalka.register.registry import REGISTERS
from tests.api.programs import as_head, send
from tests.factories import action, assessed_risk, link, risk, sector, unit
from tests.who import as_owner

pytestmark = pytest.mark.django_db


def test_a_list_holds_values_and_what_can_be_done_on_each_row():
    client, head = as_head()
    risk("There", unit=head.unit)
    risk("Elsewhere", unit=sector())
    page = client.get("/api/risks?state=draft").json()
    assert [row["title"] for row in page["items"]] == ["There"]
    row = page["items"][0]
    assert row["unit"]["code"] == head.unit.code
    assert row["can"]["assess"]
    assert not row["can"]["accept"]


def test_filters_and_sorting_are_those_of_the_page():
    client, head = as_head()
    school = unit(parent=head.unit)
    for title, at, likelihood in [("Minor", head.unit, 1), ("Grave", school, 5), ("Middling", school, 3)]:
        assessed_risk(title, unit=at, likelihood=likelihood)
    risk("Draft", unit=school)
    address = f"/api/risks?unit={school.code}&state=assessed&state=accepted&sort=-level"
    assert [row["title"] for row in client.get(address).json()["items"]] == ["Grave", "Middling"]


def test_a_program_goes_through_all_pages_and_back():
    client, head = as_head()
    titles = {risk(f"Risk {number}", unit=head.unit).title for number in range(5)}
    first = client.get("/api/risks?size=2&sort=code").json()
    second = client.get(f"/api/risks?size=2&sort=code&after={first['after']}").json()
    third = client.get(f"/api/risks?size=2&sort=code&after={second['after']}").json()
    assert {row["title"] for page in (first, second, third) for row in page["items"]} == titles
    assert (first["total"], first["before"], third["after"]) == (5, None, None)
    assert client.get(f"/api/risks?size=2&sort=code&before={second['before']}").json()["items"] == first["items"]


def test_a_longer_page_asks_no_more_queries(django_assert_num_queries):
    from django.db import connection

    client, head = as_head()
    risk(unit=head.unit, owner=head)
    with CaptureQueriesContext(
        connection,
    ) as alone:
        client.get("/api/risks")
    for _ in range(29):
        risk(unit=head.unit, owner=head)
    with django_assert_num_queries(len(alone)):
        assert len(client.get("/api/risks").json()["items"]) == 30


def test_adding_editing_and_assessing_by_program():
    client, head = as_head()
    body = {"title": "New", "unit": head.unit.code, "areas": ["rescue_safety"]}
    answer = send(client, "post", "/api/risks", body)
    made = answer.json()
    assert (answer.status_code, made["kind"], made["areas"]) == (201, "operational", ["rescue_safety"])
    assert client.get(answer.headers["location"]).json() == made
    edited = send(client, "patch", f"/api/risks/{made['id']}", {"version": made["version"], "title": "Better"}).json()
    assert (edited["title"], edited["areas"]) == ("Better", ["rescue_safety"])
    assessed = send(client, "post", f"/api/risks/{made['id']}/assess", {"likelihood": 3, "finance": 3}).json()
    assert (assessed["state"], assessed["level"]) == ("assessed", "2_moderate")


def test_a_command_without_inputs_needs_no_body():
    client, head = as_head()
    found = assessed_risk(unit=head.unit)
    assert client.generic("POST", f"/api/risks/{found.pk}/confirm").json()["state"] == "assessed"


def test_null_empties_what_may_be_empty():
    client, head = as_head()
    found = risk(unit=head.unit, owner=head, cause="Rain", areas=["rescue_safety"])
    body = {"version": found.version, "owner": None, "cause": None, "areas": None}
    changed = send(client, "patch", f"/api/risks/{found.pk}", body).json()
    assert (changed["owner"], changed["cause"], changed["areas"]) == (None, "", [])


def test_history_tells_who_through_which_door_and_what_stood_there():
    client, head = as_head()
    made = send(client, "post", "/api/risks", {"title": "First", "unit": head.unit.code}).json()
    send(client, "patch", f"/api/risks/{made['id']}", {"version": made["version"], "title": "Second"})
    newer, older = client.get(f"/api/risks/{made['id']}/history").json()["items"]
    assert (newer["values"]["title"], older["values"]["title"]) == ("Second", "First")
    assert (newer["command"], older["command"], newer["door"]) == ("edit", "add", "api")
    assert newer["by"]["id"] == str(head.pk)
    assert newer["values"]["unit"]["code"] == head.unit.code
    assert newer["kept_to"] is None
    assert older["kept_to"] == newer["kept_from"]


def test_as_of_shows_the_past_and_nothing_that_could_be_done_there():
    client, head = as_head()
    found = risk("Now", unit=head.unit)
    before = client.get(f"/api/risks?as_of={date(2020, 5, 1)}").json()
    assert before["items"] == []
    start = client.get(f"/api/risks/{found.pk}/history").json()["items"][0]["kept_from"]
    past = client.get(f"/api/risks/{found.pk}?as_of={quote(start)}").json()
    assert past["title"] == "Now"
    assert not any(past["can"].values())


def test_a_link_is_answered_though_the_record_has_more_than_a_list_shows(monkeypatch):
    client, head = as_head()
    treated, first, second = risk(unit=head.unit), action(unit=head.unit), action(unit=head.unit)
    link("treats", first, treated)
    monkeypatch.setattr(links, "MOST", 1)
    body = {"kind": "treats:back", "other": second.code}
    assert send(client, "post", f"/api/risks/{treated.pk}/links", body).json()["other"]["code"] == second.code


def test_links_are_made_read_from_both_ends_and_ended():
    client, head = as_head()
    treated, treating = risk("Flood", unit=head.unit), action("Pump", unit=head.unit)
    address = f"/api/risks/{treated.pk}/links"
    made = send(client, "post", address, {"kind": "treats:back", "other": treating.code})
    assert (made.status_code, made.json()["other"]["code"]) == (201, treating.code)
    far = client.get(f"/api/actions/{treating.pk}/links").json()["items"]
    assert [(tie["kind"], tie["other"]["title"]) for tie in far] == [("treats", "Flood")]
    assert client.delete(f"{address}/{made.json()['id']}").status_code == 204
    assert client.get(address).json() == {"items": []}
    with as_owner():
        assert Link.objects.get().until is not None


def test_a_link_to_what_one_may_not_see_is_not_shown():
    client, head = as_head()
    here = risk(unit=head.unit)
    link("treats", action(unit=sector()), here)
    assert client.get(f"/api/risks/{here.pk}/links").json() == {"items": []}


def test_search_finds_records_of_every_register_within_reach():
    client, head = as_head()
    risk("Flooded cellar", unit=head.unit)
    action("Pump for the flooded", unit=head.unit)
    risk("Flooded elsewhere", unit=sector())
    found = client.get("/api/search?q=flooded").json()["items"]
    assert {(node["register"], node["title"]) for node in found} == {
        ("risk", "Flooded cellar"),
        ("action", "Pump for the flooded"),
    }


def test_every_register_and_command_has_an_operation_of_its_own():
    paths = Client().get("/api/openapi.json").json()["paths"]
    for register in REGISTERS.values():
        root = f"/api/{register.path}"
        assert set(paths[root]) == ({"get", "post"} if register.adds else {"get"})
        assert set(paths[f"{root}/{{id}}"]) == {"get", "patch"}
        for command in register.commands:
            assert "post" in paths[f"{root}/{{id}}/{command.name}"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_the_document_speaks_the_readers_language_and_names_every_value():
    client = Client()
    client.cookies["language"] = "en"
    document = client.get("/api/openapi.json").json()
    parameters = {parameter["name"]: parameter for parameter in document["paths"]["/api/risks"]["get"]["parameters"]}
    assert parameters["state"]["schema"]["items"]["enum"] == ["draft", "assessed", "accepted", "closed"]
    assert parameters["review_lt"]["description"] == "Next review, before"
    kinds = {parameter["name"]: parameter for parameter in document["paths"]["/api/roles"]["get"]["parameters"]}["kind"]
    assert "auditor" in kinds["schema"]["items"]["enum"]
    accept = document["components"]["schemas"]["RiskDoAccept"]["properties"]
    assert accept["until"]["format"] == "date"
    assert accept["until"]["description"] == "Accepted until"
