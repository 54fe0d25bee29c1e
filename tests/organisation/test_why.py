"""Why somebody sees a record or not: told to administrators of access, as far as their own reach goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation import queries
from kivijalka.organisation.models import Person
from kivijalka.register.models import Confidentiality
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Person:
    """Sees no risk; says who does."""
    return make.holder("access_administrator")


def ways(asking: Person, whom: Person, record: Any) -> list[tuple[str, bool]]:
    """Each way by its role (nothing for an owner), and whether it lets the person see the record."""
    with acting(asking.pk):
        return sorted((way["role"], way["lets"]) for way in queries.ways_to(whom.pk, record.pk))


def test_it_is_the_role_at_its_unit(administrator: Person) -> None:
    head = make.holder(unit=make.sector("Kasvatus"))
    risk = make.risk(unit=make.unit(parent=head.unit))
    with acting(administrator.pk):
        [way] = queries.reasons(head.pk, risk.pk)
    assert (way["role"], way["unit"], way["reach"], way["through"]) == (
        "yksikön esihenkilö",
        "Kasvatus",
        "below",
        None,
    )


def test_it_is_the_delegation(administrator: Person) -> None:
    absent, deputy = make.holder(unit=make.sector()), make.person(unit=make.sector())
    risk = make.risk(unit=absent.unit)
    assert ways(administrator, deputy, risk) == []
    make.delegation(absent, deputy)
    with acting(administrator.pk):
        [way] = queries.reasons(deputy.pk, risk.pk)
    assert (way["person"], way["through"]) == (absent.full_name, str(absent.pk))


def test_it_is_the_ownership(administrator: Person) -> None:
    owner = make.person()
    assert ways(administrator, owner, make.risk(owner=owner)) == [("", True)]


@pytest.mark.parametrize(
    ("short", "role"),
    [
        ("in_force", {"kind": "auditor", "end": make.in_days(-2)}),
        ("given", {"kind": "access_administrator"}),
        ("near", {"kind": "employee"}),
        ("cleared", {"kind": "partner_member"}),
    ],
)
def test_it_says_where_a_role_falls_short(administrator: Person, short: str, role: dict[str, Any]) -> None:
    person = make.person()
    make.role_of(person, **role)
    risk = make.risk(unit=make.unit(), confidentiality=Confidentiality.CONFIDENTIAL)
    with acting(administrator.pk):
        [way] = queries.ways_to(person.pk, risk.pk)
    assert not way["lets"]
    assert next(name for name in ("in_force", "given", "near", "cleared") if not way[name]) == short


def test_who_left_sees_nothing_and_nor_does_their_deputy(administrator: Person) -> None:
    gone, deputy = make.holder(end=make.in_days(-2)), make.person()
    make.delegation(gone, deputy)
    risk = make.risk(owner=gone)
    for person in (gone, deputy):
        assert [lets for _, lets in ways(administrator, person, risk)] == [False, False]


def test_it_is_not_told_beyond_the_reach_of_who_asks(administrator: Person) -> None:
    head = make.holder()
    secret = make.risk(confidentiality=Confidentiality.SECRET, owner=head)
    local = make.holder("access_administrator", unit=make.sector())
    for asking, record in ((administrator, secret), (local, make.risk()), (head, make.risk())):
        assert ways(asking, head, record) == []
    assert ways(make.holder("security_expert"), head, secret) == [("", True), ("yksikön esihenkilö", False)]


def test_a_record_beyond_reach_is_answered_like_one_that_is_not_there(administrator: Person) -> None:
    client = sign_in(Client(), administrator)
    head, secret = make.holder(), make.risk("Salainen", confidentiality=Confidentiality.SECRET)
    said = []
    for code in (secret.code, "R-999999"):
        answer = client.get("/why/", {"person": head.code, "record": code})
        assert answer.status_code == 422
        said.append(answer.content.decode().split("<main")[1].replace(code, ""))
    assert said[0] == said[1]


def test_the_page_says_what_lets_and_what_does_not(administrator: Person) -> None:
    client = sign_in(Client(), administrator)
    client.cookies["language"] = "en"
    head = make.holder(unit=make.sector())
    make.role_of(head, "employee", unit=make.sector())
    page = client.get("/why/", {"person": head.code, "record": make.risk(unit=head.unit).code}).content.decode()
    assert "head of unit" in page.split("The person sees it:")[1].split("What does not let")[0]
    assert "does not reach the record's unit" in page
