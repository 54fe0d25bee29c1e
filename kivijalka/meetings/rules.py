"""Decisions about meetings that need no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason

LONGEST_TITLE = 300


def why_not_order(order: Sequence[str], numbers: Sequence[int]) -> Reason | None:
    """Why items cannot be put into an order. None: they can."""
    known = {str(number) for number in numbers}
    unknown = [word for word in order if word not in known]
    if unknown:
        text = _("There is no item %s on the agenda. Write numbers of items, such as: 2 1 3.") % unknown[0][:20]
        return Reason("no_item", text, field="order")
    if len(set(order)) < len(order):
        return Reason("twice", _("An item is named twice. Write each number once."), field="order")
    return None


def why_not_matter(what: str) -> Reason | None:
    """Why these words cannot stand on an agenda. None: they can."""
    if len(what) > LONGEST_TITLE:
        text = _("Say it in %d characters at most. The rest can be written into the minutes.") % LONGEST_TITLE
        return Reason("too_long", text, field="what")
    return None


def why_not_decide(owner: object | None, due: date | None) -> Reason | None:
    """Why a decision cannot be recorded. None: it can."""
    if due is not None and owner is None:
        text = _("What has a due date is done by somebody. Say who does it, or leave the day out.")
        return Reason("nobody", text, field="owner")
    return None
