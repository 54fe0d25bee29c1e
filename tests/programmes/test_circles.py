"""What milestones need goes one way: a circle, in which each would wait for the next, is refused at every door by its name."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person, Unit
from kivijalka.programmes.models import Milestone
from kivijalka.register.models import Link
from tests import factories as make
from tests.database import address_of
from tests.who import sign_in

CLOSED = "link_in_order"


@pytest.fixture
def sector(db: None) -> Unit:
    return make.sector()


@pytest.fixture
def head(sector: Unit) -> Person:
    return make.holder("unit_head", unit=sector)


def chain(unit: Unit, *titles: str) -> list[Milestone]:
    """Milestones of which each needs the next."""
    stream = make.workstream(make.programme(unit=unit))
    goals = [make.milestone(title, stream=stream) for title in titles]
    for one, other in zip(goals, goals[1:], strict=False):
        make.link("needs", one, other)
    return goals


def asked(client: Client, record: Milestone, other: Milestone, kind: str = "needs") -> str:
    """What the page says after the form was sent."""
    given = {"kind": kind, "other": other.code}
    return client.post(f"{record.get_absolute_url()}link/", given, follow=True).content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This would close a circle, in which each waits for the next"),
        ("fi", "Tästä tulisi kehä"),
        ("sv", "Detta skulle sluta en cirkel"),
    ],
)
def test_the_form_names_the_circle_that_a_link_would_close(
    sector: Unit, head: Person, client: Client, language: str, words: str
) -> None:
    first, second, third = chain(sector, "Valittu", "Hankittu", "Kilpailutettu")
    sign_in(client, head).cookies["language"] = language
    text = asked(client, third, first)
    assert words in text
    for goal in (first, second, third):
        assert f"{goal.code} {goal.title}" in text
    # From the far end it is the same circle.
    assert words in asked(client, first, third, "needs:back")
    assert not Link.objects.filter(a=third.pk, until=None).exists()


def test_a_program_is_told_which_circle(sector: Unit, head: Person, client: Client) -> None:
    first, second = chain(sector, "Valittu", "Hankittu")
    sign_in(client, head).cookies["language"] = "en"
    given = {"kind": "needs", "other": first.code}
    answer = client.post(f"/api/milestones/{second.pk}/links", given, content_type="application/json")
    assert answer.status_code == 422
    told = answer.json()
    assert told["code"] == "circle" and told["errors"].keys() == {"other"}
    circle = f"{second.code} Hankittu needs {first.code} Valittu; {first.code} Valittu needs {second.code} Hankittu"
    assert circle in str(told["errors"])


def test_a_link_taken_out_opens_the_circle(sector: Unit, head: Person, client: Client) -> None:
    first, second, third = chain(sector, "A", "B", "C")
    sign_in(client, head).cookies["language"] = "en"
    assert "circle" in asked(client, third, first)
    tied = Link.objects.get(a=first.pk, b=second.pk)
    client.post(f"{first.get_absolute_url()}link/", {"end": tied.pk}, follow=True)
    assert "Linked." in asked(client, third, first)
    assert "circle" in asked(client, first, second)


def test_nor_does_undoing_the_end_of_a_link_close_a_circle(committed: str, client: Client) -> None:
    unit = make.sector()
    first, second = chain(unit, "A", "B")
    sign_in(client, make.holder("unit_head", unit=unit)).cookies["language"] = "en"
    tied = Link.objects.get(a=first.pk, b=second.pk)
    page = client.post(f"{first.get_absolute_url()}link/", {"end": tied.pk}, follow=True)
    (undo,) = re.findall(r"/undo/\d+/", page.content.decode())
    assert "Linked." in asked(client, second, first)
    answer = client.post(undo, follow=True)
    assert answer.status_code == 409 and "in a circle" in answer.content.decode()
    assert not Link.objects.in_force("needs").filter(pk=tied.pk).exists()


def test_what_one_does_not_see_closes_a_circle_and_is_not_named(sector: Unit, head: Person, client: Client) -> None:
    first, second = chain(sector, "A", "B")
    hidden = make.milestone("Salainen", stream=first.workstream, confidentiality=3)
    make.link("needs", second, hidden)
    third = make.milestone("C", stream=first.workstream)
    make.link("needs", hidden, third)
    sign_in(client, head).cookies["language"] = "en"
    text = asked(client, third, first)
    assert "in a circle, perhaps through some that you do not see" in text
    assert "Salainen" not in text and hidden.code not in text


def test_the_database_refuses_it_also_from_whoever_owns_the_tables(sector: Unit) -> None:
    first, _second, third = chain(sector, "A", "B", "C")
    with pytest.raises(IntegrityError, match=CLOSED), transaction.atomic():
        make.link("needs", third, first)
    ended = make.link("needs", third, first, until="2026-01-01T00:00Z")
    with pytest.raises(IntegrityError, match=CLOSED), transaction.atomic():
        Link.objects.filter(pk=ended.pk).update(until=None)


def test_other_kinds_may_come_back_to_where_they_began(sector: Unit) -> None:
    cause, effect = make.risk(unit=sector), make.risk(unit=sector)
    make.link("may_cause", cause, effect)
    make.link("may_cause", effect, cause)


def test_a_milestone_does_not_need_itself(sector: Unit, head: Person, client: Client) -> None:
    (goal,) = chain(sector, "A")
    sign_in(client, head).cookies["language"] = "en"
    assert "A record is not linked to itself." in asked(client, goal, goal)


def test_of_two_halves_made_at_once_one_is_refused(committed: str) -> None:
    unit = make.sector()
    stream = make.workstream(make.programme(unit=unit))
    one, other = make.milestone(stream=stream), make.milestone(stream=stream)
    half = (
        "insert into register_link (id, version, kind, a_id, a_register, b_id, b_register, note)"
        " values (uuidv7(), 1, 'needs', %s, 'milestone', %s, 'milestone', '')"
    )
    address = address_of(committed)
    with psycopg.connect(address) as first, psycopg.connect(address) as second, ThreadPoolExecutor(1) as pool:
        first.execute(half, [one.pk, other.pk])
        waiting = pool.submit(second.execute, half, [other.pk, one.pk])
        sleep(0.5)
        assert not waiting.done(), "it waits until the first half stands or falls"
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match=CLOSED):
            waiting.result(timeout=10)
    with acting(make.holder("unit_head", unit=unit).pk):
        assert Link.objects.in_force("needs").count() == 1
