"""Decisions about a policy that need no database."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_begin(on: date, *, today: date, latest: date | None) -> Reason | None:
    """Why a policy may not come into force on a day. `latest` is the beginning of the last one decided. None: it may."""
    if latest is None:
        return None  # the first of all may have been in force before this house was built
    if on < today:
        text = _("Assessments made since then belong to the policy in force. Choose today or a later day.")
        return Reason("begins_in_past", text, field="on")
    if on <= latest:
        text = _("Another policy begins on this day or later. Choose a later day.")
        return Reason("begins_before_another", text, field="on")
    return None


def why_not_decided(decided_on: date, *, on: date) -> Reason | None:
    """Why a policy may not be decided on a day. None: it may."""
    if decided_on > on:
        text = _("A policy cannot come into force before it is decided. Check both days.")
        return Reason("decided_after", text, field="decided_on")
    return None
