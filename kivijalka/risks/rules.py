"""Decisions about risks that need no database."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.policy.scales import DIMENSIONS, Authority
from kivijalka.register.refusal import Reason


class Mergeable(Protocol):
    """What merging asks of a risk."""

    pk: Any
    state: Any
    sign: Any


# What can be decided of a threat and of an opportunity (ISO 31000).
TREATMENTS = {
    "threat": ("avoid", "reduce", "share", "accept"),
    "opportunity": ("exploit", "enhance", "share", "accept"),
}

# Ends of an estimate: events a year, euros of one event, and the least that they differ by as a factor.
MOST_OFTEN, MOST_LOST, NARROWEST = Decimal(10_000), Decimal(10**11), Decimal("1.01")
ONLY_OF_OPPORTUNITIES = ("exploit", "enhance")


def months_after(day: date, months: int) -> date:
    """The same day some months later, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def levels_in_short(likelihood: int, impacts: Mapping[str, int | None]) -> str:
    """The levels of an assessment as one word: likelihood, then the impact in each dimension, 0 where it has none."""
    return f"{likelihood}{''.join(str(impacts.get(name) or 0) for name in DIMENSIONS)}"


def why_not_assess(likelihood: int, impacts: list[int | None]) -> Reason | None:
    """Why an assessment does not stand. None: it does."""
    if not any(impacts):
        return Reason("no_impact", _("Give at least one impact. The worst of them gives the risk's level."))
    if not all(1 <= value <= 5 for value in [likelihood, *(impact for impact in impacts if impact)]):
        return Reason("not_a_level", _("Levels go from 1 to 5."))
    return None


def evidence(inherent: tuple[int, int] | None, current: tuple[int, int], results: Collection[str]) -> str:
    """What shows that controls keep a risk at its level, of (likelihood, impact) and the results of the last tests: as the
    database judges it when the assessment is written (`kj.judge_evidence`). Nothing where nothing was lowered."""
    if "failed" in results:
        return "unconfirmed"
    if inherent is None or (inherent[0] <= current[0] and inherent[1] <= current[1]):
        return ""
    return "confirmed" if "works" in results else "claimed"


def why_not_answer(scale: Sequence[object]) -> Reason | None:
    """Why nothing is answered on a scale of the policy. None: it may be."""
    if not scale:
        return Reason("not_asked", _("The policy in force has no scale for this: it is not asked."))
    return None


def why_not_accept(until: date, *, today: date, latest: date) -> Reason | None:
    """Why an acceptance may not last until a day. None: it may."""
    if until <= today:
        return Reason("ends_in_past", _("The acceptance must end after today. Choose a later day."), field="until")
    if until > latest:
        return Reason(
            "too_long",
            _("The policy lets a risk of this level be accepted for a shorter time. Choose an earlier day."),
            field="until",
        )
    return None


def why_above_authority(level: str, limit: int, authority: Authority) -> Reason | None:
    """Why somebody whose authority ends at the class `limit` (0: none) may not accept a level. None: they may."""
    if limit < int(level[:1] or 0):
        text = _("A risk of this level is accepted by: %s. Your authority at this unit does not reach so far.")
        return Reason("above_authority", text % authority.name.in_(get_language() or "fi"))
    return None


def treatments_of(sign: str, judged: bool) -> tuple[str, ...]:
    """What can be decided of a risk. Until somebody has judged it, the treatment may say what it is."""
    return TREATMENTS[sign] if judged else tuple(dict.fromkeys(one for each in TREATMENTS.values() for one in each))


def why_not_decide(sign: str, treatment: str) -> Reason | None:
    """Why a treatment does not fit. None: it does."""
    if treatment not in TREATMENTS[sign]:
        text = _(
            "A threat is avoided, reduced, shared or accepted; an opportunity exploited, enhanced, shared or accepted."
        )
        return Reason("not_for_this_sign", text, field="treatment")
    return None


def why_not_strategic(kind: str, objective: UUID | None) -> Reason | None:
    """Why a risk is not described well enough. None: it is."""
    if kind == "strategic" and objective is None:
        text = _("A strategic risk is an effect on an objective. Choose the objective.")
        return Reason("no_objective", text, field="objective")
    return None


def why_not_merge(into: Mergeable, risk: Mergeable) -> Reason | None:
    """Why a risk may not be merged into another. None: it may."""
    if into.pk == risk.pk:
        return Reason("itself", _("A risk is not merged into itself. Choose the other one."), field="into")
    if into.state == "closed":
        return Reason("closed", _("That risk is closed. Reopen it first, or choose another."), field="into")
    if into.sign != risk.sign:
        return Reason("other_sign", _("A threat and an opportunity are not one risk."), field="into")
    return None


def why_not_estimate(frequency: tuple[Decimal, Decimal], loss: tuple[Decimal, Decimal]) -> Reason | None:
    """Why two ranges are no estimate. None: they are."""
    for name, (low, high), most in (("frequency", frequency, MOST_OFTEN), ("loss", loss, MOST_LOST)):
        if low <= 0:
            return Reason(
                "not_positive", _("The lower end is above nothing. Write the least that you expect."), f"{name}_low"
            )
        if high <= low:
            text = _(
                "The higher end is above the lower one. If you are sure of the value, write it a little below and above."
            )
            return Reason("upside_down", text, f"{name}_high")
        if high < low * NARROWEST:
            return Reason(
                "too_narrow", _("The ends are too close: nobody knows so exactly. Write a wider range."), f"{name}_high"
            )
        if high > most:
            return Reason(
                "too_much", _("This is more than can be. Write events a year, and euros of one event."), f"{name}_high"
            )
    return None


def why_not_own(owner: UUID | None, person: UUID | None) -> Reason | None:
    """Why the person who acts, in their own name or for another, may not accept a risk that they own. None: they may."""
    if owner is not None and owner == person:
        return Reason("own_risk", _("This risk is your own. Somebody else must accept it, not you on their behalf."))
    return None


def why_not_close(open_actions: int) -> Reason | None:
    """Why a risk may not be closed. None: it may."""
    if open_actions:
        return Reason("open_actions", _("Actions that treat this risk are still open. Complete or cancel them first."))
    return None


def why_not_of_unit(own: bool) -> Reason | None:
    """Why a risk may not become one of another unit too. None: it may."""
    if own:
        return Reason("own_unit", _("The risk is this unit's already. Choose another unit."), field="unit")
    return None


def why_not_offer(leads: object | None, own: bool, waits: bool, answer_due: date, today: date) -> Reason | None:
    """Why a risk may not be offered to a unit. None: it may."""
    if own:
        return why_not_of_unit(own)
    if waits:
        text = _("It has been offered there already, and waits for an answer. Withdraw that offer first.")
        return Reason("offered_already", text, field="unit")
    if leads is None:
        text = _("Nobody who leads there or above may know of it and adopt it. Ask an access administrator who should.")
        return Reason("nobody_there", text, field="unit")
    if answer_due < today:
        return Reason("in_past", _("The answer is due on a day that is past. Choose a later day."), field="answer_due")
    return None
