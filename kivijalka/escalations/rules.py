"""Decisions about escalations that need no database."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_escalate(superior: object | None, answer_due: date, today: date) -> Reason | None:
    """Why a matter may not be taken to the next level. None: it may."""
    if superior is None:
        text = _("Nobody leads above this who may know of it. Ask an access administrator who should.")
        return Reason("nobody_above", text)
    if answer_due < today:
        return Reason("in_past", _("The answer is due on a day that is past. Choose a later day."), field="answer_due")
    return None
