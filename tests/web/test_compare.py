"""Two days beside one another: what came to a list, what left it, and what changed of a record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.risks.commands import assess, decide
from tests.factories import assessed_risk, fresh, holder, risk, sector
from tests.who import as_owner, sign_in

pytestmark = pytest.mark.django_db
LAST_WEEK = timezone.localdate() - timedelta(days=7)


@pytest.fixture
def head() -> Person:
    return holder("unit_head", unit=sector())


def since_long(record: Any) -> Any:
    """The record, as if it had stood as it is for a year."""
    year_ago = datetime.now(tz=UTC) - timedelta(days=365)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("update history.risks_risk set kept_from = %s where id = %s", [year_ago, record.pk])
    return record


def changed(record: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(record, name, value)
    record.save(update_fields=list(values))
    return fresh(record)


def compared(who: Person, address: str, since: date | str = LAST_WEEK, **query: Any) -> Any:
    return sign_in(Client(), who).get(address, {"since": str(since), **query})


def kinds(answer: Any) -> dict[str, list[str]]:
    return {str(one.heading): [told.row.title for told in one.shown] for one in answer.context["differences"]}


def differing(answer: Any, heading: str) -> list[Any]:
    return next(list(one.shown) for one in answer.context["differences"] if str(one.heading) == heading)


def test_a_list_says_what_changed_what_came_and_what_is_as_it_was(head: Person) -> None:
    moved, _still = since_long(risk("Old name", unit=head.unit)), since_long(risk("The same", unit=head.unit))
    changed(moved, title="New name")
    risk("Came", unit=head.unit)
    answer = compared(head, "/risks/compare/")
    assert kinds(answer) == {
        "Nousseet": [],
        "Laskeneet": [],
        "Muuttuneet": ["New name"],
        "Tulleet": ["Came"],
        "Poistuneet": [],
    }
    [change] = differing(answer, "Muuttuneet")[0].changes
    assert (change.before, change.after) == ("Old name", "New name")


def test_filters_hold_at_both_moments_so_that_a_row_leaves_one_list_and_comes_to_another(head: Person) -> None:
    record = since_long(risk("Fire", unit=head.unit, state="draft"))
    changed(record, state="closed")
    assert kinds(compared(head, "/risks/compare/", state="draft"))["Poistuneet"] == ["Fire"]
    assert kinds(compared(head, "/risks/compare/", state="closed"))["Tulleet"] == ["Fire"]


def test_what_was_changed_and_changed_back_is_the_same(head: Person) -> None:
    record = since_long(risk("Fire", unit=head.unit))
    changed(changed(record, title="Flood"), title="Fire")
    answer = compared(head, "/risks/compare/")
    assert [told.changes for told in differing(answer, "Muuttuneet")] == [[]]


def test_one_record_is_compared_field_by_field(head: Person) -> None:
    record = since_long(risk("Fire", unit=head.unit, cause="Old wires"))
    changed(record, cause="Older wires")
    page = compared(head, f"/risks/{record.pk}/compare/").content.decode()
    assert "<del>Old wires</del>" in page and "<ins>Older wires</ins>" in page


def test_what_is_out_of_reach_is_neither_shown_nor_counted(head: Person) -> None:
    elsewhere = since_long(risk("Elsewhere", unit=sector()))
    changed(elsewhere, title="Still elsewhere")
    answer = compared(head, "/risks/compare/")
    assert [one.count for one in answer.context["differences"]] == [0] * 5
    assert compared(head, f"/risks/{elsewhere.pk}/compare/").status_code == 404


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01", ""])
def test_a_day_that_cannot_be_compared_with_is_refused_with_a_reason(head: Person, since: str) -> None:
    answer = compared(head, "/risks/compare/", since)
    assert answer.status_code == 422 and answer.context["form"].errors["since"]


def test_a_filter_that_is_not_understood_is_told(head: Person) -> None:
    answer = compared(head, "/risks/compare/", colour="blue")
    assert answer.status_code == 422 and "colour" in answer.content.decode()


def test_two_past_days_are_compared(head: Person) -> None:
    record = since_long(risk("Fire", unit=head.unit))
    changed(record, title="Flood")
    yesterday = str(timezone.localdate() - timedelta(days=1))
    assert kinds(compared(head, "/risks/compare/", as_of=yesterday))["Muuttuneet"] == []


def test_levels_that_rose_and_fell_stand_apart_with_what_was_done_in_between(head: Person) -> None:
    up, down = (since_long(assessed_risk(name, unit=head.unit, owner=head)) for name in ("Up", "Down"))
    with acting(head.pk) as actor:
        assess(actor, up, likelihood=5, people=5)
        decide(actor, fresh(up), treatment="reduce")
        assess(actor, down, likelihood=1, people=1)
    answer = compared(head, "/risks/compare/")
    told = kinds(answer)
    assert (told["Nousseet"], told["Laskeneet"], told["Muuttuneet"]) == (["Up"], ["Down"], [])
    assert [(str(deed.what), deed.by) for deed in differing(answer, "Nousseet")[0].deeds] == [
        ("Arvioi", str(head)),
        ("Kirjaa käsittelypäätös", str(head)),
    ]
