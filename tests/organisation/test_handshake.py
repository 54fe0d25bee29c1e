"""Who is responsible, accountable, consulted, informed: offered on the record's page, answered by the person alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import responsibility
from kivijalka.organisation.models import Person, Responsibility, Unit
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors import examples
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def school() -> Unit:
    return make.unit("Koulu", parent=make.sector())


@pytest.fixture
def head(school: Unit) -> Person:
    return make.holder("unit_head", unit=school)


@pytest.fixture
def aino(school: Unit) -> Person:
    return make.holder("employee", unit=school)


def page_of(person: Person) -> Client:
    client = sign_in(Client(), person)
    client.cookies["language"] = "en"
    return client


def offered(record: Any, person: Person, share: str = "R") -> Responsibility:
    return make.responsibility(record, person, share)


@pytest.mark.parametrize("key", list(REGISTERS))
def test_a_share_is_offered_and_accepted_on_the_page_of_a_record_of_any_register(key: str, school: Unit) -> None:
    offerer = make.holder("access_administrator", unit=make.city())
    for kind in ("sector_director", "risk_expert"):
        make.role_of(offerer, kind)
    aino = make.holder("auditor", unit=make.city())
    register = REGISTERS[key]
    record = examples.row_of(register.model, unit=school, person=make.person(unit=school))
    page, mine = page_of(offerer), page_of(aino)
    if not offers(page, record):
        pytest.skip("nobody changes these by hand, so nobody offers a share of them")
    page.post(f"/responsibilities/offer/{record.pk}/", {"person": aino.code, "share": "A"})
    [offer] = Responsibility.objects.filter(record_id=record.pk)
    assert str(offer.pk) in mine.get("/").content.decode(), "it waits in my work"
    assert 'value="accept"' in mine.get(record.get_absolute_url()).content.decode()
    back = {"id": offer.pk, "answer": "accept", "next": record.get_absolute_url()}
    assert mine.post("/responsibilities/answer/", back).headers["Location"] == record.get_absolute_url()
    assert make.fresh(offer).state == "accepted"
    assert str(offer.pk) not in mine.get("/").content.decode()


def offers(page: Client, record: Any) -> bool:
    return f"/responsibilities/offer/{record.pk}/" in page.get(record.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("state", "answer", "after"),
    [("offered", "decline", "declined"), ("accepted", "give_up", "lapsed")],
)
def test_one_declines_an_offer_and_gives_up_what_one_accepted(
    school: Unit, aino: Person, state: str, answer: str, after: str
) -> None:
    mine = make.responsibility(make.risk(unit=school), aino, "C", state)
    page_of(aino).post("/responsibilities/answer/", {"id": mine.pk, "answer": answer})
    assert make.fresh(mine).state == after


def test_nobody_answers_for_another(school: Unit, head: Person, aino: Person) -> None:
    offer = offered(make.risk(unit=school), aino)
    assert page_of(head).post("/responsibilities/answer/", {"id": offer.pk, "answer": "accept"}).status_code == 403
    assert make.fresh(offer).state == "offered"


def test_an_answer_is_given_once_and_is_one_of_those_there_are(school: Unit, aino: Person) -> None:
    offer = offered(make.risk(unit=school), aino)
    with acting(aino.pk) as actor:
        responsibility.answer(actor, offer.pk, "accept")
        with refused("state"):
            responsibility.answer(actor, offer.pk, "decline")
        with refused("invalid", "accept, decline or give up"):
            responsibility.answer(actor, offer.pk, "perhaps")


def test_whoever_may_change_the_record_withdraws_an_offer(school: Unit, head: Person, aino: Person) -> None:
    risk = make.risk(unit=school)
    offer = offered(risk, aino)
    assert 'value="withdraw"' in page_of(head).get(f"/risks/{risk.pk}/").content.decode()
    assert 'value="withdraw"' not in page_of(aino).get(f"/risks/{risk.pk}/").content.decode()
    page_of(head).post("/responsibilities/answer/", {"id": offer.pk, "answer": "withdraw"})
    assert make.fresh(offer).state == "withdrawn"
    with acting(head.pk) as actor, refused("state"):
        responsibility.answer(actor, offer.pk, "withdraw")


def test_nobody_else_withdraws_it(school: Unit, aino: Person) -> None:
    offer = offered(make.risk(unit=school), make.holder("employee", unit=school))
    with acting(aino.pk) as actor, refused("no_right"):
        responsibility.answer(actor, offer.pk, "withdraw")
    with acting(make.holder("employee", unit=make.sector()).pk) as actor, refused("not_there"):
        responsibility.answer(actor, offer.pk, "withdraw")


def test_the_same_share_is_offered_to_a_person_once_and_what_was_typed_stays(
    school: Unit, head: Person, aino: Person
) -> None:
    risk = make.risk(unit=school)
    offered(risk, aino, "R")
    answer = page_of(head).post(f"/responsibilities/offer/{risk.pk}/", {"person": aino.code, "share": "R"})
    assert answer.status_code == 422
    assert "offered to this person already" in answer.content.decode() and aino.code in answer.content.decode()


@pytest.mark.parametrize(("kind", "code"), [("gone", "left"), ("stranger", "out_of_reach")])
def test_nothing_is_offered_to_somebody_who_cannot_answer(school: Unit, head: Person, kind: str, code: str) -> None:
    person = make.person(unit=school, end=make.in_days(-1)) if kind == "gone" else make.holder("employee")
    risk = make.risk(unit=school)
    with acting(head.pk) as actor, refused(code, field="person"):
        responsibility.offer(actor, responsibility.Node.objects.get(pk=risk.pk), person=person, share="C")


def test_who_may_not_change_a_record_offers_nothing_and_learns_not_who_sees_it(
    school: Unit, head: Person, aino: Person
) -> None:
    risk, stranger = make.risk(unit=school, owner=head), make.holder("employee", unit=make.sector())
    for address, more in (
        (f"/responsibilities/offer/{risk.pk}/", {"share": "R"}),
        (f"/hand-over/{head.pk}/", {"what": f"O:{risk.pk}"}),
    ):
        for person in (aino, stranger):
            answer = page_of(aino).post(address, {"person": person.code, **more})
            told = answer.content.decode()
            assert answer.status_code in (403, 422), address
            assert "do not have the right" in told and "may not see" not in told, address
    assert not Responsibility.objects.exists()


def test_the_history_tells_who_offered_and_who_answered(school: Unit, head: Person, aino: Person) -> None:
    risk = make.risk(unit=school)
    page_of(head).post(f"/responsibilities/offer/{risk.pk}/", {"person": aino.code, "share": "I"})
    offer = Responsibility.objects.get()
    page_of(aino).post("/responsibilities/answer/", {"id": offer.pk, "answer": "accept"})
    with connection.cursor() as cursor:
        cursor.execute(
            "select kept_by, kept_command, state from history.organisation_responsibility where id = %s order by version",
            [offer.pk],
        )
        assert cursor.fetchall() == [(head.pk, "offer", "offered"), (aino.pk, "accept", "accepted")]


def program(who: Person, method: str, address: str, **body: Any) -> Any:
    """The answer of the API: its status and what it says."""
    sent = {"data": body, "content_type": "application/json"} if method == "post" else {}
    answer = getattr(page_of(who), method)(f"/api/responsibilities{address}", **sent)
    assert answer.status_code < 400 or answer["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()


def test_a_program_offers_lists_and_answers(school: Unit, head: Person, aino: Person) -> None:
    risk = make.risk(unit=school)
    status, offer = program(head, "post", "", record=risk.code, person=aino.code, share="A")
    assert (status, offer["state"], offer["record"]["code"], offer["person"]["code"]) == (
        201, "offered", risk.code, aino.code
    )  # fmt: skip
    assert [row["id"] for row in program(aino, "get", "")[1]["items"]] == [offer["id"]]
    assert [row["id"] for row in program(head, "get", f"?record={risk.code}")[1]["items"]] == [offer["id"]]
    assert program(aino, "post", f"/{offer['id']}/accept")[1]["state"] == "accepted"
    assert program(aino, "post", f"/{offer['id']}/give_up")[1]["state"] == "lapsed"
    assert program(head, "post", f"/{offer['id']}/withdraw")[1]["state"] == "withdrawn"


def test_a_program_is_refused_like_the_pages(school: Unit, head: Person, aino: Person) -> None:
    risk, hidden = make.risk(unit=school), make.risk(unit=make.sector())
    offer = offered(risk, head)
    assert program(aino, "post", f"/{offer.pk}/accept")[0] == 403
    assert program(aino, "post", f"/{hidden.pk}/accept")[0] == program(aino, "post", "/nonsense/accept")[0] == 404
    assert program(head, "post", f"/{offer.pk}/give_up")[0] == 409
    assert program(aino, "post", "", record=risk.code, person=head.code, share="R")[0] == 403
    told = [program(aino, "get", f"?record={code}") for code in (hidden.code, "R-999999")]
    assert told[0] == told[1] and told[0][0] == 422
    status, problem = program(head, "post", "", record=risk.code, person="nobody", share="X")
    assert (status, set(problem["errors"])) == (422, {"person", "share"})
    assert program(head, "post", f"/{offer.pk}/accept", share="R")[0] == 422
