"""What somebody did in one go is undone as a whole, by them, for as long as nobody has changed it since."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kivijalka.organisation.models import Person, Role
from kivijalka.register.models import Link
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests.api.programs import as_head
from tests.factories import action, assessed_risk, delegation, fresh, holder, in_days, risk, role_of
from tests.web.test_many import hidden, rows_of
from tests.who import sign_in

REASON = {"reason": "It is gone."}


@pytest.fixture
def head(committed: str) -> tuple[Client, Person]:
    client, person = as_head()
    client.cookies["language"] = "en"
    return client, person


def undo_in(page: Any) -> str | None:
    found = re.search(r'href="(/undo/\d+/)"', page.content.decode())
    return found[1] if found else None


def done(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    """The way back that the page offers after something was done."""
    answer = client.post(address, data or {})
    assert answer.status_code == 302, answer.content.decode()
    found = undo_in(client.get(answer["Location"]))
    assert found, "no undo is offered"
    return found


def entries(record: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f'select kept_no from history."{record._meta.db_table}" where id = %s order by 1', [record.pk])
        return [row[0] for row in cursor.fetchall()]


def test_a_verb_is_undone_as_a_new_version_and_may_be_done_again(head: tuple[Client, Person]) -> None:
    client, person = head
    found = assessed_risk(unit=person.unit)
    review = found.review
    way_back = done(client, f"/risks/{found.pk}/do/close/", REASON)
    assert fresh(found).state == "closed"
    page = client.get(way_back).content.decode()
    assert "Close the risk" in page and found.title in page
    again = done(client, way_back)
    after = Risk.objects.get(pk=found.pk)
    assert (after.state, after.review, after.version) == ("assessed", review, 3)
    assert "Undone" in client.get(f"/risks/{found.pk}/history/").content.decode()
    client.post(again)
    assert fresh(found).state == "closed"


def test_the_history_offers_to_undo_what_one_did_last(head: tuple[Client, Person]) -> None:
    client, person = head
    found = action(unit=person.unit)
    client.post(f"/actions/{found.pk}/do/start/")
    client.get("/")
    assert undo_in(client.get(f"/actions/{found.pk}/history/"))
    client.post(f"/actions/{found.pk}/do/postpone/", {"to": in_days(90).isoformat()})
    client.get("/")
    assert undo_in(client.get(f"/actions/{found.pk}/history/")) == f"/undo/{entries(found)[-1]}/"
    colleague = sign_in(Client(), holder("unit_head", unit=person.unit))
    assert undo_in(colleague.get(f"/actions/{found.pk}/history/")) is None


def test_many_changed_together_are_undone_together(head: tuple[Client, Person]) -> None:
    client, person = head
    before, owner = holder(unit=person.unit), holder(unit=person.unit)
    records = [risk(f"Fire {number}", unit=person.unit, owner=before) for number in range(3)]
    address = f"/risks/many/edit/?{rows_of(*records)}&field=owner"
    shown = hidden(client.post(address, {"owner": owner.code}))
    way_back = done(client, address, {"owner": owner.code, "commit": "1", **shown})
    assert "3 records" in client.get(way_back).content.decode()
    assert client.post(way_back)["Location"] == "/risks/"
    assert {fresh(record).owner for record in records} == {before}


def test_it_is_refused_as_a_whole_when_somebody_changed_one_since(head: tuple[Client, Person]) -> None:
    client, person = head
    records = [risk(f"Fire {number}", unit=person.unit) for number in range(2)]
    address = f"/risks/many/close/?{rows_of(*records)}"
    way_back = done(client, address, {"commit": "1", **hidden(client.post(address, REASON)), **REASON})
    colleague = holder("unit_head", unit=person.unit)
    other = sign_in(Client(), colleague)
    other.post(f"/risks/{records[0].pk}/do/reopen/", REASON)
    page = client.post(way_back)
    assert page.status_code == 409 and str(colleague) in page.content.decode()
    assert [fresh(record).state for record in records] == ["draft", "closed"]


def test_a_link_is_taken_back_and_an_ended_one_restored(head: tuple[Client, Person]) -> None:
    client, person = head
    cause, effect = risk("Fire", unit=person.unit), risk("Smoke", unit=person.unit)
    target = f"/risks/{cause.pk}/link/"
    way_back = done(client, target, {"kind": "may_cause", "other": effect.code})
    assert client.get(way_back).status_code == 200
    client.post(way_back)
    assert Link.objects.get().until is not None
    client.post(target, {"kind": "may_cause", "other": effect.code})
    second = Link.objects.get(until__isnull=True)
    client.get("/")
    client.post(done(client, target, {"end": str(second.pk)}))
    assert fresh(second).until is None


def test_what_somebody_else_did_is_not_there(head: tuple[Client, Person]) -> None:
    client, person = head
    found = assessed_risk(unit=person.unit)
    way_back = done(client, f"/risks/{found.pk}/do/close/", REASON)
    colleague = holder("unit_head", unit=person.unit)
    other = sign_in(Client(), colleague)
    assert {other.get(way_back).status_code, other.post(way_back).status_code} == {404}
    delegation(person, colleague)
    other.post("/on-behalf/", {"person": person.pk})
    assert other.post(way_back).status_code == 404
    assert client.get("/undo/999999999/").status_code == 404
    assert fresh(found).state == "closed"


def test_who_may_change_it_no_more_may_not_undo(head: tuple[Client, Person]) -> None:
    client, person = head
    found = risk(unit=person.unit)
    way_back = done(client, f"/risks/{found.pk}/do/close/", REASON)
    role_of(person, "employee")
    Role.objects.filter(person=person, kind="unit_head").update(end=in_days(-1))
    assert client.post(way_back).status_code in (403, 404, 409)
    assert fresh(found).state == "closed"


def test_nor_who_may_do_something_else_to_it_still(head: tuple[Client, Person]) -> None:
    client, person = head
    found = assessed_risk(unit=person.unit)
    way_back = done(client, f"/risks/{found.pk}/do/close/", REASON)
    Role.objects.filter(person=person).update(kind="city_board")
    answer = client.post(way_back)
    assert answer.status_code == 409 and "do not have the right" in answer.content.decode()
    assert fresh(found).state == "closed"


def test_a_legal_act_is_withdrawn_not_undone(head: tuple[Client, Person]) -> None:
    client, person = head
    deputy = holder("unit_head", unit=person.unit)
    lent = delegation(person, deputy)
    client.post(f"/delegations/{lent.pk}/do/end_now/")
    answer = client.get(f"/delegations/{lent.pk}/")
    assert undo_in(answer) is None
    assert client.post(f"/undo/{entries(lent)[-1]}/").status_code == 409
    assert fresh(lent).ended_at is not None


def test_what_made_a_record_is_not_undone(head: tuple[Client, Person]) -> None:
    client, person = head
    found = risk(unit=person.unit)
    client.post(f"/risks/{found.pk}/do/assess/", {"likelihood": "3", "people": "3", "stage": "current"})
    page = client.post(f"/undo/{entries(found)[-1]}/")
    assert page.status_code == 409 and "taken back by a verb" in page.content.decode()
    assert fresh(found).state == "assessed"


@pytest.mark.parametrize(
    "act", ["risk accept", "delegation end_now", "token revoke", "role end_role", "person leave", "policy put_in_force"]
)
def test_legal_acts_and_what_takes_reach_away_are_final(act: str) -> None:
    key, name = act.split()
    assert REGISTERS[key].all_commands[name].final
