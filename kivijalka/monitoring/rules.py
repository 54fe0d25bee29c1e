"""Decisions about indicators that need no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def standing(value: Decimal | None, warning: Decimal | None, limit: Decimal, *, high_is_bad: bool) -> str:
    """Where an indicator stands with its latest value; the limit itself is still good, the warning warns."""
    if value is None:
        return "unknown"
    sign = 1 if high_is_bad else -1
    if sign * value > sign * limit:
        return "past"
    if warning is not None and sign * value >= sign * warning:
        return "warning"
    return "good"


def why_not_value(on: date, *, today: date) -> Reason | None:
    """Why a value may not be recorded for a day. None: it may."""
    if on > today:
        return Reason("in_future", _("This day is in the future. Choose today or an earlier day."), field="on")
    return None
