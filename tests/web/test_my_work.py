"""My work: what waits now, what is due later, and what one put off until a later day."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kivijalka.desk.waiting import LONGEST, MOST
from kivijalka.organisation.models import Person
from kivijalka.register.models import Snooze
from tests.factories import action, delegation, fresh, holder, in_days, person, sector
from tests.who import as_owner, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    return holder("unit_head", unit=sector())


def due(owner: Person, days: int, title: str = "Fence the yard") -> Any:
    return action(title, unit=owner.unit, owner=owner, due=in_days(days), state="planned")


def desk_of(who: Person, **query: Any) -> Any:
    return sign_in(Client(), who).get("/", query)


def titles(answer: Any, part: str) -> list[str]:
    return [task.record.title for task in getattr(answer.context["desk"], part)]


def put_off(who: Person, record: Any, until: date | str, reason: str = "The yard is under snow") -> Any:
    day = until if isinstance(until, str) else until.isoformat()
    return sign_in(Client(), who).post(f"/snooze/{record.pk}/complete/", {"until": day, "reason": reason})


def test_what_is_late_or_soon_due_waits_now_and_the_rest_is_due_later(owner: Person) -> None:
    due(owner, 40, "In spring"), due(owner, 3, "This week"), due(owner, -2, "Late")
    page = desk_of(owner)
    assert (titles(page, "now"), titles(page, "later")) == (["Late", "This week"], ["In spring"])


def test_with_nothing_to_do_the_page_says_when_the_next_thing_comes(owner: Person) -> None:
    due(owner, 40)
    assert desk_of(owner).context["desk"].next_on == in_days(10)


def test_what_was_put_off_comes_back_on_its_day(owner: Person) -> None:
    record = due(owner, 3)
    assert put_off(owner, record, in_days(5)).status_code == 302
    page = desk_of(owner)
    assert (titles(page, "now"), titles(page, "off")) == ([], [record.title])
    assert page.context["desk"].next_on == in_days(5) and "The yard is under snow" in page.content.decode()
    with as_owner():
        Snooze.objects.update(until=in_days(0))
    assert titles(desk_of(owner), "now") == [record.title]


def test_what_was_put_off_is_as_due_as_before_and_nothing_else_is_changed(owner: Person) -> None:
    record = due(owner, -3)
    before = record.version
    put_off(owner, record, in_days(5))
    assert fresh(record).version == before
    late = sign_in(Client(), owner).get("/actions/?due_lt=today").content.decode()
    assert str(record.pk) in late


def test_it_is_taken_back_at_once(owner: Person) -> None:
    record = due(owner, 3)
    put_off(owner, record, in_days(5))
    sign_in(Client(), owner).post("/snooze/end/", {"record": str(record.pk), "verb": "complete"})
    assert titles(desk_of(owner), "now") == [record.title]


def test_put_off_again_it_has_the_later_day_and_reason(owner: Person) -> None:
    record = due(owner, 3)
    put_off(owner, record, in_days(5)), put_off(owner, record, in_days(9), "Still snow")
    assert list(Snooze.objects.values_list("until", "reason")) == [(in_days(9), "Still snow")]


@pytest.mark.parametrize("days", [-1, 0, LONGEST.days + 1])
def test_only_a_day_to_come_and_not_far_off_is_taken_and_what_was_typed_stays(owner: Person, days: int) -> None:
    answer = put_off(owner, due(owner, 3), in_days(days))
    assert answer.status_code == 422 and "The yard is under snow" in answer.content.decode()
    assert answer.context["form"].errors["until"] and not Snooze.objects.exists()


def test_a_reason_is_asked(owner: Person) -> None:
    answer = put_off(owner, due(owner, 3), in_days(5), " ")
    assert answer.status_code == 422 and answer.context["form"].errors["reason"]


def test_what_does_not_wait_for_one_is_put_off_by_nobody(owner: Person) -> None:
    other = due(holder("unit_head", unit=owner.unit), 3)
    hidden = due(holder("unit_head", unit=sector()), 3)
    for record in (other, hidden):
        assert put_off(owner, record, in_days(5)).status_code == 404
        client = sign_in(Client(), owner)
        assert client.get(f"/snooze/{record.pk}/complete/").status_code == 404
        assert client.post("/snooze/end/", {"record": str(record.pk), "verb": "complete"}).status_code == 404
    assert put_off(owner, due(owner, 3), in_days(5)).status_code == 302


def test_whoever_acts_for_somebody_has_a_list_of_their_own(owner: Person) -> None:
    record, deputy = due(owner, 3), person(unit=owner.unit)
    delegation(owner, deputy)
    put_off(owner, record, in_days(5))
    client = sign_in(Client(), deputy)
    client.post("/on-behalf/", {"person": owner.pk})
    assert titles(client.get("/"), "now") == [record.title]


def test_more_than_a_page_holds_is_said_and_what_was_put_off_still_shows(owner: Person) -> None:
    records = [due(owner, 5, f"Fence {number}") for number in range(MOST + 2)]
    put_off(owner, records[-1], in_days(60))
    page = desk_of(owner)
    assert page.content.decode().count("/do/complete/") == MOST + 1
    assert titles(page, "off") == [records[-1].title] and len(titles(page, "now")) > MOST


def test_a_day_that_has_gone_by_is_forgotten(owner: Person) -> None:
    gone, still = due(owner, 3, "Gone"), due(owner, 3, "Still")
    put_off(owner, gone, in_days(5)), put_off(owner, still, in_days(5))
    with as_owner(), connection.cursor() as cursor:
        Snooze.objects.filter(record=gone.pk).update(until=in_days(-2))
        cursor.execute("select kj.forget()")
        assert list(Snooze.objects.values_list("record", flat=True)) == [still.pk]


def test_nothing_is_put_off_in_the_past(owner: Person) -> None:
    record, moment = due(owner, 3), timezone.now().isoformat()
    page = desk_of(owner, as_of=moment)
    assert titles(page, "now") == [record.title] and "/snooze/" not in page.content.decode()
    answer = sign_in(Client(), owner).post(
        f"/snooze/{record.pk}/complete/?{urlencode({'as_of': moment})}",
        {"until": in_days(5).isoformat(), "reason": "Snow"},
    )
    assert answer.status_code in (403, 409, 422) and not Snooze.objects.exists()
