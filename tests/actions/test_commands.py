"""What is done with an action, from its plan to its measured effect."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from kivijalka.access import acting
from kivijalka.actions import commands
from kivijalka.actions.models import Action
from kivijalka.desk.waiting import desk
from kivijalka.organisation.models import Person
from kivijalka.register import command
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.refusals import refused

pytestmark = pytest.mark.django_db
State = Action.State


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head")


def test_an_action_goes_from_plan_to_measured_effect(head: Person) -> None:
    action = make.action()
    with acting(head.pk) as actor:
        commands.start(actor, action)
        commands.report_progress(actor, action, progress=40)
        commands.complete(actor, action)
        commands.measure_effect(actor, action, result="effect_confirmed", measured_effect="Häiriöt puolittuivat")
    after = make.fresh(action)
    assert (after.state, after.progress, after.completed_on) == (State.EFFECT_CONFIRMED, 100, make.in_days(0))
    assert (after.measured_effect, after.effect_measured_on) == ("Häiriöt puolittuivat", make.in_days(0))


def test_the_effect_is_asked_for_on_the_day_agreed(head: Person) -> None:
    action = make.action(owner=head, effect_due=make.in_days(60))
    with acting(head.pk) as actor:
        commands.complete(actor, action)
        desk_now = desk(actor, make.in_days(0))
        assert action.pk not in [task.record.pk for task in desk_now.now]
        assert [task.due for task in desk_now.later if task.record.pk == action.pk] == [make.in_days(60)]


@pytest.mark.parametrize(
    ("agreed", "done", "measured", "asked"),
    [(None, -9, None, -9), (-5, -9, None, -5), (-20, -9, None, -9), (30, -9, -2, -2), (30, None, None, None)],
)
def test_it_is_never_asked_for_before_it_is_done_and_at_the_latest_when_measured(
    agreed: int | None, done: int | None, measured: int | None, asked: int | None
) -> None:
    days = {"effect_due": agreed, "completed_on": done, "effect_measured_on": measured}
    action = make.action(**{name: day and make.in_days(day) for name, day in days.items()})
    assert action.effect_asked_on == (asked and make.in_days(asked))


def test_each_postponement_is_counted(head: Person) -> None:
    action = make.action(due=make.in_days(5))
    with acting(head.pk) as actor:
        commands.postpone(actor, action, to=make.in_days(10))
        commands.postpone(actor, action, to=make.in_days(20))
        with refused("not_later", field="to"):
            commands.postpone(actor, action, to=make.in_days(20))
    after = make.fresh(action)
    assert (after.due, after.postponements) == (make.in_days(20), 2)


def test_an_action_is_not_completed_in_the_future(head: Person) -> None:
    action = make.action()
    with acting(head.pk) as actor, refused("in_future", field="on"):
        commands.complete(actor, action, on=make.in_days(1))
    assert make.fresh(action).state == State.PLANNED


def test_the_effect_of_an_unfinished_action_is_not_measured(head: Person) -> None:
    action = make.action(state="started")
    with acting(head.pk) as actor, refused("state"):
        commands.measure_effect(actor, action, result="no_effect", measured_effect="Ei mitään")


@pytest.mark.parametrize("state", ["done", "cancelled", "effect_confirmed", "no_effect"])
def test_a_finished_action_is_not_cancelled(head: Person, state: str) -> None:
    action = make.action(state=state)
    with acting(head.pk) as actor, refused("state"):
        commands.cancel(actor, action)


@pytest.mark.parametrize("missing", ["owner", "due", "expected_effect", "how_measured"])
def test_no_action_without_owner_due_date_and_measure(head: Person, missing: str) -> None:
    values = {
        "title": "Koulutetaan päivystäjät",
        "unit": make.city(),
        "owner": head,
        "due": make.in_days(30),
        "expected_effect": "Vasteaika lyhenee",
        "how_measured": "Minuutteja hälytyksestä",
    }
    empty = "" if isinstance(values[missing], str) else None
    with acting(head.pk) as actor, refused("invalid", field=missing):
        command.add(REGISTERS["action"], actor, **{**values, missing: empty})


def test_the_database_too_refuses_an_action_without_measure() -> None:
    with pytest.raises(IntegrityError, match="action_says_how_measured"), transaction.atomic():
        make.action(how_measured="")
