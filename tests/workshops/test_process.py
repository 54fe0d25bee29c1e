"""A workshop from its opening to what it agreed on."""

from __future__ import annotations

import pytest

from kivijalka.access import acting
from kivijalka.register.models import Confidentiality
from kivijalka.risks.models import Assessment, Risk
from kivijalka.workshops import answering, commands, queries
from kivijalka.workshops.models import Answer, Participant, Question, Workshop
from tests import factories as make
from tests.refusals import refused
from tests.workshops.people import links_to, opened, planned, unit_of

pytestmark = pytest.mark.django_db


def test_opening_asks_about_the_linked_risks_in_their_words_of_then() -> None:
    room = opened()
    Risk.objects.filter(pk=room.risks[0].pk).update(title="Aivan toinen")
    assert [room.question(number).title for number in (0, 1)] == ["Riski 1", "Riski 2"]
    assert room.question().event == "Sattuu."


def test_a_workshop_is_not_opened_over_a_risk_that_its_leader_may_not_assess() -> None:
    leader = make.holder(unit=make.unit())
    make.role_of(leader, "employee", unit=(elsewhere := make.unit()))
    seen = make.risk("Vain nähty", unit=elsewhere)
    room = planned(seen, leader=leader)
    with refused("not_assessable", seen.code):
        room.do(commands.open_answers)
    assert not Question.objects.filter(workshop=room.workshop).exists()


def test_a_risk_taken_up_is_told_on_its_own_page_and_asked_about_once_the_workshop_is_open() -> None:
    room = opened()
    late = make.risk("Myöhemmin", unit=unit_of(room.leader))
    room.do(commands.take_up, risk=late)
    assert links_to(late) == 1
    assert Question.objects.filter(workshop=room.workshop, risk=late).exists()


def test_a_risk_that_its_leader_may_not_assess_is_not_taken_up() -> None:
    room = opened()
    make.role_of(room.leader, "employee", unit=(elsewhere := make.unit()))
    seen = make.risk(unit=elsewhere)
    with refused("not_assessable", seen.code):
        room.do(commands.take_up, risk=seen)
    assert links_to(seen) == 0


def test_what_is_answered_anew_replaces_what_was_answered_before() -> None:
    room = opened()
    someone = room.joined()
    room.answers(someone, 2, 2)
    room.answers(someone, 4, 3)
    assert list(Answer.objects.values_list("person", "likelihood", "impact")) == [(someone.pk, 4, 3)]


def test_closing_shows_the_spread_and_who_leads_records_what_was_agreed() -> None:
    room = opened()
    for likelihood, impact in ((2, 3), (2, 3), (5, 4)):
        room.answers(room.joined(), likelihood, impact)
    room.closed()
    with acting(room.leader.pk):
        [first, second] = queries.questions(room.workshop)
    assert dict(first.cells) == {(2, 3): 2, (5, 4): 1}
    assert second.answers == 0
    room.do(commands.agree, risk=room.risks[0], likelihood=3, finance=4, note="Varavoima puuttuu.")
    made = Assessment.objects.get(risk=room.risks[0])
    assert (made.likelihood, made.finance, made.assessor_id) == (3, 4, room.leader.pk)
    assert room.workshop.code in made.note and "3" in made.note and made.note.endswith("Varavoima puuttuu.")
    assert make.fresh(room.risks[0]).state == Risk.State.ASSESSED
    assert room.question().assessment_id == made.pk
    assert Participant.objects.filter(workshop=room.workshop).count() == 3


def test_a_risk_that_came_up_only_in_the_discussion_is_agreed_on_too() -> None:
    room = opened().closed()
    other = make.risk(unit=unit_of(room.leader))
    made = room.do(commands.agree, risk=other, likelihood=2, people=2)
    assert Question.objects.get(workshop=room.workshop, risk=other).assessment_id == made.pk


def test_an_ended_workshop_is_seen_by_no_participant_any_more() -> None:
    room = opened()
    someone = room.joined()
    with acting(someone.pk):
        assert Workshop.objects.seen().filter(pk=room.workshop.pk).exists()
    room.closed().do(commands.end)
    with acting(someone.pk):
        assert not Workshop.objects.seen().filter(pk=room.workshop.pk).exists()
        assert not Question.objects.seen().exists()


def test_who_joins_sees_the_words_of_a_risk_and_not_the_risk() -> None:
    leader = make.holder("sector_director", unit=make.sector())
    secret = make.risk("Salainen", unit=unit_of(leader), confidentiality=Confidentiality.SECRET, cause="Syy")
    room = opened(secret, leader=leader, confidentiality=Confidentiality.SECRET)
    someone = room.joined()
    with acting(someone.pk):
        assert [(q.title, q.cause) for q in Question.objects.seen()] == [("Salainen", "Syy")]
        assert not Risk.objects.seen().exists()


def test_whoever_sees_the_workshop_by_role_sees_the_words_only_of_risks_that_they_see() -> None:
    leader = make.holder("sector_director", unit=make.sector())
    secret = make.risk("Salainen", unit=unit_of(leader), confidentiality=Confidentiality.SECRET)
    room = opened(secret, make.risk("Avoin", unit=unit_of(leader)), leader=leader)
    colleague = make.holder("employee", unit=unit_of(leader))
    room.answers(room.joined(), 3, 3)
    with acting(colleague.pk):
        assert Workshop.objects.seen().filter(pk=room.workshop.pk).exists()
        assert [q.title for q in Question.objects.seen()] == ["Avoin"]
        assert [q.answers for q in queries.questions(room.workshop)] == [0]


def test_joining_again_changes_nothing() -> None:
    room = opened()
    someone = room.joined()
    room.joined(someone)
    assert Participant.objects.filter(workshop=room.workshop).count() == 1
    with acting(someone.pk) as actor:
        assert answering.join(actor, room.code.lower().replace("-", " ")) == room.workshop.pk
