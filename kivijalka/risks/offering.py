"""A risk that concerns other units too: offered to them and answered there, or adopted by whoever may change both."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.escalations.queries import superior
from kivijalka.organisation.models import Unit
from kivijalka.register.command import Ask, command
from kivijalka.register.declare import LinkKind
from kivijalka.register.models import Link
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join
from kivijalka.risks import rules
from kivijalka.risks.models import Offer, Risk

State = Offer.State
IS_OFFERED = Q(state=State.OFFERED)
OFFERS = LinkKind("offers", _("offers"), _("is offered by"), to=["risk"])
ADOPTED_FROM = LinkKind("adopted_from", _("was adopted from"), _("was adopted as"), to=["risk", "offer"])
OtherUnit = Annotated[Unit, Ask(_("The unit that it concerns too"))]
# What one unit has of another's risk; how bad it is there, it judges itself.
DESCRIPTION = ("title", "kind", "sign", "areas", "cause", "event", "consequence", "confidentiality")


@command(
    _("Offer to another unit"),
    when=Risk.IS_OPEN,
    says=_("Its description goes to who leads there. They adopt it as a risk of their own, or decline."),
    final=True,
)
def offer(
    actor: Actor,
    risk: Risk,
    *,
    unit: OtherUnit,
    reason: Annotated[str, Ask(_("Why it concerns them too"), rows=3)],
    answer_due: Annotated[date, Ask(_("Answer due"))],
) -> Offer:
    """Ask the nearest who leads at another unit whether the risk is theirs too."""
    number: int = unit.number
    found = superior(number, risk.confidentiality, [actor.principal, actor.person], also="risk.edit")
    waits = _waits_at(number, risk)
    refuse(rules.why_not_offer(found, risk.unit_id == number, waits, answer_due, timezone.localdate()))
    assert found is not None
    made = Offer(
        unit_id=number, from_unit_id=risk.unit_id, owner_id=str(actor.principal), asked_of_id=found.person,
        reason=reason, answer_due=answer_due, **_description(risk),
    )  # fmt: skip
    made.save(force_insert=True)
    join(OFFERS.kind, made, risk)
    return made


@command(
    _("Adopt in another unit too"),
    when=Risk.IS_OPEN,
    says=_("A risk with this description is made at the unit, and you own it. This one stays as it is."),
)
def adopt_too(
    actor: Actor,
    risk: Risk,
    *,
    unit: OtherUnit,
) -> Risk:
    """Make a risk of another unit of this one's description; it waits for an assessment of its own."""
    number: int = unit.number
    refuse(rules.why_not_of_unit(risk.unit_id == number))
    return _adopted(actor, risk, number)


@command(
    _("Adopt as a risk of ours"),
    when=IS_OFFERED,
    primary=True,
    says=_("A risk with this description is made at the unit, and you own it. It waits for an assessment of its own."),
    final=True,
)
def adopt(
    actor: Actor, offer: Offer, *, answer: Annotated[str, Ask(_("Message to whoever offered it"), rows=3)] = ""
) -> Risk:
    """It is a risk of this unit too."""
    made = _adopted(actor, offer, offer.unit_id)
    _ended(offer, State.ADOPTED, answer)
    return made


@command(_("Decline"), when=IS_OFFERED, final=True)
def decline(actor: Actor, offer: Offer, *, answer: Annotated[str, Ask(_("Reason"), rows=3)]) -> Offer:
    """It is no risk of this unit."""
    return _ended(offer, State.DECLINED, answer)


@command(_("Withdraw"), when=IS_OFFERED)
def withdraw(actor: Actor, offer: Offer) -> Offer:
    """It need not be answered any more."""
    return _ended(offer, State.WITHDRAWN, "")


def _adopted(actor: Actor, source: Risk | Offer, unit: int) -> Risk:
    made = Risk(unit_id=unit, owner_id=str(actor.principal), **_description(source))
    made.save(force_insert=True)
    join(ADOPTED_FROM.kind, made, source)
    return made


def _description(source: Risk | Offer) -> dict[str, Any]:
    return {name: getattr(source, name) for name in DESCRIPTION}


def _waits_at(unit: int, risk: Risk) -> bool:
    """Whether an offer of the risk waits at the unit already."""
    found: Any = Link.objects.seen().in_force(OFFERS.kind).filter(b=risk.pk)
    offers: list[UUID] = list(found.values_list("a", flat=True))
    return Offer.objects.seen().filter(IS_OFFERED, pk__in=offers, unit=unit).exists()


def _ended(offer: Offer, state: str, answer: str) -> Offer:
    offer.state, offer.answer, offer.answered_on = state, answer, timezone.localdate()
    offer.save(update_fields=["state", "answer", "answered_on"])
    return offer
