"""When somebody leaves, is transferred, or a unit changes, what they answered for is asked of the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands, handover, queries, responsibility
from kivijalka.organisation.models import Person, Unit
from kivijalka.register.models import Node
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
TODAY, YESTERDAY = make.in_days(0), make.in_days(-1)


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


@pytest.fixture
def administrator() -> Person:
    return make.holder("access_administrator", unit=make.city())


def asked_of(person: Person) -> list[tuple[Person, int, date | None]]:
    with acting(person.pk) as actor:
        return [(item.person, item.things, item.last_day) for item in handover.asked(actor)]


def without_accountable(person: Person) -> list[Any]:
    with acting(person.pk):
        return [node.pk for node in queries.without_accountable("risk")]


def accountable(person: Person, unit: Unit) -> Risk:
    risk = make.risk(unit=unit)
    make.responsibility(risk, person, "A", "accepted")
    return risk


def test_what_somebody_who_left_was_accountable_for_has_nobody_and_is_asked_of_the_head(
    school: Unit, head: Person, aino: Person, administrator: Person
) -> None:
    risk = accountable(aino, school)
    assert without_accountable(head) == []
    assert asked_of(head) == []
    with acting(administrator.pk) as actor:
        commands.leave(actor, aino, on=YESTERDAY)
    assert without_accountable(head) == [risk.pk]
    assert asked_of(head) == [(aino, 1, YESTERDAY)]


def test_it_is_asked_a_month_before_and_still_stands_until_the_last_day(
    school: Unit, head: Person, aino: Person
) -> None:
    accountable(aino, school)
    Person.objects.filter(pk=aino.pk).update(end=make.in_days(30))
    assert asked_of(head) == []
    Person.objects.filter(pk=aino.pk).update(end=make.in_days(29))
    assert asked_of(head) == [(aino, 1, make.in_days(29))]
    assert without_accountable(head) == []


def test_who_left_reaches_nothing_from_the_next_day_on(school: Unit, aino: Person, administrator: Person) -> None:
    accountable(aino, school)
    make.risk(owner=aino)
    with acting(administrator.pk) as actor:
        commands.leave(actor, aino, on=YESTERDAY)
    with acting(aino.pk):
        assert list(Risk.objects.seen()) == []


def test_what_somebody_owns_is_asked_too_but_not_what_is_over(school: Unit, head: Person, aino: Person) -> None:
    make.risk(unit=school, owner=aino)
    make.risk(unit=school, owner=aino, state="closed")
    make.action(unit=school, owner=aino)
    make.action(unit=school, owner=aino, state="cancelled")
    Person.objects.filter(pk=aino.pk).update(end=YESTERDAY)
    assert asked_of(head) == [(aino, 2, YESTERDAY)]


def test_who_is_transferred_loses_roles_and_responsibilities_of_the_old_unit_at_once(
    school: Unit, head: Person, aino: Person, administrator: Person
) -> None:
    risk, owned = accountable(aino, school), make.risk(unit=school, owner=aino)
    elsewhere = make.role_of(aino, "employee", unit=make.unit())
    with acting(administrator.pk) as actor:
        commands.transfer(actor, aino, to=make.unit())
    with acting(aino.pk):
        assert set(Risk.objects.seen()) == {owned}, "an owner sees it until it is handed over"
    assert make.fresh(elsewhere).end is None
    assert set(without_accountable(head)) == {risk.pk, owned.pk}
    assert asked_of(head) == [(aino, 2, None)]


def test_a_transfer_by_any_door_is_a_transfer(school: Unit, head: Person, aino: Person, administrator: Person) -> None:
    accountable(aino, school)
    with acting(administrator.pk) as actor:
        REGISTERS["person"].all_commands["edit"](actor, aino, unit=make.unit())
    assert asked_of(head) == [(aino, 1, None)]


def test_a_merge_takes_roles_along_and_lapses_what_was_accepted(
    school: Unit, head: Person, aino: Person, administrator: Person
) -> None:
    risk, other = accountable(aino, school), make.unit()
    with acting(administrator.pk) as actor:
        commands.merge(actor, school, into=other, on=TODAY)
    assert [role.end for role in head.roles.all()] == [None]
    assert make.fresh(risk).unit_id == other.number
    assert asked_of(head) == [(aino, 1, None)]


def test_a_split_lapses_too_and_a_move_does_not(
    school: Unit, head: Person, aino: Person, administrator: Person
) -> None:
    risk = accountable(aino, school)
    with acting(administrator.pk) as actor:
        commands.move(actor, school, to=make.sector())
    assert without_accountable(head) == []
    with acting(administrator.pk) as actor:
        commands.split(actor, school, parts="= A\n*\n= B", on=TODAY)
    assert without_accountable(head) == [risk.pk]


def test_records_of_an_ended_unit_are_asked_of_the_nearest_head_above(
    school: Unit, head: Person, administrator: Person
) -> None:
    director = make.holder("sector_director", unit=Unit.objects.get(number=school.parent_id))
    chief, boss = make.holder("chief_executive"), make.person()
    risk = accountable(boss, school)
    with acting(administrator.pk) as actor:
        commands.end_unit(actor, school, on=YESTERDAY)
    assert asked_of(director) == [(boss, 1, YESTERDAY)]
    assert asked_of(head) == asked_of(chief) == []
    assert without_accountable(director) == [risk.pk]


def test_an_offer_answers_the_question_until_it_is_declined(school: Unit, head: Person, aino: Person) -> None:
    risk, bertta = accountable(aino, school), make.holder("employee", unit=school)
    Person.objects.filter(pk=aino.pk).update(end=YESTERDAY)
    with acting(head.pk) as actor:
        assert handover.hand_over(actor, aino, to=bertta, what=[f"A:{risk.pk}"]) == 1
    assert asked_of(head) == []
    assert without_accountable(head) == [risk.pk]
    with acting(bertta.pk) as actor:
        [offer] = queries.offered_to(bertta.pk)
        responsibility.answer(actor, offer.pk, "decline")
    assert asked_of(head) == [(aino, 1, YESTERDAY)]


def test_who_accepts_takes_the_place_of_who_is_leaving(school: Unit, head: Person, aino: Person) -> None:
    risk = accountable(aino, school)
    Person.objects.filter(pk=aino.pk).update(end=make.in_days(10))
    with acting(head.pk) as actor:
        handover.hand_over(actor, aino, to=head, what=[f"A:{risk.pk}"])
        responsibility.answer(actor, queries.offered_to(head.pk)[0].pk, "accept")
        [row] = queries.of_record(risk.pk)
    assert (row.person_id, row.state) == (head.pk, "accepted")
    assert asked_of(head) == []


def test_an_owner_changes_at_once_and_by_the_commands_of_the_register(school: Unit, head: Person, aino: Person) -> None:
    risk, action = make.risk(unit=school, owner=aino), make.action(unit=school, owner=aino)
    with acting(head.pk) as actor:
        keys = [item.key for item in handover.held_by(aino)]
        handover.hand_over(actor, aino, to=head, what=keys)
    assert {make.fresh(risk).owner_id, make.fresh(action).owner_id} == {head.pk}


def test_nothing_is_handed_over_when_one_thing_is_refused(school: Unit, head: Person, aino: Person) -> None:
    mine = make.risk(unit=school, owner=aino)
    foreign = make.risk(owner=aino)
    with acting(head.pk) as actor, refused("conflict", "Look at it again", field="what"):
        handover.hand_over(actor, aino, to=head, what=[f"O:{mine.pk}", f"O:{foreign.pk}"])
    employee = make.holder("employee", unit=school)
    with acting(employee.pk) as actor, refused("no_right", mine.code):
        handover.hand_over(actor, aino, to=employee, what=[f"O:{mine.pk}"])
    assert make.fresh(mine).owner_id == aino.pk


def test_nothing_is_handed_to_somebody_who_left_or_cannot_see_it(school: Unit, head: Person, aino: Person) -> None:
    risk = accountable(aino, school)
    gone, stranger = make.person(unit=school, end=YESTERDAY), make.holder("employee", unit=make.sector())
    for person, code, words in ((gone, "left", "no longer works here"), (stranger, "out_of_reach", risk.code)):
        with acting(head.pk) as actor, refused(code, words, field="person"):
            handover.hand_over(actor, aino, to=person, what=[f"A:{risk.pk}"])
    with acting(head.pk) as actor, refused("nothing", field="what"):
        handover.hand_over(actor, aino, to=head, what=[])


def test_where_nobody_is_needed_any_more_nobody_is_asked(school: Unit, head: Person, aino: Person) -> None:
    risk = make.risk(unit=school)
    lapsed = make.responsibility(risk, aino, "R", "lapsed")
    assert asked_of(head) == [(aino, 1, None)]
    with acting(aino.pk) as actor, refused("no_right"):
        responsibility.answer(actor, lapsed.pk, "withdraw")
    with acting(head.pk) as actor:
        responsibility.answer(actor, lapsed.pk, "withdraw")
    assert asked_of(head) == []


@pytest.mark.parametrize(("to", "code"), [("here", "there_already"), ("ended", "ended")])
def test_a_transfer_goes_to_another_unit_in_force(
    school: Unit, aino: Person, administrator: Person, to: str, code: str
) -> None:
    unit = school if to == "here" else make.unit(end=make.in_days(-3))
    with acting(administrator.pk) as actor, refused(code, field="to"):
        commands.transfer(actor, aino, to=unit)


def test_nobody_leaves_before_they_came(administrator: Person) -> None:
    new = make.person(start=TODAY)
    with acting(administrator.pk) as actor, refused("ends_before_start", field="on"):
        commands.leave(actor, new, on=YESTERDAY)


def test_the_page_lists_hands_over_and_keeps_what_was_typed(school: Unit, head: Person, aino: Person) -> None:
    risk = accountable(aino, school)
    Person.objects.filter(pk=aino.pk).update(end=YESTERDAY)
    client, address = sign_in(Client(), head), f"/hand-over/{aino.pk}/"
    client.cookies["language"] = "en"
    assert f'href="{address}"' in client.get("/").content.decode()
    assert risk.code in client.get(address).content.decode()
    answer = client.post(address, {"what": [f"A:{risk.pk}"], "person": "Nobody Such"})
    assert answer.status_code == 422
    assert "Nobody Such" in answer.content.decode() and "checked" in answer.content.decode()
    assert client.post(address, {"what": [f"A:{risk.pk}"], "person": head.code}).status_code == 302
    with acting(head.pk):
        assert [offer.record_id for offer in queries.offered_to(head.pk)] == [risk.pk]


def test_who_may_change_nothing_sees_the_list_without_a_form(school: Unit, aino: Person) -> None:
    risk = make.risk(unit=school, owner=make.person(unit=school))
    answer = sign_in(Client(), aino).get(f"/hand-over/{risk.owner_id}/")
    assert risk.code in answer.content.decode()
    assert 'name="what"' not in answer.content.decode()


def test_a_program_transfers_and_ends_a_person(aino: Person, administrator: Person) -> None:
    client, unit = sign_in(Client(), administrator), make.unit()
    address = f"/api/persons/{aino.pk}"
    answer = client.post(f"{address}/transfer", {"to": unit.code}, content_type="application/json")
    assert answer.json()["unit"]["code"] == unit.code
    answer = client.post(f"{address}/leave", {"on": "2019-01-01"}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]["on"][0]["code"]) == (422, "ends_before_start")
    answer = client.post(f"{address}/leave", {"on": YESTERDAY.isoformat()}, content_type="application/json")
    assert answer.json()["end"] == YESTERDAY.isoformat()


def test_a_record_says_that_its_owner_is_here_no_longer(school: Unit, head: Person, aino: Person) -> None:
    risk = make.risk(unit=school, owner=aino)
    Person.objects.filter(pk=aino.pk).update(end=YESTERDAY)
    assert f"/hand-over/{aino.pk}/" in sign_in(Client(), head).get(f"/risks/{risk.pk}/").content.decode()
    assert Node.objects.filter(pk=risk.pk).exists()


def test_the_list_of_what_has_no_accountable_person_offers_registers_that_can_have_one(head: Person) -> None:
    page = sign_in(Client(), head).get("/without-accountable/").content.decode()
    assert "?register=risk" in page and "?register=unit" in page
    assert "?register=person" not in page and "?register=role" not in page
