"""Decisions about events and claims that need no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


class Answerable(Protocol):
    """What answering asks of a claim."""

    claimed_from: Any
    claimed_on: Any


LONGEST_NAME, MOST = 200, Decimal(10**11)
C = TypeVar("C", bound=Answerable)


def why_not_days(happened: date | None, found: date | None, *, today: date) -> Reason | None:
    """Why an event may not have these days. None: it may. What is missing is asked for elsewhere."""
    for field, day in (("happened_on", happened), ("found_on", found)):
        if day is not None and day > today:
            text = _("This day is in the future. An event has happened: choose today or an earlier day.")
            return Reason("in_future", text, field)
    if happened and found and found < happened:
        text = _("It is found on the day that it happened, or later.")
        return Reason("found_before", text, "found_on")
    return None


def why_not_named(name: str) -> Reason | None:
    """Why nobody is called so. None: somebody may be."""
    if len(name) > LONGEST_NAME:
        return Reason("too_long", _("This name is too long. Shorten it."), "claimed_from")
    return None


def why_not_claim(asked_of: str, claimed: Decimal, on: date, *, happened: date, today: date) -> Reason | None:
    """Why nothing may be claimed so. None: it may."""
    if not asked_of:
        text = _("Choose the insurance, or write from whom it is claimed.")
        return Reason("of_nobody", text, "claimed_from")
    if reason := why_not_named(asked_of):
        return reason
    if claimed <= 0:
        return Reason("not_positive", _("A claim asks for more than nothing."), "claimed_eur")
    if claimed > MOST:
        return Reason("too_much", _("This is more than can be claimed. Write whole euros of one event."), "claimed_eur")
    return _why_not_between(on, happened, today, "claimed_on", _("A claim is made after the event, not before it."))


def why_not_answer(
    claim: Answerable | None, paid: Decimal, on: date, *, recovered: Decimal, lost: Decimal, today: date
) -> Reason | None:
    """Why a claim may not be answered so; `recovered` is what came for the event before. None: it may."""
    if claim is None:
        return Reason(
            "nothing_claimed",
            _("Nothing is claimed that waits for an answer. Record the claim first, or write who paid."),
        )
    if paid < 0:
        return Reason("negative", _("What was paid is not negative. Nothing at all is 0."), "paid_eur")
    if recovered + paid > lost:
        text = _("More would have come back than was lost. Mend the loss first, or the claim.")
        return Reason("more_than_lost", text, "paid_eur")
    early = _("A claim is answered on the day that it was made, or later.")
    return _why_not_between(on, claim.claimed_on, today, "paid_on", early)


def why_not_close(losses: Sequence[Decimal | None]) -> Reason | None:
    """Why an event may not be closed. None: it may."""
    if all(one is None for one in losses):
        return Reason("loss_not_known", _("Say first what it cost. If it cost nothing, write 0 where it might have."))
    return None


def the_one(claims: Sequence[C], name: str) -> C | None:
    """The claim that an answer is about: the oldest of those who are named; of whomever, where nobody is."""
    return next((one for one in claims if not name or one.claimed_from.casefold() == name.casefold()), None)


def _why_not_between(on: date, first: date, last: date, field: str, early: Any) -> Reason | None:
    if on > last:
        text = _("This day is in the future. Choose today or an earlier day.")
        return Reason("in_future", text, field)
    return Reason("too_early", early, field) if on < first else None
