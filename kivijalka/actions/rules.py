"""Decisions about actions that need no database."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_postpone(to: date, due: date) -> Reason | None:
    """Why an action may not be postponed to a day. None: it may."""
    if to <= due:
        return Reason("not_later", _("The new due date is not after the present one. Choose a later day."), field="to")
    return None


def why_not_progress(progress: int) -> Reason | None:
    """Why a progress may not be reported. None: it may."""
    if not 0 <= progress <= 100:
        return Reason("not_percent", _("Progress is a percentage. Write a number from 0 to 100."), field="progress")
    return None


def why_not_cut(cut: int | None) -> Reason | None:
    """Why an action may not be expected to take off so many percent of a loss. None: it may."""
    if cut is not None and not 0 <= cut <= 100:
        text = _("More than all of a loss cannot be taken off. Write a number from 0 to 100.")
        return Reason("not_percent", text, field="expected_cut")
    return None


def why_not_days(days: int | None) -> Reason | None:
    """Why an action may not take so many days of work. None: it may."""
    if days is not None and not 0 <= days <= 2**31 - 1:
        return Reason("not_days", _("Write whole days of work, from 0 on."), field="work_days")
    return None


def why_not_day(on: date, today: date, *, field: str) -> Reason | None:
    """Why something may not have happened on a day. None: it may."""
    if on > today:
        return Reason("in_future", _("This day is in the future. Choose today or an earlier day."), field=field)
    return None
