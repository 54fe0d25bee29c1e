"""What one follows stands on a page of one's own, across registers; and programs talk and follow as people do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.discussion import follow
from kivijalka.register.models import Comment, Follow
from kivijalka.risks.models import Risk
from tests.api.programs import NOT_THERE, as_head, send, told
from tests.factories import action, holder, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> tuple[Client, Person]:
    client, head = as_head()
    client.cookies["language"] = "en"
    return client, head


def followed(head: Person) -> list[Any]:
    """Three records that somebody follows, and one of another who follows it too."""
    records = [risk("Fire", unit=head.unit), risk("Flood", unit=head.unit), action("Sprinklers", unit=head.unit)]
    other = holder("unit_head", unit=head.unit)
    for person, found in ((head, records), (other, records[:1])):
        with acting(person.pk) as actor:
            for record in found:
                follow(actor, record.pk, follows=True)
    return records


def test_what_one_follows_stands_by_register_and_ends_in_bulk(desk: tuple[Client, Person]) -> None:
    client, head = desk
    fire, flood, sprinklers = followed(head)
    page = client.get("/following/").content.decode()
    assert all(record.get_absolute_url() in page for record in (fire, flood, sprinklers))
    assert page.index("Sprinklers") < page.index("Fire") and "/following/" in client.get("/").content.decode()
    answer = client.post("/following/", {"row": [str(fire.pk), str(sprinklers.pk), "no id"]}, follow=True)
    page = answer.content.decode()
    assert "You follow 2 records no longer." in page and "Flood" in page and "Sprinklers" not in page
    assert Follow.objects.filter(follows=True).count() == 2, "the other's and the one that was left"


def test_what_one_sees_no_longer_is_not_listed_and_nothing_ticked_is_told(desk: tuple[Client, Person]) -> None:
    client, head = desk
    assert "You follow nothing yet" in client.get("/following/").content.decode()
    fire = followed(head)[0]
    Risk.objects.filter(pk=fire.pk).update(unit=sector())
    assert "Fire" not in client.get("/following/").content.decode()
    refused = client.post("/following/", {})
    assert refused.status_code == 422 and "Nothing is ticked" in refused.content.decode()
    assert client.post("/following/?as_of=2026-01-01", {"row": fire.pk}).status_code == 409


def test_programs_say_something_and_read_what_was_said(desk: tuple[Client, Person]) -> None:
    client, head = desk
    aino = holder("employee", name="Aino Kallio", unit=head.unit)
    comments = f"/api/risks/{risk('Fire', unit=head.unit).pk}/comments"
    made = send(client, "post", comments, {"text": f"@{aino.code} Who has the keys?"})
    assert made.status_code == 201
    item = made.json()
    assert (item["person"]["code"], item["version"]) == (head.code, 1)
    assert [person["title"] for person in item["mentions"]] == ["Aino Kallio"]
    assert client.get(comments).json() == {"items": [item]}
    assert told(send(client, "post", comments, {"text": "@Kukaan Missään"})) == (422, "not_there")
    assert told(send(client, "post", comments, {"text": ""})) == (422, "invalid")
    assert told(send(client, "post", f"{NOT_THERE}/comments", {"text": "x"})) == (404, "not_there")
    assert Comment.objects.count() == 1


def test_a_comment_sent_twice_by_its_key_is_said_once(desk: tuple[Client, Person]) -> None:
    client, head = desk
    comments = f"/api/risks/{risk('Fire', unit=head.unit).pk}/comments"
    for _ in range(2):
        answer = send(client, "post", comments, {"text": "Once"}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
    assert Comment.objects.count() == 1


def test_programs_follow_list_and_follow_no_longer(desk: tuple[Client, Person]) -> None:
    client, head = desk
    fire = risk("Fire", unit=head.unit)
    for _ in range(2):
        assert client.put(f"/api/risks/{fire.pk}/following").status_code == 204
    named = {"register": "risk", "id": str(fire.pk), "code": fire.code, "title": "Fire"}
    assert client.get("/api/following").json() == {"items": [named]}
    reader = sign_in(Client(), holder("unit_head", unit=head.unit))
    assert reader.get("/api/following").json() == {"items": []}
    assert client.delete(f"/api/risks/{fire.pk}/following").status_code == 204
    assert client.get("/api/following").json() == {"items": []}
