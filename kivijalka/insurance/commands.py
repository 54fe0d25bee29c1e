"""Verbs of an insurance: renew, end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.insurance import rules
from kivijalka.insurance.models import Insurance
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

IN_FORCE = Q(state=Insurance.State.IN_FORCE)


@command(_("Renew"), when=IN_FORCE, primary=True, initial=lambda insurance: {"premium_eur": insurance.premium_eur})
def renew(
    actor: Actor,
    insurance: Insurance,
    *,
    until: Annotated[date, Ask(_("In force to"))],
    premium_eur: Annotated[Decimal, Ask(_("Premium of a year, €"), example=1000)],
) -> Insurance:
    """Go on with the contract until a later day."""
    refuse(rules.why_not_renew(until, insurance.valid_to, premium_eur))
    insurance.valid_to, insurance.premium_eur = until, premium_eur
    insurance.save(update_fields=["valid_to", "premium_eur"])
    return insurance


@command(_("End the insurance"), when=IN_FORCE, says=_("The risks that it covers are borne by the city alone."))
def end(actor: Actor, insurance: Insurance, *, on: Annotated[date, Ask(_("In force to"))]) -> Insurance:
    """It covers nothing after this day."""
    refuse(rules.why_not_end(on, insurance.valid_from))
    insurance.state, insurance.valid_to = Insurance.State.ENDED, on
    insurance.save(update_fields=["state", "valid_to"])
    return insurance
