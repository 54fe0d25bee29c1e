"""What a program does in a workshop: reads what is asked, answers as whoever it acts as, and learns no more than they."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.workshops.models import Answer
from tests import factories as make
from tests.api.programs import send, told
from tests.who import sign_in
from tests.workshops.people import Room, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    return opened()


def asked(room: Room, person: Person) -> Any:
    return sign_in(Client(), person).get(f"/api/workshops/{room.workshop.pk}/questions")


def answered(room: Room, person: Person, **given: Any) -> Any:
    body = {"question": str(room.question().pk), "likelihood": 4, "impact": 2, **given}
    return send(sign_in(Client(), person), "post", f"/api/workshops/{room.workshop.pk}/answers", body)


def test_a_participant_reads_the_questions_and_answers(room: Room) -> None:
    someone = room.joined()
    kept = answered(room, someone)
    assert (kept.status_code, kept.json()["mine"]) == (200, {"likelihood": 4, "impact": 2})
    items = asked(room, someone).json()["items"]
    assert [(item["title"], item["answers"], item["spread"]) for item in items] == [
        ("Riski 1", 1, []),
        ("Riski 2", 0, []),
    ]


def test_the_spread_is_told_once_the_answers_are_closed_and_nobody_s_answer_with_it(room: Room) -> None:
    room.answers(room.joined(), 5, 5)
    room.closed()
    [first, _second] = asked(room, room.leader).json()["items"]
    assert (first["spread"], first["mine"]) == ([{"likelihood": 5, "impact": 5, "answers": 1}], None)


def test_who_has_not_joined_does_not_answer_and_who_does_not_see_it_reads_nothing(room: Room) -> None:
    assert told(answered(room, room.leader)) == (403, "no_right")
    stranger = make.holder(unit=make.unit())
    assert told(answered(room, stranger)) == told(asked(room, stranger)) == (404, "not_there")
    assert not Answer.objects.exists()


@pytest.mark.parametrize("given", [{"likelihood": 6}, {"impact": None}, {"question": "x"}])
def test_what_is_no_answer_is_refused_at_its_field(room: Room, given: dict[str, Any]) -> None:
    refused = answered(room, room.joined(), **given)
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == list(given)


def test_an_answer_after_the_closing_is_refused(room: Room) -> None:
    someone = room.joined()
    room.closed()
    assert told(answered(room, someone)) == (422, "contradiction")
