"""Decisions about units and roles that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.utils.formats import date_format
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


def why_not_continue(unit: int, into: int, below: set[int], *, ended: bool, field: str) -> Reason | None:
    """Why a unit may not take over what another one has. None: it may."""
    if into == unit:
        return Reason("itself", _("A unit cannot continue itself. Choose another unit."), field=field)
    reason = why_not_move(unit, into, below, ended=ended)
    return replace(reason, field=field) if reason else None


def why_not_end(on: date, *, start: date, has_units_below: bool) -> Reason | None:
    """Why something may not end on a day. None: it may."""
    if on < start:
        return Reason("ends_before_start", _("The end is before the start. Choose a later end."), field="on")
    if has_units_below:
        return Reason("units_below", _("Units are in force below this one. Move or end them first."))
    return None


def why_not_transfer(unit: int, to: int, *, ended: bool) -> Reason | None:
    """Why a person may not go to a unit. None: they may."""
    if to == unit:
        return Reason("there_already", _("This person works at that unit already. Choose another unit."), field="to")
    if ended:
        return Reason("ended", _("That unit has ended. Choose one that is in force."), field="to")
    return None


def why_not_offer(end: date | None, today: date, *, unseen: list[str]) -> Reason | None:
    """Why a person may not be offered something. None: they may."""
    if end is not None and end < today:
        return Reason("left", _("This person no longer works here. Choose somebody else."), field="person")
    if unseen:
        told = _("This person may not see {}. Choose somebody else, or give them a role that reaches it first.")
        return Reason("out_of_reach", told.format(_listed(unseen)), field="person")
    return None


def why_not_absent(start: date, end: date, *, today: date) -> Reason | None:
    """Why an absence may not last from one day to another. None: it may."""
    if end < start:
        return Reason("ends_before_start", _("The end is before the start. Choose a later end."), field="end")
    if start < today:
        return Reason("begins_in_past", _("The start is in the past. Choose today or a later day."), field="start")
    return None


def why_not_deputy(me: UUID | None, deputy: UUID, *, leaves: date | None, end: date) -> Reason | None:
    """Why somebody may not stand in until a day. None: they may."""
    if deputy == me:
        return Reason("oneself", _("One cannot be one's own deputy. Choose another person."), field="deputy")
    if leaves is not None and leaves < end:
        told = _("This person works here until {} only. Choose somebody else, or an earlier end.")
        return Reason("leaves", told.format(date_format(leaves, "SHORT_DATE_FORMAT")), field="deputy")
    return None


def why_not_theirs(holders: list[UUID], absent: UUID) -> Reason | None:
    """Why these roles may not be given for somebody. None: they hold all of them."""
    if set(holders) - {absent}:
        return Reason("not_theirs", _("The absent person does not hold this role. Choose one of theirs."), field="role")
    return None


def why_not_lend(personal: list[bool], *, one: bool, own: bool = True) -> Reason | None:
    """Why roles may not be given to a deputy: the chosen one, or all of them. None: they may, some of them at least.

    Who holds none lends what they own.
    """
    if one and any(personal):
        told = _("This role is held in person and is not given to a deputy. Choose another one.")
        return Reason("personal", told, field="role")
    if personal and all(personal):
        told = _("You hold no role that can be given to a deputy.")
        return Reason("nothing_to_lend", told if own else _("They hold no role that can be given."), field="role")
    return None


def why_not_lend_on(on_behalf_of: UUID | None) -> Reason | None:
    """Why somebody who acts on another's behalf may not give or end a delegation. None: they act as themselves."""
    if on_behalf_of is not None:
        return Reason(
            "lent", _("You act on somebody's behalf, and what is lent is not lent on. Act as yourself first.")
        )
    return None


def why_not_overlap(clashes: bool, *, own: bool = True) -> Reason | None:
    """Why the same may not be given twice for the same days. None: it is given once."""
    if clashes and not own:
        told = _("Somebody stands in for them with this on some of those days already. End that first.")
        return Reason("overlaps", told, field="start")
    if clashes:
        told = _(
            "Somebody stands in for you with this on some of those days already. End that first, or choose other days."
        )
        return Reason("overlaps", told, field="start")
    return None


def why_not_split(continues: list[str]) -> Reason | None:
    """Why these units may not continue a split one. None: they may."""
    if len(continues) < 2 or len(set(continues)) < len(continues):
        return Reason(
            "not_two",
            _("A split needs two or more units that continue, each once. To have one continue, merge instead."),
            field="parts",
        )
    return None


def why_not_place(strange: list[str], left: list[str]) -> Reason | None:
    """Why the things of a split unit may not be placed so. None: all that is named is there, and nothing is left."""
    if strange:
        told = _("This unit does not have {}. Take it off, or write the code as it stands in the list of the unit.")
        return Reason("not_here", told.format(_listed(strange)), field="parts")
    if left:
        told = _("Left without a home: {}. Write them below a unit, or * below the unit that takes everything else.")
        return Reason("no_home", told.format(_listed(left)), field="parts")
    return None


def _listed(codes: list[str], most: int = 12) -> str:
    return ", ".join(codes[:most]) + (f" … ({len(codes)})" if len(codes) > most else "")
