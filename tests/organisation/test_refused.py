"""Bad input to the organisation's registers is refused with its reason, on the page and to a program."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Person, Role, Unit
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db
BEFORE, TODAY = make.in_days(-400).isoformat(), make.in_days(0).isoformat()


@pytest.fixture
def client() -> Client:
    administrator = make.holder("access_administrator", unit=make.city())
    made = sign_in(Client(), administrator)
    made.cookies["language"] = "en"
    return made


def refused_at_both(client: Client, page: str, api: str, values: dict[str, Any], words: str, *, verb: str) -> None:
    """The page shows the words and keeps what was typed; the program gets them at a field or for the whole."""
    answer = client.post(page, values)
    text = answer.content.decode()
    assert answer.status_code == 422 and words in text, text
    assert all(str(value) in text for value in values.values() if value)
    told = getattr(client, verb)(api, values, content_type="application/json")
    assert told.status_code in (409, 422), told.content
    assert words in str(told.json()["errors"]) + told.json()["detail"], told.json()


def tree() -> tuple[Unit, Unit]:
    top = make.sector()
    return top, make.unit(parent=top)


def do(client: Client, path: str, record: Any, verb: str, values: dict[str, Any], words: str) -> None:
    api = f"/api/{path}/{record.pk}/{verb}"
    refused_at_both(client, f"/{path}/{record.pk}/do/{verb}/", api, values, words, verb="post")


def test_a_unit_moved_under_itself_or_below_itself(client: Client) -> None:
    top, below = tree()
    do(client, "units", top, "move", {"to": top.code}, "A unit cannot be under itself")
    do(client, "units", top, "move", {"to": below.code}, "below this one")
    assert make.fresh(top).parent_id == make.city().number


def test_a_unit_moved_under_one_that_has_ended(client: Client) -> None:
    top, _below = tree()
    do(client, "units", top, "move", {"to": make.unit(end=make.in_days(-9)).code}, "That unit has ended")


def test_a_unit_merged_into_itself(client: Client) -> None:
    top, _below = tree()
    do(client, "units", top, "merge", {"into": top.code, "on": TODAY}, "cannot continue itself")


def test_a_unit_that_ends_before_its_start_or_above_others(client: Client) -> None:
    top, below = tree()
    do(client, "units", below, "end_unit", {"on": "2019-12-31"}, "The end is before the start")
    do(client, "units", top, "end_unit", {"on": TODAY}, "Units are in force below this one")


def test_two_roles_that_overlap(client: Client) -> None:
    person = make.person()
    role = make.role_of(person, "employee", start=make.in_days(-9), end=make.in_days(9))
    values = {"person": person.code, "kind": "employee", "unit": make.city().code, "start": TODAY}
    words = "holds the role at this unit during that time already"
    refused_at_both(client, "/roles/new/", "/api/roles", values, words, verb="post")
    assert list(Role.objects.filter(person=person)) == [role]


def test_a_role_that_ends_before_its_start(client: Client) -> None:
    role = make.role_of(make.person(), start=make.in_days(0))
    do(client, "roles", role, "end_role", {"on": BEFORE}, "The end is before the start")
    values = {"person": make.person().code, "kind": "employee", "unit": make.city().code, "start": TODAY, "end": BEFORE}
    refused_at_both(client, "/roles/new/", "/api/roles", values, "The end is before the start", verb="post")


def test_a_person_who_leaves_before_they_came(client: Client) -> None:
    person = make.person(start=make.in_days(0))
    do(client, "persons", person, "leave", {"on": BEFORE}, "The end is before the start")
    assert make.fresh(person).end is None


def test_a_person_transferred_to_where_they_are(client: Client) -> None:
    person: Person = make.person()
    do(client, "persons", person, "transfer", {"to": make.city().code}, "works at that unit already")
