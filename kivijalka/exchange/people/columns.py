"""Columns of a file of people: fields of a person, and the roles that they hold."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from kivijalka.organisation.registers import persons as register
from kivijalka.register.doors.files.guesses import guessed
from kivijalka.register.doors.files.layout import Known
from kivijalka.register.doors.files.mapping import KEY, known_headings, targets_of
from kivijalka.register.doors.files.read import Table
from kivijalka.register.doors.files.words import folded
from kivijalka.register.refusal import Refused

ROLES = "roles"
HEADINGS = {ROLES, "role", "rooli", "roolit", "roll", "roller"}


def headings() -> Known:
    """Whether a text is the heading of a column that such a file has."""
    known = known_headings(register)
    return lambda heading: folded(heading) in HEADINGS or known(heading)


def columns_of(table: Table, chosen: Mapping[str, str]) -> dict[str, str]:
    """Where each column goes; what is `chosen` counts most. Refused where something is missing that every person has."""
    guesses = guessed(register, table.head)
    found = {heading: _place(heading, target) for heading, target in guesses.items()}
    found = {heading: "" if target in chosen.values() else target for heading, target in found.items()} | dict(chosen)
    needed = {name: target.label for name, target in targets_of(register).items() if target.needed}
    missing = [str(label) for name, label in needed.items() if name not in found.values()]
    if missing:
        told = _("The file has no column for: %(missing)s. Its columns: %(there)s. Say --map COLUMN=FIELD.")
        raise Refused(told % {"missing": ", ".join(missing), "there": ", ".join(table.headings)}, code="columns")
    return found


def _place(heading: str, target: str) -> str:
    """What a personnel system calls its own number is the person's id there."""
    if folded(heading) in HEADINGS:
        return ROLES
    return "external_id" if target == KEY else target


def places() -> set[str]:
    """Where a column may go, by name."""
    return {"", ROLES, *targets_of(register)}
