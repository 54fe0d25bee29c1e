"""Decisions about programmes that need no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_close(milestones: int, actions: int) -> Reason | None:
    """Why a programme may not be closed. None: it may."""
    if milestones or actions:
        text = _(
            "Still open: %(milestones)d milestones, %(actions)d actions. Finish them, or give them up, before closing."
        ) % {"milestones": milestones, "actions": actions}
        return Reason("open_work", text)
    return None


def why_not_maturity(maturity: int | None) -> Reason | None:
    """Why a maturity cannot be recorded. None: it can."""
    if maturity is not None and not 1 <= maturity <= 5:
        return Reason("not_maturity", _("Maturity goes from 1 to 5."), field="maturity")
    return None


def why_not_move(to: date, due: date) -> Reason | None:
    """Why a milestone may not be moved to a day. None: it may."""
    if to == due:
        return Reason("same_day", _("This is the due date already. Choose another day."), field="to")
    return None


def why_not_on(on: date, today: date) -> Reason | None:
    """Why something may not have happened on a day. None: it may."""
    if on > today:
        return Reason("in_future", _("This day is in the future. Choose today or an earlier day."), field="on")
    return None


def why_not_least(least: Decimal, budget: Decimal) -> Reason | None:
    """Why a choice cannot be bound to spend at least so much. None: it can."""
    if least < 0:
        return Reason("negative", _("An amount is not negative."), field="least_eur")
    if least > budget:
        text = _("This is more than the whole budget. Write at most as much.")
        return Reason("above_budget", text, field="least_eur")
    return None


def why_not_lay_out(workstreams: int) -> Reason | None:
    """Why a template cannot be laid out in a programme. None: it can."""
    if workstreams:
        return Reason("laid_out", _("The programme has workstreams already. A template is laid out in an empty one."))
    return None
