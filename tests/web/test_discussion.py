"""People talk about a record where it stands: seen with it, worded by its writer, and who is mentioned is asked to look."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.discussion import unread_mentions
from kivijalka.register.models import Comment, Follow
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests.api.programs import as_head
from tests.factories import delegation, fresh, holder, in_days, risk, sector
from tests.who import sign_in


@pytest.fixture
def talk(committed: str) -> tuple[Client, Person, Risk]:
    client, head = as_head()
    client.cookies["language"] = "en"
    return client, head, risk("Fire", unit=head.unit)


def say(client: Client, record: Any, text: str) -> Any:
    return client.post(f"/risks/{record.pk}/discussion/", {"text": text})


def english(person: Person) -> Client:
    client = sign_in(Client(), person)
    client.cookies["language"] = "en"
    return client


def test_what_is_said_stands_on_the_record_for_whoever_sees_it(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    answer = say(client, found, "Who has the keys?\n<b>now</b>")
    assert answer["Location"] == f"/risks/{found.pk}/discussion/#comment-{Comment.objects.get().pk}"
    page = english(holder("employee", unit=head.unit)).get(f"/risks/{found.pk}/discussion/").content.decode()
    assert "Who has the keys?" in page and "&lt;b&gt;now" in page and str(head) in page
    stranger = sign_in(Client(), holder(unit=sector()))
    assert say(stranger, found, "Hello").status_code == 404
    assert stranger.get(f"/comment/{Comment.objects.get().pk}/").status_code == 404
    with acting(holder(unit=sector()).pk):
        assert not Comment.objects.exists()


def test_only_the_writer_rewords_and_every_wording_stays(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    say(client, found, "Who has the kees?")
    address = f"/comment/{Comment.objects.get().pk}/"
    assert client.post(address, {"text": "Who has the keys?"}).status_code == 302
    page = client.get(f"/risks/{found.pk}/discussion/").content.decode()
    assert "Who has the keys?" in page and "reworded" in page
    colleague = english(holder("unit_head", unit=head.unit))
    shown = colleague.get(address).content.decode()
    assert "Who has the kees?" in shown and "<textarea" not in shown
    assert colleague.post(address, {"text": "Mine"}).status_code == 403
    assert Comment.objects.get().text == "Who has the keys?"


def test_who_is_mentioned_is_asked_to_look_until_they_have(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    aino = holder("employee", name="Aino Maria Kallio", unit=head.unit)
    bo = holder("employee", name="Bo Ek", unit=head.unit)
    say(client, found, f"@Aino Maria Kallio, look. (@{bo.code}) mail me: a@b.example")
    for person in (aino, bo):
        work = english(person)
        assert "You are asked to look" in work.get("/").content.decode()
        work.post(f"/risks/{found.pk}/follow/")
        assert "You are asked to look" not in work.get("/").content.decode()
    assert "You are asked to look" not in client.get("/").content.decode()
    client.post(f"/comment/{Comment.objects.get().pk}/", {"text": "@Bo Ek and @Aino Maria Kallio?"})
    with acting(bo.pk):
        assert not unread_mentions(bo.pk).exists()


def test_whoever_answers_has_looked(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    aino = holder("employee", name="Aino Kallio", unit=head.unit)
    say(client, found, "@Aino Kallio?")
    say(sign_in(Client(), aino), found, "Yes.")
    with acting(aino.pk):
        assert not unread_mentions(aino.pk).exists()
    assert Follow.objects.get(person=aino).follows


def test_who_may_not_see_the_record_is_refused_as_who_is_not_there(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    holder("employee", name="Eero Etäinen", unit=sector())
    holder("employee", name="Olli Entinen", unit=head.unit, end=in_days(-1))
    for name in ("Eero Etäinen", "Olli Entinen", "Kukaan Missään"):
        page = say(client, found, f"Look, @{name}!")
        text = page.content.decode()
        assert page.status_code == 422 and f"may not see this record: @{name}." in text
        assert f"Look, @{name}!" in text
    assert not Comment.objects.exists()


def test_a_name_that_several_bear_is_said_by_code(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    first, _second = (holder("employee", name="Aino Kallio", unit=head.unit) for _ in range(2))
    assert say(client, found, "@Aino Kallio").status_code == 422
    assert say(client, found, f"@{first.code.lower()} look").status_code == 302
    assert Comment.objects.get().mentions == [first.pk]


def test_a_deputy_says_it_in_their_own_name(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    deputy = holder("employee", unit=sector())
    delegation(head, deputy)
    other = sign_in(Client(), deputy)
    other.post("/on-behalf/", {"person": head.pk})
    say(other, found, "I stand in.")
    assert Comment.objects.get().person == deputy
    other.post(f"/risks/{found.pk}/follow/", {"follow": "1"})
    assert {row.person for row in Follow.objects.all()} == {deputy}


def test_nobody_speaks_for_another_even_by_raw_sql(talk: tuple[Client, Person, Risk]) -> None:
    client, head, found = talk
    say(client, found, "Mine.")
    mine, elsewhere = Comment.objects.get(), risk(unit=head.unit)
    other = holder("unit_head", unit=head.unit)
    with pytest.raises(ProgrammingError), acting(other.pk):
        Comment.objects.create(record_id=found.pk, person_id=head.pk, text="Not mine")
    with acting(other.pk):
        assert not Comment.objects.filter(pk=mine.pk).update(text="Changed")
    with pytest.raises(IntegrityError), acting(head.pk):
        Comment.objects.filter(pk=mine.pk).update(record_id=elsewhere.pk)
    with pytest.raises(ProgrammingError), acting(head.pk), connection.cursor() as cursor:
        cursor.execute("delete from register_comment")
    assert fresh(mine).text == "Mine."


def test_a_record_is_followed_and_followed_no_longer(talk: tuple[Client, Person, Risk]) -> None:
    client, _head, found = talk
    for asked, says in (("1", "You follow this record"), ("0", "Follow this record")):
        client.post(f"/risks/{found.pk}/follow/", {"follow": asked})
        assert says in client.get(f"/risks/{found.pk}/discussion/").content.decode()
    assert not Follow.objects.get().follows


def test_an_empty_or_overlong_comment_is_refused_and_kept(talk: tuple[Client, Person, Risk]) -> None:
    client, _head, found = talk
    for text in ("", "x" * 10_001):
        assert say(client, found, text).status_code == 422
    assert client.get(f"/risks/{found.pk}/discussion/?as_of=2026-01-01").status_code in (404, 409)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("key", REGISTERS)
def test_every_register_has_its_discussion_and_files(key: str, db: None) -> None:
    from tests.doors import examples

    register = REGISTERS[key]
    client, head = as_head()
    record = examples.row_of(register.model, unit=head.unit, person=head)
    page = client.get(f"/{register.path}/{record.pk}/")
    for part in ("discussion", "files"):
        assert page.status_code == 404 or f"/{register.path}/{record.pk}/{part}/" in page.content.decode()
