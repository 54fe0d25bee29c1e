"""Decisions about controls that need no database."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_tested(on: date, next_test: date | None, *, today: date, last: date | None) -> Reason | None:
    """Why a test may not be recorded. None: it may."""
    if on > today:
        return Reason("in_future", _("This day is in the future. Choose today or an earlier day."), field="on")
    if last is not None and on < last:
        text = _("A later test is recorded already. A control stands by its latest test.")
        return Reason("later_known", text, field="on")
    if next_test is not None and next_test <= today:
        return Reason("not_later", _("The next test must be after today. Choose a later day."), field="next_test")
    return None
