"""Programs list, attach, read and withdraw files, with the refusals of the pages; what is sent twice is attached once."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.register.models import Attachment
from tests.api.programs import as_head, send, told
from tests.factories import holder, risk
from tests.who import sign_in

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n" + b"x" * 3_000_000


@pytest.fixture
def desk() -> tuple[Client, Person, str]:
    client, head = as_head()
    return client, head, f"/api/risks/{risk('Fire', unit=head.unit).pk}/files"


def attach(client: Client, files: str, data: bytes = PDF, key: str | None = None, **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(files, {"file": SimpleUploadedFile("suunnitelma.pdf", data), **more}, headers=headers)


def test_a_file_is_attached_listed_read_and_withdrawn(desk: tuple[Client, Person, str]) -> None:
    client, head, files = desk
    made = attach(client, files, description="Allekirjoitettu")
    assert made.status_code == 201
    item = made.json()
    assert made["Location"] == f"{files}/{item['id']}"
    assert (item["name"], item["kind"], item["size"]) == ("suunnitelma.pdf", "pdf", len(PDF))
    assert item["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (item["description"], item["person"]["code"]) == ("Allekirjoitettu", head.code)
    assert client.get(files).json()["items"] == [item]
    read = client.get(made["Location"])
    assert (read.content, read["Content-Type"]) == (PDF, "application/octet-stream")
    assert client.delete(made["Location"]).status_code == 204
    assert client.get(files).json()["items"][0]["withdrawn_by"]["code"] == head.code
    assert told(client.delete(made["Location"])) == (409, "state")
    reader = sign_in(Client(), holder("employee", unit=head.unit))
    assert told(reader.get(made["Location"])) == (409, "state")


def test_the_same_key_attaches_once_and_not_another_file_of_the_same_name(desk: tuple[Client, Person, str]) -> None:
    client, _head, files = desk
    first, second = attach(client, files, key="k1"), attach(client, files, key="k1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert told(attach(client, files, PDF[:-1] + b"y", key="k1")) == (422, "sent_before")
    assert Attachment.objects.count() == 1


def test_what_does_not_fit_is_told_by_field(desk: tuple[Client, Person, str]) -> None:
    client, _head, files = desk
    assert list(attach(client, files, b"MZ\x90\0").json()["errors"]) == ["file"]
    assert list(client.post(files, {"description": "x"}).json()["errors"]) == ["file"]
    assert list(attach(client, files, description="x" * 201).json()["errors"]) == ["description"]
    assert list(attach(client, files, name="x").json()["errors"]) == ["name"]
    assert told(send(client, "post", files, {"description": "x"})) == (415, "no_form")
    assert told(client.post(files, b"no form", content_type="multipart/form-data; boundary=x"))[0] in (400, 422)
    assert told(client.get(f"{files}/nothing")) == (404, "not_there")


def test_a_form_where_json_is_read_is_told_also_after_it_was_looked_at(desk: tuple[Client, Person, str]) -> None:
    client, head, _files = desk
    answer = client.post("/api/risks", {"title": "x"}, headers={"Idempotency-Key": "k2"})
    assert told(answer) == (415, "not_json")
    browser = sign_in(Client(enforce_csrf_checks=True), head)
    token = browser.get("/risks/new/").context["csrf_token"]
    assert told(browser.post("/api/risks", {"title": "x"}, headers={"X-CSRFToken": str(token)})) == (415, "not_json")
