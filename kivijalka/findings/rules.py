"""Decisions about findings and exceptions that need no database."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason

LONGEST = timedelta(days=366)


def why_not_until(until: date, today: date) -> Reason | None:
    """Why an exception may not be granted until a day. None: it may."""
    if until <= today:
        return Reason("ends_in_past", _("The exception must end after today. Choose a later day."), field="until")
    if until > today + LONGEST:
        text = _("An exception is granted for a year at most, and asked for anew. Choose an earlier day.")
        return Reason("too_long", text, field="until")
    return None


def why_not_own(owner: UUID, person: UUID | None) -> Reason | None:
    """Why the person who acts, in their own name or for another, may not decide on an exception. None: they may."""
    if owner == person:
        text = _("This exception is your own. Somebody else must decide on it, not you on their behalf.")
        return Reason("own_exception", text)
    return None
