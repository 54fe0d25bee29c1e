"""The pages of a workshop: joining by the code, answering on a phone, leading, and the summary."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from kivijalka.organisation.models import Person
from kivijalka.register.doors import once
from kivijalka.workshops import commands
from kivijalka.workshops.models import Answer, Participant
from tests import factories as make
from tests.who import sign_in
from tests.workshops.people import Room, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    return opened()


def browser(person: Person) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    return sign_in(client, person)


def answered(client: Client, room: Room, number: int = 0, **given: Any) -> Any:
    sent = {"question": room.question(number).pk, "likelihood": 4, "impact": 2, **given}
    return client.post(f"/workshops/{room.workshop.pk}/answer/", sent)


def test_the_camera_s_address_fills_the_code_in_and_joins_nobody_before_the_button(room: Room) -> None:
    someone = make.person()
    lead = browser(room.leader).get(f"/workshops/{room.workshop.pk}/lead/").content.decode()
    assert room.code in lead and "<svg" in lead
    page = browser(someone).get(f"/join/?code={quote(room.code)}").content.decode()
    assert f'value="{room.code}"' in page
    assert not Participant.objects.exists()


def test_who_joins_is_led_from_risk_to_risk_until_all_are_answered(room: Room) -> None:
    client = browser(make.person())
    joined = client.post("/join/", {"code": room.code})
    address = f"/workshops/{room.workshop.pk}/answer/"
    assert joined["Location"] == address
    for number, title in enumerate(("Riski 1", "Riski 2")):
        assert f"<h1>{title}</h1>" in client.get(address).content.decode()
        assert answered(client, room, number)["Location"] == address
    assert "You have answered all risks" in client.get(address).content.decode()
    again = client.get(f"{address}?question={room.question().pk}").content.decode()
    assert re.search(r'name="likelihood" value="4"[^>]*checked', again)


def test_an_answer_that_lacks_something_says_so_and_keeps_the_rest(room: Room) -> None:
    client = browser(room.joined())
    page = answered(client, room, impact="")
    assert page.status_code == 422
    assert "<h1>Riski 1</h1>" in page.content.decode()
    assert re.search(r'name="likelihood" value="4"[^>]*checked', page.content.decode())
    assert answered(client, room, likelihood=6).status_code == 422
    assert not Answer.objects.exists()


def test_an_answer_sent_after_the_closing_is_refused_and_says_why(room: Room) -> None:
    client = browser(room.joined())
    room.closed()
    page = answered(client, room)
    assert page.status_code == 422
    assert "The answers are closed" in page.content.decode()
    assert not Answer.objects.exists()


def test_who_has_not_joined_is_told_to(room: Room) -> None:
    client = browser(room.leader)
    assert answered(client, room).status_code == 403
    assert "Join by the code" in client.get(f"/workshops/{room.workshop.pk}/answer/").content.decode()


def test_an_answer_that_a_device_kept_is_not_sent_as_somebody_else(room: Room) -> None:
    first, second = room.joined(), room.joined()
    key = once.issue(first.pk)
    assert answered(browser(second), room, once=key).status_code == 422
    assert answered(browser(first), room, once=key).status_code == 302
    assert Answer.objects.get().person == first


def test_a_script_is_told_that_an_answer_arrived_and_not_that_it_led_to_the_sign_in(room: Room) -> None:
    address, sent = (
        f"/workshops/{room.workshop.pk}/answer/",
        {"question": room.question().pk, "likelihood": 1, "impact": 1},
    )
    client = browser(room.joined())
    kept = client.post(address, sent, headers={"accept": "application/json"})
    assert (kept.status_code, kept.json()) == (200, {"kept": True})
    client.logout()
    assert client.post(address, sent, headers={"accept": "application/json"}).status_code == 302


def test_guessing_a_code_is_slowed_down_for_who_guesses_and_for_nobody_else(room: Room) -> None:
    guesser, now = browser(make.person()), timezone.now()
    with patch("kivijalka.workshops.phone.timezone.now") as told:
        told.side_effect = lambda: now
        for _ in range(3):
            assert "No open workshop has this code" in guesser.post("/join/", {"code": "AAAA-AAAA"}).content.decode()
        assert "Too many failed tries" in guesser.post("/join/", {"code": room.code}).content.decode()
        assert browser(make.person()).post("/join/", {"code": room.code}).status_code == 302
        now += timedelta(seconds=2)
        assert guesser.post("/join/", {"code": room.code}).status_code == 302


def test_whoever_has_a_code_that_fits_does_not_guess_others_in_between(room: Room) -> None:
    guesser = browser(make.person())
    for _ in range(3):
        guesser.post("/join/", {"code": room.code})
        guesser.post("/join/", {"code": "AAAA-AAAA"})
    assert "Too many failed tries" in guesser.post("/join/", {"code": "BBBB-BBBB"}).content.decode()


def test_a_failed_try_counts_though_its_form_was_sent_with_a_key(room: Room) -> None:
    person = make.person()
    client = browser(person)
    for _ in range(3):
        client.post("/join/", {"code": "AAAA-AAAA", "once": once.issue(person.pk)})
    page = client.post("/join/", {"code": room.code, "once": once.issue(person.pk)})
    assert "Too many failed tries" in page.content.decode()


def test_the_code_is_shown_to_who_may_lead_and_to_no_participant(room: Room) -> None:
    colleague = make.holder("employee", unit=make.unit())
    for person in (room.joined(), colleague):
        page = browser(person).get(f"/workshops/{room.workshop.pk}/lead/")
        assert room.code not in page.content.decode()
    record = browser(room.leader).get(f"/workshops/{room.workshop.pk}/").content.decode()
    assert room.code not in record and make.fresh(room.workshop).code_mark not in record


def test_whoever_leads_sees_counts_while_it_is_open_and_the_spread_afterwards(room: Room) -> None:
    for levels in ((1, 1), (5, 5), (5, 5)):
        room.answers(room.joined(), *levels)
    client, address = browser(room.leader), f"/workshops/{room.workshop.pk}/lead/"
    before = client.get(address).content.decode()
    assert "3 have joined" in before and "kj-matrix" not in before
    counts = client.get(address, headers={"hx-target": "div#progress"}).content.decode()
    assert "3 have joined" in counts and "<html" not in counts
    room.closed()
    after = client.get(address).content.decode()
    assert "kj-matrix" in after and "3 answered." in after
    assert after.index("Riski 1") < after.index("Riski 2")


def test_the_form_of_the_shared_assessment_begins_with_the_risk_and_the_middle_of_the_answers(room: Room) -> None:
    room.answers(room.joined(), 4, 4)
    room.closed()
    client = browser(room.leader)
    lead = client.get(f"/workshops/{room.workshop.pk}/lead/").content.decode()
    [link] = re.findall(r'href="([^"]*do/agree/[^"]*likelihood=4[^"]*)"', lead)
    form = client.get(link.replace("&amp;", "&")).content.decode()
    assert room.risks[0].code in form
    assert re.search(r'name="likelihood" value="4"[^>]*checked', form)


def test_the_summary_tells_who_took_part_what_was_answered_and_what_was_agreed(room: Room) -> None:
    someone = room.joined()
    room.answers(someone, 2, 3)
    room.closed()
    room.do(commands.agree, risk=room.risks[0], likelihood=5, people=5, note="Olimme varovaisia.")
    for state in ("closed", "ended"):
        page = browser(room.leader).get(f"/workshops/{room.workshop.pk}/summary/").content.decode()
        assert str(someone) in page and "Olimme varovaisia." in page and "critical" in page, state
        if state == "closed":
            room.do(commands.end)


def test_a_participant_sees_the_spread_once_it_is_there_and_not_the_risk(room: Room) -> None:
    someone = room.joined()
    room.answers(someone, 2, 3)
    address, client = f"/workshops/{room.workshop.pk}/summary/", browser(someone)
    assert "not closed yet" in client.get(address).content.decode()
    room.closed()
    page = client.get(address).content.decode()
    assert "kj-matrix" in page and room.risks[0].code not in page
    assert client.get(f"/risks/{room.risks[0].pk}/").status_code == 404
