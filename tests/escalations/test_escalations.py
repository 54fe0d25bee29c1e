"""A matter is taken to the nearest who leads above, and nothing is escalated into a void."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.escalations.commands import answer, pass_on, withdraw
from kivijalka.escalations.models import Escalation
from kivijalka.organisation.models import Person, Unit
from kivijalka.risks import commands
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Unit:
    return make.unit("School", parent=make.sector("Education"))


@pytest.fixture
def director(school: Unit) -> Person:
    return make.holder("sector_director", unit=school.parent)


@pytest.fixture
def head(school: Unit) -> Person:
    return make.holder("unit_head", unit=school)


def taken(who: Person, risk: Risk, **given: Any) -> Escalation:
    with acting(who.pk) as actor:
        made: Escalation = commands.escalate(
            actor, risk, **{"reason": "Beyond our means.", "answer_due": make.in_days(7), **given}
        )
    return make.fresh(made)


def test_the_next_leader_above_is_asked_and_answers(school: Unit, head: Person, director: Person) -> None:
    risk = make.assessed_risk("Roof", unit=school, owner=head)
    made = taken(head, risk)
    assert (made.asked_of, made.unit, made.owner, made.title) == (director, school.parent, head, "Roof")
    with acting(director.pk) as actor:
        assert made.pk in [task.record.pk for task in desk(actor, timezone.localdate()).now]
        answer(actor, made, answer="The repair is in next year's budget.")
        assert made.pk not in [task.record.pk for task in desk(actor, timezone.localdate()).now]
    with acting(head.pk):
        seen = Escalation.objects.seen().get(pk=made.pk)
    assert (seen.state, seen.answer) == ("answered", "The repair is in next year's budget.")


def test_an_employee_who_owns_it_asks_the_head_of_their_own_unit(school: Unit, head: Person) -> None:
    teacher = make.holder("employee", unit=school)
    assert taken(teacher, make.assessed_risk(unit=school, owner=teacher)).asked_of == head


def test_who_may_not_know_so_much_or_is_gone_is_passed_over(school: Unit, head: Person, director: Person) -> None:
    board = make.holder("city_board")
    secret = make.assessed_risk(unit=school, owner=head, confidentiality=3)
    assert taken(head, secret).asked_of == director
    Person.objects.filter(pk=director.pk).update(end=make.in_days(-1))
    assert taken(head, make.assessed_risk(unit=school, owner=head)).asked_of == board


def test_nothing_is_taken_into_a_void(school: Unit, head: Person) -> None:
    risk = make.assessed_risk(unit=school, owner=head)
    with refused("nobody_above"):
        taken(head, risk)
    assert not Escalation.objects.exists()


def test_an_answer_due_in_the_past_is_refused(school: Unit, head: Person, director: Person) -> None:
    with refused("in_past", field="answer_due"):
        taken(head, make.assessed_risk(unit=school, owner=head), answer_due=make.in_days(-1))


def test_it_is_taken_further_up(school: Unit, head: Person, director: Person) -> None:
    chief = make.holder("chief_executive")
    made = taken(head, make.assessed_risk(unit=school, owner=head))
    with acting(director.pk) as actor:
        pass_on(actor, made, reason="The city decides on this.", answer_due=make.in_days(3))
    further = Escalation.objects.exclude(pk=made.pk).get()
    assert (make.fresh(made).state, further.asked_of, further.owner) == ("passed_on", chief, director)


def test_a_unit_above_takes_the_risk_over_and_who_asked_is_answered(
    school: Unit, head: Person, director: Person
) -> None:
    risk = make.assessed_risk(unit=school, owner=head)
    made = taken(head, risk)
    with acting(director.pk) as actor:
        commands.adopt(actor, risk, unit=school.parent, answer="It concerns all schools.")
    assert (make.fresh(risk).unit, risk.owner) == (school.parent, director)
    assert (make.fresh(made).state, made.answer) == ("adopted", "It concerns all schools.")


def test_only_who_asked_withdraws_and_only_others_answer(school: Unit, head: Person, director: Person) -> None:
    made = taken(head, make.assessed_risk(unit=school, owner=head))
    with acting(head.pk) as actor, refused("no_right"):
        answer(actor, made, answer="We answer ourselves.")
    with acting(director.pk) as actor, refused("no_right"):
        withdraw(actor, made)
    with acting(head.pk) as actor:
        withdraw(actor, made)
    assert make.fresh(made).state == "withdrawn"
