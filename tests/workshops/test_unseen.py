"""What nobody reads of a workshop: another's answer, ever; and how the answers are spread, before they are closed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.workshops import answering, commands, queries
from kivijalka.workshops.models import Answer, Participant
from tests import factories as make
from tests.refusals import refused
from tests.workshops.people import Room, opened

pytestmark = pytest.mark.django_db
TABLES = ("public.workshops_answer", "history.workshops_answer", "asof.workshops_answer")


@pytest.fixture
def room() -> Room:
    """An open workshop with one answer in it."""
    room = opened()
    room.answers(room.joined(), 4, 5)
    return room


def read(person: UUID, relation: str) -> int:
    """How many answers somebody reads by SQL of their own, now or as of this moment."""
    moment = timezone.now() if relation.startswith("asof") else None
    with acting(person, as_of=moment), connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {relation}")
        return int(cursor.fetchone()[0])


def everybody(room: Room) -> Iterator[Person]:
    """Whoever leads it, another participant, the chief executive, an auditor and an administrator."""
    yield room.leader
    yield room.joined()
    for kind in ("chief_executive", "auditor", "access_administrator"):
        yield make.holder(kind, unit=make.city())


@pytest.mark.parametrize("relation", TABLES)
def test_nobody_reads_another_s_answer_before_the_closing_or_after(room: Room, relation: str) -> None:
    readers = list(everybody(room))
    assert [read(person.pk, relation) for person in readers] == [0] * 5
    room.closed()
    assert [read(person.pk, relation) for person in readers] == [0] * 5
    [author] = Answer.objects.values_list("person_id", flat=True)
    assert read(author, relation) == 1


def test_a_deputy_reads_and_gives_no_answer_of_whom_they_stand_in_for(room: Room) -> None:
    [author] = Person.objects.filter(pk__in=Answer.objects.values("person"))
    deputy = make.holder(unit=make.unit())
    make.delegation(author, deputy)
    question = room.question().pk
    with acting(deputy.pk, on_behalf_of=author.pk) as actor:
        assert not Answer.objects.seen().exists()
        with refused("not_oneself"):
            answering.answer(actor, room.workshop, question, likelihood=1, impact=1)
        with refused("not_oneself"):
            answering.join(actor, room.code)


def test_until_the_closing_one_learns_how_many_have_answered_and_not_what(room: Room) -> None:
    with acting(room.leader.pk):
        assert [(s.answers, dict(s.cells)) for s in queries.questions(room.workshop)] == [(1, {}), (0, {})]
    room.closed()
    with acting(room.leader.pk):
        assert dict(queries.questions(room.workshop)[0].cells) == {(4, 5): 1}


def test_whoever_does_not_see_the_workshop_learns_nothing_of_its_answers(room: Room) -> None:
    room.closed()
    with acting(make.holder(unit=make.unit()).pk), connection.cursor() as cursor:
        cursor.execute("select * from kj.spread(%s)", [room.workshop.pk])
        assert cursor.fetchall() == []


def test_an_answer_after_the_closing_is_refused(room: Room) -> None:
    someone = room.joined()
    room.closed()
    with refused("contradiction"):
        room.answers(someone, 1, 1)
    assert Answer.objects.count() == 1


def test_what_was_answered_is_not_changed_after_the_closing_either(room: Room) -> None:
    [author] = Person.objects.filter(pk__in=Answer.objects.values("person"))
    room.closed()
    with refused("contradiction"):
        room.answers(author, 1, 1)
    assert Answer.objects.values_list("likelihood", "impact").get() == (4, 5)


def test_who_has_not_joined_does_not_answer_whatever_they_see(room: Room) -> None:
    with refused("no_right"):
        room.answers(room.leader, 1, 1)


def test_nobody_answers_for_somebody_else_by_raw_sql_either(room: Room) -> None:
    victim, question = room.joined(), room.question().pk
    statement = (
        "insert into workshops_answer (question_id, person_id, likelihood, impact, version) values (%s, %s, 1, 1, 1)"
    )
    with pytest.raises(ProgrammingError), acting(room.joined().pk), connection.cursor() as cursor:
        cursor.execute(statement, [question, victim.pk])
    with pytest.raises(IntegrityError), acting(room.leader.pk), connection.cursor() as cursor:
        cursor.execute(statement, [question, room.leader.pk])
    assert Answer.objects.count() == 1


def test_nobody_joins_past_the_code_nor_brings_another_along(room: Room) -> None:
    stranger = make.person()
    statement = "insert into workshops_participant (workshop_id, person_id, version) values (%s, %s, 1)"
    for person in (stranger, room.leader):
        with pytest.raises(ProgrammingError), acting(person.pk), connection.cursor() as cursor:
            cursor.execute(statement, [room.workshop.pk, stranger.pk])
    assert not Participant.objects.filter(person=stranger).exists()


def test_closed_answers_are_not_opened_again_by_raw_sql_either(room: Room) -> None:
    room.closed()
    with pytest.raises(IntegrityError), acting(room.leader.pk), connection.cursor() as cursor:
        cursor.execute("update workshops_workshop set state = 'open' where id = %s", [room.workshop.pk])


def test_a_risk_is_agreed_on_once_and_not_otherwise_by_raw_sql(room: Room) -> None:
    room.closed()
    room.do(commands.agree, risk=room.risks[0], likelihood=3, people=3)
    with refused("agreed", field="risk"):
        room.do(commands.agree, risk=room.risks[0], likelihood=5, people=5)
    for change in ("assessment_id = null", "title = 'Toinen'"):
        with pytest.raises(IntegrityError), acting(room.leader.pk), connection.cursor() as cursor:
            cursor.execute(f"update workshops_question set {change} where id = %s", [room.question().pk])


def test_who_may_lead_but_does_not_reach_the_risk_cannot_record_what_was_agreed(room: Room) -> None:
    leader = make.holder("employee", unit=make.unit())
    other = opened(*room.risks, leader=room.leader)
    type(other.workshop).objects.filter(pk=other.workshop.pk).update(owner=leader, unit=leader.unit_id)
    other.do(commands.close_answers, leader)
    with refused("not_there"):
        other.do(commands.agree, leader, risk=room.risks[0], likelihood=3, people=3)


def test_a_code_lets_in_only_while_the_workshop_lasts() -> None:
    room = opened()
    room.closed().do(commands.end)
    with refused("wrong_code", field="code"):
        room.joined()


def test_who_has_left_the_city_takes_part_no_more(room: Room) -> None:
    someone = room.joined()
    Person.objects.filter(pk=someone.pk).update(end=make.in_days(-1))
    with transaction.atomic(), acting(someone.pk):
        assert not type(room.workshop).objects.seen().exists()
