"""The same is done to many records at once: what becomes of each is shown first, then all of it is done, or nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests.api.programs import as_head
from tests.factories import action, assessed_risk, fresh, holder, in_days, link, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> tuple[Client, Person]:
    client, person = as_head()
    client.cookies["language"] = "en"
    return client, person


def rows_of(*records: Any) -> str:
    return "&".join(f"row={record.pk}" for record in records)


def hidden(page: Any) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(rows|seen)" value="([^"]*)"', page.content.decode()))


def fates(page: Any) -> dict[str, list[str]]:
    return {fate: [row.title for row in rows] for fate, _count, rows in page.context["groups"]}


REASON = {"reason": "It is gone."}


def test_what_is_ticked_in_a_list_can_be_changed_together(head: tuple[Client, Person]) -> None:
    client, person = head
    mine, other = risk("Fire", unit=person.unit), risk("Flood", unit=person.unit)
    listed = client.get("/risks/").content.decode()
    assert listed.count('name="row"') == 2 and 'name="all"' not in listed
    page = client.get(f"/risks/many/?{rows_of(mine, other)}").content.decode()
    assert "Change 2 rows" in page and "can be done with 2 of 2" in page and "/risks/many/close/" in page
    assert "/risks/many/treat/" not in page and "/risks/many/assess/" not in page


def test_a_preview_says_who_is_refused_and_why_and_the_others_are_done(head: tuple[Client, Person]) -> None:
    client, person = head
    free = risk("Fire", unit=person.unit)
    treated, closed = risk("Flood", unit=person.unit), risk("Old", unit=person.unit, state="closed")
    link("treats", action(unit=person.unit), treated)
    address = f"/risks/many/close/?{rows_of(free, treated, closed)}"
    page = client.post(address, REASON)
    assert fates(page) == {"refused": ["Flood", "Old"], "changed": ["Fire"]}
    assert "present state" in page.content.decode() and fresh(free).state == "draft"
    answer = client.post(address, {"commit": "1", **hidden(page), **REASON})
    assert (answer.status_code, answer["Location"]) == (302, "/risks/")
    assert [fresh(record).state for record in (free, treated)] == ["closed", "draft"]


def test_fields_are_given_the_same_value_in_all_that_the_filters_find(head: tuple[Client, Person]) -> None:
    client, person = head
    owner = holder(unit=person.unit)
    ours = [risk(f"Fire {number}", unit=person.unit) for number in range(3)]
    done = risk("Fire 4", unit=person.unit, owner=owner)
    left = risk("Other", unit=person.unit, state="closed")
    address = "/risks/many/edit/?all=1&state=draft&field=owner&sort=title"
    page = client.post(address, {"owner": owner.code})
    assert {fate: len(found) for fate, found in fates(page).items()} == {"changed": 3, "same": 1}
    assert str(owner) in page.content.decode()
    answer = client.post(address, {"owner": owner.code, "commit": "1", **hidden(page)})
    assert answer["Location"] == "/risks/?state=draft&sort=title"
    assert {fresh(record).owner for record in ours} == {owner} and fresh(left).owner is None
    assert fresh(done).version == done.version


def test_nothing_is_done_when_one_changed_since_the_preview(head: tuple[Client, Person]) -> None:
    client, person = head
    records = [risk(f"Fire {number}", unit=person.unit) for number in range(3)]
    address = f"/risks/many/close/?{rows_of(*records)}"
    seen = hidden(client.post(address, REASON))
    Risk.objects.filter(pk=records[1].pk).update(title="Smoke")
    page = client.post(address, {"commit": "1", **seen, **REASON})
    assert page.status_code == 409 and "Nothing was done" in page.content.decode()
    assert {fresh(record).state for record in records} == {"draft"}
    assert client.post(address, {"commit": "1", **hidden(page), **REASON}).status_code == 302
    assert {fresh(record).state for record in records} == {"closed"}


def test_what_was_answered_after_the_preview_is_shown_before_it_is_done(head: tuple[Client, Person]) -> None:
    client, person = head
    late = action(unit=person.unit)
    address = f"/actions/many/postpone/?{rows_of(late)}"
    page = client.post(address, {"to": in_days(60).isoformat()})
    again = client.post(address, {"to": in_days(90).isoformat(), "commit": "1", **hidden(page)})
    assert again.status_code == 200 and fresh(late).due == late.due
    wrong = client.post(address, {"to": "tomorrow", "commit": "1", **hidden(page)})
    assert wrong.status_code == 422 and "tomorrow" in wrong.content.decode()
    client.post(address, {"to": in_days(90).isoformat(), "commit": "1", **hidden(again)})
    assert fresh(late).due == in_days(90)


def test_records_out_of_reach_are_as_if_they_were_not_there(head: tuple[Client, Person]) -> None:
    client, person = head
    mine, other = risk(unit=person.unit), risk(unit=sector())
    page = client.post(f"/risks/many/close/?{rows_of(mine, other)}", REASON)
    assert fates(page) == {"changed": [mine.title]}
    forged = {"rows": f"{hidden(page)['rows']},{other.pk}:{other.version}", "seen": hidden(page)["seen"]}
    assert client.post(f"/risks/many/close/?{rows_of(mine)}", {"commit": "1", **forged, **REASON}).status_code == 404
    assert fresh(mine).state == fresh(other).state == "draft"


def test_without_a_row_or_a_field_it_says_what_to_do(head: tuple[Client, Person]) -> None:
    client, person = head
    mine = risk(unit=person.unit)
    for address in ("/risks/many/", "/risks/many/confirm/", f"/risks/many/edit/?{rows_of(mine)}&field=title"):
        page = client.get(address)
        assert page.status_code == 422 and "Go back" in page.content.decode()
    assert client.get(f"/risks/many/treat/?{rows_of(mine)}").status_code == 404
    assert client.get(f"/risks/many/?{rows_of(mine)}&as_of=2026-01-01").status_code == 409


def test_many_rows_are_changed_by_as_many_questions_as_a_few(
    head: tuple[Client, Person], django_assert_max_num_queries: Any
) -> None:
    client, person = head
    records = [assessed_risk(unit=person.unit) for _ in range(40)]
    address = f"/risks/many/confirm/?{rows_of(*records)}"
    with django_assert_max_num_queries(30):
        page = client.get(address)
    assert fates(page).keys() == {"same"} or page.context["counts"]["changed"] == 40


@pytest.mark.parametrize("key", REGISTERS)
def test_every_register_says_what_can_be_done_with_many(key: str) -> None:
    register = REGISTERS[key]
    client = sign_in(Client(), holder("chief_executive"))
    assert client.get(f"/{register.path}/many/?all=1").status_code in (200, 403, 422)
    assert not set(register.for_many) & set(register.title.split())
