"""Decisions about units and roles that need no database."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason


def why_not_move(unit: int, to: int, below: set[int], *, ended: bool) -> Reason | None:
    """Why a unit may not go under another. None: it may."""
    if to == unit:
        return Reason("under_itself", _("A unit cannot be under itself. Choose another unit."), field="to")
    if to in below:
        return Reason("circle", _("That unit is below this one. Choose a unit outside of this one."), field="to")
    if ended:
        return Reason("ended", _("That unit has ended. Choose one that is in force."), field="to")
    return None


def why_not_end(on: date, *, start: date, has_units_below: bool) -> Reason | None:
    """Why something may not end on a day. None: it may."""
    if on < start:
        return Reason("ends_before_start", _("The end is before the start. Choose a later end."), field="on")
    if has_units_below:
        return Reason("units_below", _("Units are in force below this one. Move or end them first."))
    return None
