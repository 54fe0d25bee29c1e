"""The handshake: a share of responsibility is offered, then accepted or declined; it lapses when given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.access import Actor, acting, writes_node
from kivijalka.access.actor import say_command
from kivijalka.organisation import queries, rules
from kivijalka.organisation.models import Person, Responsibility
from kivijalka.register.command import translated
from kivijalka.register.models import Node
from kivijalka.register.refusal import NotThere, Refused, refuse

State = Responsibility.State
# From which state an answer leads to which.
ANSWERS = {
    "accept": (State.OFFERED, State.ACCEPTED),
    "decline": (State.OFFERED, State.DECLINED),
    "give_up": (State.ACCEPTED, State.LAPSED),
}
# What whoever may change the record can take back; of what lapsed it means that nobody is needed.
OPEN = (State.OFFERED, State.ACCEPTED, State.LAPSED)


def offer(actor: Actor, node: Node, *, person: Person, share: str) -> Responsibility:
    """Offer a share for a record to a person. Refused to whoever may not change the record."""
    refuse_offer(person, [node])
    return offered(node, person, share)


def offered(node: Node, person: Person, share: str) -> Responsibility:
    """The offer itself, to somebody who can answer it."""
    with transaction.atomic():
        say_command("offer")
        made: Responsibility = translated(
            lambda: Responsibility.objects.create(record=node, person=person, share=share, state=State.OFFERED)
        )
    return made


def answer(actor: Actor, pk: UUID, given: str) -> Responsibility:
    """The person's own answer. Refused to anybody else, and when it was answered already."""
    if given not in ANSWERS:
        raise Refused(_("Answer with accept, decline or give up."), code="invalid")
    before, after = ANSWERS[given]
    with transaction.atomic():
        mine: Responsibility | None = (
            Responsibility.objects.select_for_update().filter(pk=pk, person_id=actor.principal).first()
        )
        if mine is None:
            raise NotThere
        if mine.state != before:
            raise Refused(_("This has been answered already."), code="state")
        _become(mine, after, given)
    return mine


def withdraw(actor: Actor, pk: UUID) -> Responsibility:
    """Take back what was offered or accepted, or say that nobody is needed where it lapsed."""
    with transaction.atomic():
        if not Responsibility.objects.seen().filter(pk=pk).exists():
            raise NotThere
        row: Responsibility | None = (
            Responsibility.objects.select_for_update().filter(writes_node("record"), pk=pk).first()
        )
        if row is None:
            raise Refused(_("You do not have the right to do this here."), code="no_right")
        if row.state not in OPEN:
            raise Refused(_("This has been answered already."), code="state")
        _become(row, State.WITHDRAWN, "withdraw")
    return row


def refuse_offer(person: Person, nodes: Sequence[Node]) -> None:
    """Refuse to offer things to somebody who has left or may not see them: they could not answer."""
    with acting(person.pk):
        seen = set(Node.objects.filter(pk__in=[node.pk for node in nodes]).values_list("pk", flat=True))
    unseen = [node.code for node in nodes if node.pk not in seen]
    refuse(rules.why_not_offer(person.end, timezone.localdate(), unseen=unseen))


def _become(row: Responsibility, state: str, command: str) -> None:
    say_command(command)
    row.state, row.at = state, Now()
    translated(lambda: row.save(update_fields=["state", "at"]))


def explain(person: Person, code: str) -> list[dict[str, Any]]:
    """Each way by which a person might see the record with this code, and whether it lets them."""
    record = queries.record_to_explain(code.strip().upper())
    if record is None:
        raise Refused(_("There is no such record, or you may not see it."), code="not_there", field="record")
    return queries.ways_to(person.pk, record)
