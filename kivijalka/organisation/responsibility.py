"""The handshake: a share of responsibility is offered, then accepted or declined; it lapses when given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor, acting
from kivijalka.access.actor import say_command
from kivijalka.organisation import queries, rules
from kivijalka.organisation.models import Person, Responsibility
from kivijalka.register.command import Command, command, translated
from kivijalka.register.models import Node
from kivijalka.register.refusal import NotThere, Refused, refuse

State = Responsibility.State
# What whoever may change the record can take back; of what lapsed it means that nobody is needed.
OPEN = (State.OFFERED, State.ACCEPTED, State.LAPSED)


def offer(actor: Actor, node: Node, *, person: Person, share: str) -> Responsibility:
    """Offer a share for a record to a person. Refused to whoever may not change the record."""
    with transaction.atomic():
        made = offered(node, person, share)
        # Asked second: what others may see is told to nobody who may not offer.
        refuse_offer(person, [node])
    return made


def offered(node: Node, person: Person, share: str) -> Responsibility:
    """The offer itself, to somebody who can answer it."""
    with transaction.atomic():
        say_command("offer")
        made: Responsibility = translated(
            lambda: Responsibility.objects.create(record=node, person=person, share=share, state=State.OFFERED)
        )
    return made


@command(_("Accept"), when=Q(state=State.OFFERED), primary=True, final=True)
def accept(actor: Actor, share: Responsibility) -> Responsibility:
    """Take the share of responsibility that is offered to you."""
    return _become(share, State.ACCEPTED)


@command(_("Decline"), when=Q(state=State.OFFERED), final=True)
def decline(actor: Actor, share: Responsibility) -> Responsibility:
    """Say no to the share of responsibility that is offered to you."""
    return _become(share, State.DECLINED)


@command(_("Give up"), when=Q(state=State.ACCEPTED), final=True)
def give_up(actor: Actor, share: Responsibility) -> Responsibility:
    """Give up a share of responsibility that you have accepted; it lapses until somebody is in your place."""
    return _become(share, State.LAPSED)


@command(_("Withdraw"), when=Q(state__in=OPEN), final=True)
def withdraw(actor: Actor, share: Responsibility) -> Responsibility:
    """Take back what was offered or accepted, or say that nobody is needed where it lapsed."""
    return _become(share, State.WITHDRAWN)


ANSWERS: dict[str, Command[Responsibility]] = {verb.name: verb for verb in (accept, decline, give_up, withdraw)}


def answer(actor: Actor, pk: UUID, given: str) -> Responsibility:
    """One of the answers, by its name; each is given once, by whom it is for."""
    if given not in ANSWERS:
        raise Refused(_("Answer with accept, decline or give up."), code="invalid")
    share = Responsibility.objects.seen().filter(pk=pk).first()
    if share is None:
        raise NotThere
    answered: Responsibility = ANSWERS[given](actor, share)
    return answered


def refuse_offer(person: Person, nodes: Sequence[Node]) -> None:
    """Refuse to offer things to somebody who has left or may not see them: they could not answer."""
    with acting(person.pk):
        seen = set(Node.objects.filter(pk__in=[node.pk for node in nodes]).values_list("pk", flat=True))
    unseen = [node.code for node in nodes if node.pk not in seen]
    refuse(rules.why_not_offer(person.end, timezone.localdate(), unseen=unseen))


def _become(share: Responsibility, state: str) -> Responsibility:
    share.state, share.at = state, timezone.now()
    share.save(update_fields=["state", "at"])
    return share


def explain(person: Person, code: str) -> list[dict[str, Any]]:
    """Each way by which a person might see the record with this code, and whether it lets them."""
    record = queries.record_to_explain(code.strip().upper())
    if record is None:
        raise Refused(_("There is no such record, or you may not see it."), code="not_there", field="record")
    return queries.ways_to(person.pk, record)
