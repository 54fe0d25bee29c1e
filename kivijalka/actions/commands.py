"""Verbs of an action: start, report progress, postpone, complete, measure the effect, cancel; and of what it treats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.actions import rules
from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.escalations import commands as escalations
from kivijalka.organisation.models import Person
from kivijalka.register.command import Ask, Command, Initial, Worded, command
from kivijalka.register.models import Record
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join

IS_OPEN = Q(state__in=Action.OPEN)
# Named: inside a signature the Django plugin of the type checker misreads a model.
Owner = Annotated[Person, Ask(_("Owner"))]
State = Action.State
escalate = escalations.escalating(IS_OPEN)
EFFECTS = [(State.EFFECT_CONFIRMED, State.EFFECT_CONFIRMED.label), (State.NO_EFFECT, State.NO_EFFECT.label)]


@command(_("Start"), when=Q(state=State.PLANNED), primary=True)
def start(actor: Actor, action: Action) -> Action:
    """Begin the work."""
    action.state = State.STARTED
    action.save(update_fields=["state"])
    return action


@command(_("Report progress"), when=IS_OPEN)
def report_progress(
    actor: Actor, action: Action, *, progress: Annotated[int, Ask(_("Progress, %"), _("From 0 to 100."))]
) -> Action:
    """Say how far the work is."""
    refuse(rules.why_not_progress(progress))
    action.progress, action.state = progress, State.STARTED
    action.save(update_fields=["progress", "state"])
    return action


@command(_("Postpone"), when=IS_OPEN, says=_("Each postponement is counted and shown."))
def postpone(actor: Actor, action: Action, *, to: Annotated[date, Ask(_("New due date"))]) -> Action:
    """Move the due date to a later day."""
    refuse(rules.why_not_postpone(to, action.due))
    action.due = to
    action.postponements += 1
    action.save(update_fields=["due", "postponements"])
    return action


@command(_("Mark as done"), when=IS_OPEN, primary=True, says=_("The effect will be asked for afterwards."))
def complete(
    actor: Actor, action: Action, *, on: Annotated[date | None, Ask(_("Completed on"), _("Empty means today."))] = None
) -> Action:
    """The work is done; whether it worked is measured later."""
    day = on or timezone.localdate()
    refuse(rules.why_not_day(day, timezone.localdate(), field="on"))
    action.state, action.progress, action.completed_on = State.DONE, 100, day
    action.save(update_fields=["state", "progress", "completed_on"])
    return action


@command(_("Record the measured effect"), when=Q(state=State.DONE), primary=True)
def measure_effect(
    actor: Actor,
    action: Action,
    *,
    result: Annotated[str, Ask(_("Result"), choices=EFFECTS)],
    measured_effect: Annotated[str, Ask(_("What was measured"), rows=3)],
) -> Action:
    """Compare what was measured with what was expected."""
    action.state, action.measured_effect = State(result), measured_effect
    action.effect_measured_on = timezone.localdate()
    action.save(update_fields=["state", "measured_effect", "effect_measured_on"])
    return action


@command(_("Cancel the action"), when=IS_OPEN)
def cancel(actor: Actor, action: Action) -> Action:
    """The work will not be done; what it treated stays untreated."""
    action.state = State.CANCELLED
    action.save(update_fields=["state"])
    return action


def treating(when: Q, worded: Sequence[Worded] = (), initial: Initial | None = None) -> Command[Any]:
    """The verb of a register that actions treat: in which state of its records, what it is called on some of them, and
    what its form begins with."""
    says = _("An action that treats this. Its effect is asked for when it is done.")
    made: Command[Any] = command(_("Treat"), when=when, says=says, worded=worded, initial=initial)(treat)
    return made


def treat(
    actor: Actor,
    record: Record,
    *,
    title: Annotated[str, Ask(_("What is done"))],
    owner: Owner,
    due: Annotated[date, Ask(_("Due date"))],
    cost_eur: Annotated[Decimal, Ask(_("Cost, €"), example=1000)],
    expected_effect: Annotated[str, Ask(_("Expected effect"), rows=3)],
    how_measured: Annotated[str, Ask(_("How the effect will be measured"), rows=3)],
    effect_due: Annotated[
        date | None, Ask(_("Effect to be measured on"), _("Empty means when the action is done."))
    ] = None,
    expected_cut: Annotated[
        int | None,
        Ask(
            _("Takes off of the yearly loss, %"),
            _("Of the expected yearly loss of each risk that it treats, once it is done. From 0 to 100."),
        ),
    ] = None,
    work_days: Annotated[int | None, Ask(_("Work, person-days"))] = None,
) -> Action:
    """Give somebody an action at the record's unit, with its cost, the effect that it should have, and the measure of it."""
    refuse(rules.why_not_cut(expected_cut) or rules.why_not_days(work_days))
    action = Action(
        unit_id=record.unit_id, confidentiality=record.confidentiality, title=title, owner=owner, due=due,
        cost_eur=cost_eur, expected_effect=expected_effect, how_measured=how_measured, effect_due=effect_due,
        expected_cut=expected_cut, work_days=work_days,
    )  # fmt: skip
    action.save(force_insert=True)
    join(TREATS.kind, action, record)
    return action
