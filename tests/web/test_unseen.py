"""Text that turns itself around, or that nobody sees, comes in as what people see of it: at every door."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.register.models import Comment, SavedView
from kivijalka.register.plain import plain
from kivijalka.risks.models import Risk
from tests.api.programs import as_head, send
from tests.factories import fresh, risk
from tests.files.imports import csv_of, planned

pytestmark = pytest.mark.django_db
HIDDEN = "gnp.\u202e\u2066ex\u200be\u2069\u202c\U000e0041\ufeff"


@pytest.fixture
def desk() -> tuple[Client, Person]:
    return as_head()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (HIDDEN, "gnp.exe"),
        ("a\u0308iti\x07", "äiti"),
        ("two\r\nlines\tand a tab", "two\r\nlines\tand a tab"),
        ("ليلى, אבג, 漢字, 🏳️", "ليلى, אבג, 漢字, 🏳️"),
        ("soft\u00adhyphen and no\u00a0break", "soft\u00adhyphen and no\u00a0break"),
    ],
)
def test_what_is_seen_stays_and_nothing_else(text: str, seen: str) -> None:
    assert plain(text) == seen


def test_forms_programs_verbs_and_comments_take_what_is_seen(desk: tuple[Client, Person]) -> None:
    client, head = desk
    values = {
        "title": HIDDEN,
        "unit": head.unit.code,
        "sign": "threat",
        "kind": "operational",
        "confidentiality": "1",
    }
    page = client.post("/risks/new/", values)
    assert page.status_code == 302, page.context["form"].errors
    assert send(client, "post", "/api/risks", {"title": HIDDEN, "unit": head.unit.code}).json()["title"] == "gnp.exe"
    assert {found.title for found in Risk.objects.all()} == {"gnp.exe"}
    record = Risk.objects.all()[0]
    client.post(f"/risks/{record.pk}/discussion/", {"text": HIDDEN})
    client.post("/risks/views/", {"name": HIDDEN, "query": "state=draft"})
    assert Comment.objects.get().text == SavedView.objects.get().name == "gnp.exe"


def test_words_with_what_nobody_sees_find_what_they_say(desk: tuple[Client, Person]) -> None:
    client, head = desk
    risk("Sähkökatko koulussa", unit=head.unit)
    answer = client.get("/api/search", {"q": "Sähkö\u200bkatko\u202e"}).json()
    assert [node["title"] for node in answer["items"]] == ["Sähkökatko koulussa"]


def test_an_edit_that_adds_only_what_nobody_sees_changes_nothing(desk: tuple[Client, Person]) -> None:
    client, head = desk
    record = risk("gnp.exe", unit=head.unit)
    answer = send(client, "patch", f"/api/risks/{record.pk}", {"title": HIDDEN, "version": 1})
    assert (answer.status_code, fresh(record).version) == (200, 1)


def test_an_import_brings_what_is_seen(desk: tuple[Client, Person]) -> None:
    _client, head = desk
    found = planned(csv_of(["title", "unit"], [HIDDEN, head.unit.code]), head)
    assert [row.values["title"] for row in found.of("new")] == ["gnp.exe"]


def test_nul_is_refused_and_not_left_out(desk: tuple[Client, Person]) -> None:
    client, head = desk
    answer: Any = send(client, "post", "/api/risks", {"title": "a\0b", "unit": head.unit.code})
    assert answer.json()["errors"]["title"][0]["code"] == "null_characters_not_allowed"
    assert client.post("/risks/new/", {"title": "a\0b", "unit": head.unit.code}).status_code == 422
