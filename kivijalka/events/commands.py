"""Verbs of an event: say which risk came true, claim, record the answer, close, reopen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.events import queries, rules
from kivijalka.events.models import LOSSES, Claim, Event
from kivijalka.insurance.models import Insurance
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join
from kivijalka.risks.models import Risk

OPEN = Q(state=Event.State.OPEN)
# Named: inside a signature the Django plugin of the type checker misreads a model.
RiskThatCameTrue = Annotated[Risk, Ask(_("Risk that came true"))]
InsuranceClaimedFrom = Annotated[Insurance | None, Ask(_("Insurance claimed from"))]
Today = _("Empty means today.")


@command(
    _("Say which risk came true"),
    when=OPEN,
    primary=True,
    says=_(
        "The risk's page shows the event, and what it teaches about the estimate. Several risks can come true at once."
    ),
)
def realise(actor: Actor, event: Event, *, risk: RiskThatCameTrue) -> Event:
    """Tie the event to a risk that it is a case of."""
    if not queries.is_tied("realised", event, risk):
        join("realised", event, risk)
    return event


@command(
    _("Record a claim"),
    when=OPEN,
    says=_("What is asked of an insurance, or of whoever caused it. Its answer is recorded when it comes."),
)
def claim(
    actor: Actor,
    event: Event,
    *,
    claimed_eur: Annotated[Decimal, Ask(_("Claimed, €"), example=Decimal("0.5"))],
    insurance: InsuranceClaimedFrom = None,
    claimed_from: Annotated[
        str, Ask(_("Claimed from"), _("Empty means the insurer of the insurance."), example="Esimerkkivakuutus Oy")
    ] = "",
    claimed_on: Annotated[date | None, Ask(_("Claimed on"), Today)] = None,
    paid_eur: Annotated[
        Decimal | None, Ask(_("Paid, €"), _("Empty until it is answered."), example=Decimal("0.25"))
    ] = None,
    paid_on: Annotated[date | None, Ask(_("Answered on"))] = None,
) -> Claim:
    """Ask somebody to bear a part of the loss."""
    today = timezone.localdate()
    day, whom = claimed_on or today, claimed_from or (insurance.insurer if insurance else "")
    refuse(rules.why_not_claim(whom, claimed_eur, day, happened=event.happened_on, today=today))
    made = Claim(
        event=event, giver_id=str(actor.principal), insurance=insurance, claimed_from=whom, claimed_eur=claimed_eur,
        claimed_on=day,
    )  # fmt: skip
    if paid_eur is not None:
        _answer(event, made, paid_eur, paid_on or today)
    made.save(force_insert=True)
    if insurance is not None and not queries.is_tied("claimed_from", event, insurance):
        join("claimed_from", event, insurance)
    event.claimed_eur += claimed_eur
    _keep(event, [*queries.unanswered(event, besides=made), *([made] if paid_eur is None else [])])
    return made


@command(
    _("Record what came back"),
    says=_("The answer to a claim. What somebody paid without being asked is recorded the same way, with who it was."),
    initial=lambda event: queries.asked_first(event),
)
def receive(
    actor: Actor,
    event: Event,
    *,
    paid_eur: Annotated[Decimal, Ask(_("Paid, €"), _("0 when the claim was refused."), example=Decimal("0.5"))],
    paid_on: Annotated[date | None, Ask(_("Answered on"), Today)] = None,
    claimed_from: Annotated[str, Ask(_("Who answered"), example="Esimerkkivakuutus Oy")] = "",
) -> Claim:
    """Say what came of a claim, or what came without one."""
    refuse(rules.why_not_named(claimed_from))
    today, waiting = timezone.localdate(), list(queries.unanswered(event))
    day, found = paid_on or today, rules.the_one(waiting, claimed_from)
    if found is None and claimed_from and paid_eur > 0:
        found = Claim(event=event, giver_id=str(actor.principal), claimed_from=claimed_from, claimed_eur=paid_eur)
        found.claimed_on = day
        event.claimed_eur += paid_eur
    answered = _answer(event, found, paid_eur, day)
    answered.save()
    _keep(event, [one for one in waiting if one.pk != answered.pk])
    return answered


@command(_("Close the event"), when=OPEN, says=_("What it cost is known, and what came back has come."))
def close(
    actor: Actor, event: Event, *, outcome: Annotated[str, Ask(_("What was learned"), rows=3, of_many=True)] = ""
) -> Event:
    """The event is over: its loss is known."""
    refuse(rules.why_not_close([getattr(event, name) for name in LOSSES]))
    event.state, event.outcome = Event.State.CLOSED, outcome
    event.save(update_fields=["state", "outcome"])
    return event


@command(_("Reopen"), when=~OPEN)
def reopen(actor: Actor, event: Event) -> Event:
    """Something about the event is not over after all."""
    event.state = Event.State.OPEN
    event.save(update_fields=["state"])
    return event


def _answer(event: Event, found: Claim | None, paid: Decimal, on: date) -> Claim:
    recovered, lost = event.recovered_eur, queries.lost(event)
    refuse(rules.why_not_answer(found, paid, on, recovered=recovered, lost=lost, today=timezone.localdate()))
    assert found is not None
    found.paid_eur, found.paid_on = paid, on
    event.recovered_eur += paid
    return found


def _keep(event: Event, waiting: list[Claim]) -> None:
    """What the event says of its claims."""
    event.unanswered_since = min((one.claimed_on for one in waiting), default=None)
    event.save(update_fields=["claimed_eur", "recovered_eur", "unanswered_since"])
