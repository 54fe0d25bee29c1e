"""The handshake: a share of responsibility is offered, then accepted or declined; it lapses when given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.organisation import queries
from kivijalka.organisation.models import Person, Responsibility
from kivijalka.register.command import translated
from kivijalka.register.models import Node
from kivijalka.register.refusal import NotThere, Refused

State = Responsibility.State
# From which state an answer leads to which.
ANSWERS = {
    "accept": (State.OFFERED, State.ACCEPTED),
    "decline": (State.OFFERED, State.DECLINED),
    "give_up": (State.ACCEPTED, State.LAPSED),
}


def offer(actor: Actor, node: Node, *, person: Person, share: str) -> Responsibility:
    """Offer a share for a record to a person. Refused to whoever may not change the record."""
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
        say_command(given)
        mine.state = after
        translated(lambda: mine.save(update_fields=["state"]))
    return mine


def explain(person: Person, code: str) -> list[dict[str, Any]]:
    """Each way by which a person might see the record with this code, and whether it lets them."""
    record = queries.record_to_explain(code.strip().upper())
    if record is None:
        raise Refused(_("There is no such record, or you may not see it."), code="not_there", field="record")
    return queries.ways_to(person.pk, record)
