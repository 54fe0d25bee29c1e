"""An edit is undone by whoever may edit, as a new version; what somebody changed since is never lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from kivijalka.risks.models import Risk
from tests.factories import fresh, holder, person, risk, sector
from tests.web.test_two_people import Desk, answers_in
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited() -> tuple[Desk, Risk]:
    """A risk whose cause somebody has just edited."""
    unit = sector()
    found = risk("Fire", unit=unit, cause="Old wires.", event="It burns.")
    desk = Desk(holder("unit_head", unit=unit), found)
    assert desk.save(cause="A mistake.").status_code == 302
    return desk, fresh(found)


def link_in(client: Client, address: str) -> str:
    found = re.search(r'href="([^"]+\?undo=\d+)"', client.get(address).content.decode())
    assert found, "no undo is offered"
    return found[1]


def send_as_shown(desk: Desk, address: str) -> Any:
    """Open the form that undoes, and save it as it is."""
    form = desk.client.get(address).context
    return desk.client.post(desk.address, {**answers_in(form, desk.found), "version": form["version"]})


def test_the_message_after_saving_and_the_history_offer_to_undo(edited: tuple[Desk, Risk]):
    desk, found = edited
    expected = f"{desk.address}?undo={found.version}"
    for address in (f"/risks/{found.pk}/", f"/risks/{found.pk}/history/"):
        assert link_in(desk.client, address) == expected


def test_an_undone_edit_is_a_new_version_and_may_be_undone_itself(edited: tuple[Desk, Risk]):
    desk, found = edited
    number = found.version
    assert send_as_shown(desk, f"{desk.address}?undo={number}").status_code == 302
    assert (fresh(found).cause, found.version) == ("Old wires.", number + 1)
    send_as_shown(desk, f"{desk.address}?undo={number + 1}")
    assert fresh(found).cause == "A mistake."


def test_what_another_changed_elsewhere_since_stays(edited: tuple[Desk, Risk]):
    desk, found = edited
    Desk(holder("unit_head", unit=found.unit), found).save(event="It smokes.")
    assert send_as_shown(desk, f"{desk.address}?undo={found.version}").status_code == 302
    assert (fresh(found).cause, fresh(found).event) == ("Old wires.", "It smokes.")


def test_what_another_changed_in_the_same_place_is_shown_and_nothing_is_stored(edited: tuple[Desk, Risk]):
    desk, found = edited
    Desk(holder("unit_head", unit=found.unit), found).save(cause="Better words.")
    answer = send_as_shown(desk, f"{desk.address}?undo={found.version}")
    assert answer.status_code == 409
    assert (fresh(found).cause, "Old wires." in answer.content.decode()) == ("Better words.", True)


@pytest.mark.parametrize("version", ["1", "999", "x", "-1"])
def test_only_an_edit_is_undone(edited: tuple[Desk, Risk], version: str):
    desk, _ = edited
    assert desk.client.get(f"{desk.address}?undo={version}").status_code == 409


def test_who_may_not_edit_is_offered_no_undo_and_refused(edited: tuple[Desk, Risk]):
    _, found = edited
    reader = sign_in(Client(), holder("auditor", unit=found.unit))
    page = reader.get(f"/risks/{found.pk}/history/")
    assert "?undo=" not in page.content.decode()
    for somebody in (reader, sign_in(Client(), person())):
        assert somebody.get(f"/risks/{found.pk}/edit/?undo={found.version}").status_code in (403, 404)
