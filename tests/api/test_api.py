"""The API: the same answers as the pages, for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Person
from tests.factories import fresh, holder, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def as_head() -> tuple[Client, Person]:
    head = holder("unit_head", unit=sector())
    return sign_in(Client(), head), head


def send(client: Client, method: str, address: str, body: Any) -> Any:
    return getattr(client, method)(address, data=json.dumps(body), content_type="application/json")


def test_without_signing_in_the_api_says_so_as_problem_json():
    answer = Client().get("/api/risks")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_a_row_holds_its_values_and_what_can_be_done_on_it():
    client, head = as_head()
    risk("There", unit=head.unit)
    row = client.get("/api/risks?state=draft").json()["rows"][0]
    assert row["title"] == "There" and row["unit"]["code"] == head.unit.code
    assert row["can"]["assess"] and not row["can"]["accept"]


def test_adding_editing_and_assessing_by_program():
    client, head = as_head()
    made = send(
        client, "post", "/api/risks", {"title": "New", "unit": head.unit.code, "areas": ["rescue_safety"]}
    ).json()
    edited = send(client, "patch", f"/api/risks/{made['id']}", {"version": made["version"], "title": "Better"})
    assert edited.json()["title"] == "Better"
    assessed = send(client, "post", f"/api/risks/{made['id']}/assess", {"likelihood": 3, "finance": 3}).json()
    assert (assessed["state"], assessed["level"]) == ("assessed", "2_moderate")
    assert [v["door"] for v in client.get(f"/api/risks/{made['id']}/history").json()] == ["api"] * 3


def test_a_stale_version_is_a_conflict():
    client, head = as_head()
    found = risk("Before", unit=head.unit)
    send(client, "patch", f"/api/risks/{found.pk}", {"version": found.version, "title": "First"})
    answer = send(client, "patch", f"/api/risks/{found.pk}", {"version": found.version, "title": "Second"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert fresh(found).title == "First"


def test_an_id_out_of_reach_is_answered_like_one_that_is_not_there():
    client, _head = as_head()
    hidden = risk(unit=sector())
    assert (
        client.get(f"/api/risks/{hidden.pk}").content
        == client.get("/api/risks/00000000-0000-0000-0000-000000000000").content
    )


@pytest.mark.parametrize(
    "body",
    [
        {"title": 5, "unit": "U"},
        {"title": "a\x00b", "unit": "U"},
        {"title": "x", "unit": "U", "state": "closed"},
        {"title": "x" * 5000, "unit": "U"},
        {"title": None},
        [],
        "text",
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_reasons(body: Any):
    client, _head = as_head()
    answer = send(client, "post", "/api/risks", body)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]


def test_broken_json_is_refused():
    client, _head = as_head()
    answer = client.post("/api/risks", data="{", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_every_command_of_every_register_has_an_operation_of_its_own():
    from kivijalka.register.registry import REGISTERS

    client, _head = as_head()
    paths = client.get("/api/openapi.json").json()["paths"]
    for register in REGISTERS.values():
        for verb in register.all_commands:
            if verb != "edit":
                assert "post" in paths[f"/api/{register.path}/{{pk}}/{verb}"]
