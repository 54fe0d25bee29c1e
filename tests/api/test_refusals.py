"""What the API refuses, and how it says so: always as problem+json, with a code, never with a hint of what is hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.programs import NOT_THERE, as_head, send, told
from tests.factories import action, fresh, holder, link, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db
SUPPORTED = "application/json"


def test_without_signing_in_nothing_is_answered():
    for address in ("/api/risks", NOT_THERE, f"{NOT_THERE}/history", "/api/search?q=x"):
        assert told(Client().get(address)) == (401, "not_signed_in")
    assert told(send(Client(), "post", "/api/risks", {})) == (401, "not_signed_in")


def test_a_change_without_the_forms_token_is_refused():
    head = holder(unit=sector())
    client = sign_in(Client(enforce_csrf_checks=True), head)
    body = {"title": "New", "unit": head.unit.code}
    assert told(send(client, "post", "/api/risks", body)) == (403, "csrf")
    client.get("/risks/new/")
    token = client.cookies["csrftoken"].value
    assert send(client, "post", "/api/risks", body, headers={"X-CSRFToken": token}).status_code == 201


def test_an_id_out_of_reach_is_answered_like_one_that_is_not_there():
    client, _head = as_head()
    hidden = risk(unit=sector())
    assert told(client.get(NOT_THERE)) == (404, "not_there")
    for more in ("", "/history", "/links"):
        out_of_reach = client.get(f"/api/risks/{hidden.pk}{more}").content
        assert out_of_reach == client.get(f"{NOT_THERE}{more}").content == client.get("/api/risks/no-id").content
    for method, more, body in [
        ("patch", "", {"version": 1, "title": "x"}),
        ("post", "/assess", {}),
        ("post", "/links", {}),
    ]:
        out_of_reach = send(client, method, f"/api/risks/{hidden.pk}{more}", body).content
        assert out_of_reach == send(client, method, f"{NOT_THERE}{more}", body).content == client.get(NOT_THERE).content


def test_a_unit_out_of_reach_is_answered_like_one_that_is_not_there():
    partner = holder("partner_member", unit=sector())
    client = sign_in(Client(), partner)
    hidden = f"/api/units?unit={sector().code}"
    missing = "/api/units?unit=U-999999"
    assert told(client.get(hidden)) == (422, "invalid")
    assert client.get(hidden).content == client.get(missing).content


def test_who_may_only_read_changes_nothing():
    auditor = sign_in(Client(), holder("auditor"))
    found = risk(unit=sector())
    assert told(send(auditor, "post", "/api/risks", {})) == (403, "no_right")
    assert told(send(auditor, "patch", f"/api/risks/{found.pk}", {"version": 1, "title": "x"})) == (403, "no_right")
    assert told(send(auditor, "post", f"/api/risks/{found.pk}/close", {})) == (403, "no_right")
    tied = link("treats", action(), found)
    body = {"kind": "treats:back", "other": action().code}
    assert told(send(auditor, "post", f"/api/risks/{found.pk}/links", body)) == (403, "no_right")
    assert told(auditor.delete(f"/api/risks/{found.pk}/links/{tied.pk}")) == (403, "no_right")


def test_a_record_is_not_added_where_one_has_no_right():
    client, _head = as_head()
    answer = send(client, "post", "/api/risks", {"title": "x", "unit": sector().code})
    assert told(answer) == (403, "no_right")
    assert client.get("/api/risks").json()["total"] == 0


def test_a_stale_version_is_a_conflict():
    client, head = as_head()
    found = risk("Before", unit=head.unit)
    address, body = f"/api/risks/{found.pk}", {"version": found.version}
    send(client, "patch", address, {**body, "title": "First"})
    assert told(send(client, "patch", address, {**body, "title": "Second"})) == (409, "conflict")
    assert told(send(client, "post", f"{address}/close", {**body, "reason": "Gone"})) == (409, "conflict")
    assert fresh(found).title == "First"


def test_a_command_in_the_wrong_state_is_a_conflict():
    client, head = as_head()
    found = risk(unit=head.unit)
    assert told(send(client, "post", f"/api/risks/{found.pk}/reopen", {"reason": "Back"})) == (409, "state")


def test_the_past_is_not_changed():
    client, head = as_head()
    found = risk(unit=head.unit)
    body = {"version": found.version, "title": "x"}
    assert told(send(client, "patch", f"/api/risks/{found.pk}?as_of=2026-01-01", body)) == (409, "state")
    assert told(send(client, "post", "/api/risks?as_of=2026-01-01", {})) == (409, "state")


def test_a_field_that_is_not_declared_is_not_written():
    client, head = as_head()
    found = risk(unit=head.unit)
    answer = send(client, "patch", f"/api/risks/{found.pk}", {"version": found.version, "state": "closed"})
    assert told(answer) == (422, "invalid")
    assert answer.json()["errors"]["state"][0]["code"] == "unknown_field"
    assert fresh(found).state == "draft"


def test_everything_that_is_wrong_is_told_at_once_whoever_noticed_it():
    client, _head = as_head()
    answer = send(client, "post", "/api/risks", {"title": "x" * 301, "unit": "U-999999", "kind": "none", "cause": 5})
    codes = {name: told[0]["code"] for name, told in answer.json()["errors"].items()}
    assert codes == {"title": "max_length", "unit": "unknown", "kind": "invalid_choice", "cause": "wrong_type"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 5},
        {"title": None},
        {"title": "a\x00b"},
        {"title": ""},
        {"title": "x" * 5_000},
        {"title": "\x00" * 400},
        {"unit": "\x00"},
        {"unit": 10**400},
        {"unit": {"id": 1}},
        {"owner": "nobody at all"},
        {"confidentiality": 10**40},
        {"confidentiality": "1"},
        {"confidentiality": True},
        {"confidentiality": 1.5},
        {"areas": "rescue_safety"},
        {"areas": [["rescue_safety"]]},
        {"areas": ["none"]},
        {"cause": ["x"]},
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_told_at_its_field(wrong: dict[str, Any]):
    client, head = as_head()
    answer = send(client, "post", "/api/risks", {"title": "x", "unit": head.unit.code, **wrong})
    assert told(answer) == (422, "invalid")
    assert list(answer.json()["errors"]) == list(wrong)


@pytest.mark.parametrize("body", [[], "text", 5, None, True], ids=str)
def test_a_body_that_is_no_object_does_not_fit(body: Any):
    client, _head = as_head()
    assert told(send(client, "post", "/api/risks", body)) == (422, "invalid")


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"title": "\xff"}', b'{"title": "\\ud800"}', b"[" * 100_000],
    ids=["cut off", "another encoding", "not UTF-8", "half a character", "too deep"],
)
def test_what_is_no_json_is_not_read(body: bytes):
    client, _head = as_head()
    assert told(client.post("/api/risks", data=body, content_type=SUPPORTED)) == (400, "malformed")


def test_a_body_of_another_type_or_too_large_is_not_read():
    client, _head = as_head()
    assert told(client.post("/api/risks", {"title": "x"})) == (415, "not_json")
    assert told(client.post("/api/risks", data=b" " * 3_000_000, content_type=SUPPORTED)) == (413, "too_large")


def test_texts_too_long_for_the_search_are_refused():
    client, head = as_head()
    words = " ".join(f"word{number}" for number in range(200_000))
    answer = send(client, "post", "/api/risks", {"title": "x", "unit": head.unit.code, "cause": words})
    assert told(answer) == (422, "too_long")


@pytest.mark.parametrize(
    "query",
    [
        "size=0", "size=201", "size=x", "size=1&size=2", "sort=cause", "sort=--code", "nothing=1", "state=none",
        "unit=U-999999", "unit=%00", "q=%00", "review_lt=31.2.2027", "as_of=yesterday", "as_of=2026-13-01",
        "after=x", "after=MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwPTk5OTk5OTk5OTk5OTk5OTk5OTk5&sort=review",
    ],
)  # fmt: skip
def test_a_question_that_is_not_understood_is_told(query: str):
    client, _head = as_head()
    assert told(client.get(f"/api/risks?{query}")) == (422, "invalid")


@pytest.mark.parametrize("query", ["q=%5C", "q=%25", "q='", "q=!%26|():*", "q=%ff", "as_of=0001-01-01"])
def test_an_odd_question_is_answered_all_the_same(query: str):
    client, _head = as_head()
    assert client.get(f"/api/risks?{query}").status_code in (200, 422)


def test_addresses_and_methods_that_are_not_there():
    client, _head = as_head()
    for address in ("/api/", "/api/nothing", "/api/risks/", f"{NOT_THERE}/nothing", "/api/risks/a/b/c/d"):
        assert told(client.get(address)) == (404, "no_such_address")
    answer = client.put("/api/risks", "{}", content_type=SUPPORTED)
    assert told(answer) == (405, "no_such_method")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}


def test_refusals_speak_the_readers_language():
    client, head = as_head()
    texts = {}
    for language in ("fi", "sv", "en"):
        client.cookies["language"] = language
        answer = send(client, "post", "/api/risks", {"unit": head.unit.code}).json()
        assert answer["errors"]["title"][0]["code"] == "required"
        texts[language] = answer["errors"]["title"][0]["message"]
    assert texts["en"] == "This field is required."
    assert len(set(texts.values())) == 3
