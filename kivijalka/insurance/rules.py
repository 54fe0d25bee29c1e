"""Decisions about insurances that need no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_renew(until: date, end: date, premium_eur: Decimal) -> Reason | None:
    """Why an insurance may not be renewed until a day. None: it may."""
    if until <= end:
        return Reason("not_later", _("It is in force to this day already. Choose a later day."), field="until")
    if premium_eur < 0:
        return Reason("negative", _("A premium is not negative."), field="premium_eur")
    return None


def why_not_end(on: date, start: date) -> Reason | None:
    """Why an insurance may not end on a day. None: it may."""
    if on < start:
        return Reason("before_start", _("The end is before the start."), field="on")
    return None
