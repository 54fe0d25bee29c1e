"""Taking a record to the next level, and the verbs of an escalation: answer, take further, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.escalations import rules
from kivijalka.escalations.models import Escalation
from kivijalka.escalations.queries import ESCALATES, about, superior
from kivijalka.register.command import Ask, Command, command
from kivijalka.register.models import Link, Record
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join

State = Escalation.State
ASKED = Q(state=State.ASKED)


def escalating(when: Q) -> Command[Any]:
    """The verb of a register whose records are taken to the next level: in which state of them."""
    says = _("The nearest who leads above is asked, and answers, takes it over or takes it further.")
    made: Command[Any] = command(_("Take to the next level"), when=when, says=says, final=True)(escalate)
    return made


def escalate(
    actor: Actor,
    record: Record,
    *,
    reason: Annotated[str, Ask(_("What you ask, and why"), rows=3)],
    answer_due: Annotated[date, Ask(_("Answer due"))],
) -> Escalation:
    """Ask the nearest who leads at the record's unit or above, and is neither its owner nor the acting person."""
    owner = getattr(record, record.owner_column) if record.owner_column else None
    return _ask(actor, record, record, [owner], reason, answer_due)


@command(_("Answer"), when=ASKED, primary=True, final=True)
def answer(actor: Actor, escalation: Escalation, *, answer: Annotated[str, Ask(_("Answer"), rows=3)]) -> Escalation:
    """Say what is to be done; the matter stays where it is."""
    return _ended(escalation, State.ANSWERED, answer)


@command(_("Take further"), when=ASKED, final=True)
def pass_on(
    actor: Actor,
    escalation: Escalation,
    *,
    reason: Annotated[str, Ask(_("What you ask, and why"), rows=3)],
    answer_due: Annotated[date, Ask(_("Answer due"))],
) -> Escalation:
    """Ask the next one above: this goes beyond what can be decided here."""
    besides = [escalation.owner_id, escalation.asked_of_id]
    _ask(actor, escalation, about(escalation), besides, reason, answer_due)
    return _ended(escalation, State.PASSED_ON, reason)


@command(_("Withdraw"), when=ASKED)
def withdraw(actor: Actor, escalation: Escalation) -> Escalation:
    """It need not be answered any more."""
    return _ended(escalation, State.WITHDRAWN, "")


def _ask(
    actor: Actor, at: Record, record: Record | None, besides: Sequence[UUID | None], reason: str, answer_due: date
) -> Escalation:
    """Ask whoever leads above the place of `at` about a record, which may have gone out of sight meanwhile."""
    found = superior(at.unit_id, at.confidentiality, [*besides, actor.principal, actor.person])
    refuse(rules.why_not_escalate(found, answer_due, timezone.localdate()))
    assert found is not None
    made = Escalation(
        unit_id=found.unit, confidentiality=at.confidentiality, title=str(at), reason=reason,
        owner_id=str(actor.principal), asked_of_id=found.person, answer_due=answer_due,
    )  # fmt: skip
    made.save(force_insert=True)
    if record is not None:
        join(ESCALATES.kind, made, record)
    return made


def settle(record: Record, answer: str) -> None:
    """What was done about a record answers those who asked, as far as the acting person may answer them."""
    asked = Link.objects.seen().in_force(ESCALATES.kind).filter(b=record.pk).values("a")
    today = timezone.localdate()
    Escalation.objects.seen().filter(ASKED, pk__one_of=asked).update(
        state=State.ADOPTED, answer=answer, answered_on=today
    )


def _ended(escalation: Escalation, state: str, answer: str) -> Escalation:
    escalation.state, escalation.answer, escalation.answered_on = state, answer, timezone.localdate()
    escalation.save(update_fields=["state", "answer", "answered_on"])
    return escalation
