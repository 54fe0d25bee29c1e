"""The roles of a file of people: a cell such as "unit_head@U-000012; employee" names kinds and where they are held.

What is named is held from today on. What came by a file ends when its kind stands in this file and the person's row names
it no more; a role that people gave stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.exchange.working import in_force
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Role, RoleKind, Unit
from kivijalka.organisation.registers import roles as register
from kivijalka.register.command import add, add_each
from kivijalka.register.doors.files.cells import Unreadable, parts_of
from kivijalka.register.doors.files.lookups import find_all
from kivijalka.register.doors.files.plan import PlannedRow
from kivijalka.register.doors.files.words import LANGUAGES, folded
from kivijalka.register.fields import RecordField
from kivijalka.register.many import each
from kivijalka.register.refusal import Refused

# A kind of role and the number of the unit where it is held.
Place = tuple[str, int]


@dataclass(frozen=True)
class Holder:
    """A person, their row, and what it says that they hold."""

    row: PlannedRow
    person: Person
    cell: str


@dataclass(frozen=True)
class _Gift:
    """A role to be given, or to be ended."""

    row: PlannedRow
    values: dict[str, Any]
    role: Role | None = None


def settle(actor: Actor, holders: Sequence[Holder], today: date, *, rehearsed: bool) -> tuple[int, int]:
    """Give and end until each holds what their row says. How many were given and ended; why not stands with the row."""
    cells = _Cells((holder.cell for holder in holders), {holder.person.unit_id for holder in holders})
    wanted = {holder.person.pk: cells.read(holder) for holder in holders}
    held: dict[UUID, dict[Place, Role]] = {}
    for role in Role.objects.filter(in_force(), person__in=list(wanted)):
        held.setdefault(role.person_id, {})[(role.kind_id, role.unit_id)] = role
    given = [
        _Gift(holder.row, {"person": holder.person, **cells.named(place), "start": max(today, holder.person.start)})
        for holder in holders
        for place in sorted(wanted[holder.person.pk] - held.get(holder.person.pk, {}).keys())
    ]
    kinds = {kind for places in wanted.values() for kind, _unit in places}
    over = [
        _Gift(holder.row, {"on": max(role.start, today - timedelta(days=1))}, role)
        for holder in holders
        for place, role in held.get(holder.person.pk, {}).items()
        if place[0] in kinds and place not in wanted[holder.person.pk] and role.end is None
    ]
    over = _by_file(over)
    _keep(over, each(over, lambda some: _end_each(actor, some), lambda one: _end_each(actor, [one])[0]))
    _keep(given, each(given, lambda some: _give_each(actor, some, rehearsed), lambda one: _give(actor, one)))
    return len(given), len(over)


def _give_each(actor: Actor, gifts: Sequence[_Gift], rehearsed: bool) -> list[Any]:
    return list(add_each(register, actor, [gift.values for gift in gifts], rehearsed=rehearsed))


def _give(actor: Actor, gift: _Gift) -> Any:
    return add(register, actor, **gift.values)


def _end_each(actor: Actor, gifts: Sequence[_Gift]) -> list[Any]:
    answers: list[Any] = commands.end_role.on_each(actor, [(gift.role, gift.values) for gift in gifts])
    return answers


def _keep(gifts: Sequence[_Gift], answers: Sequence[Any]) -> None:
    for gift, answer in zip(gifts, answers, strict=True):
        if isinstance(answer, Refused):
            role = gift.role or Role(**gift.values)
            for text in (text for texts in answer.errors.values() for text in texts):
                gift.row.refuse(str(register.names[0]), f"{role.kind}, {role.unit}", text)


def _by_file(gifts: list[_Gift]) -> list[_Gift]:
    """Those whose role came by a file, as its history says."""
    ids = [gift.role.pk for gift in gifts if gift.role is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from history.organisation_role where id = any(%s) and kept_op = 'I' and kept_door = 'import'",
            [ids],
        )
        found = {row[0] for row in cursor.fetchall()}
    return [gift for gift in gifts if gift.role is not None and gift.role.pk in found]


class _Cells:
    """Reads cells of roles; what they name is looked up for all of them at once."""

    def __init__(self, texts: Iterable[str], own: set[int]) -> None:
        parts = {part for text in texts for part in parts_of(text)}
        self.kinds = {kind.key: kind for kind in RoleKind.objects.all()}
        self.words = {
            folded(word): kind.key
            for kind in self.kinds.values()
            for word in (kind.key, *(getattr(kind, f"name_{language}") for language in LANGUAGES))
        }
        self.found = find_all(RecordField(Unit), {part.partition("@")[2] for part in parts} - {""})
        named = {unit.number: unit for unit in self.found.values() if isinstance(unit, Unit)}
        # Without a place a role is held at the person's own unit.
        self.units = named | {unit.number: unit for unit in Unit.objects.filter(number__in=own - named.keys())}

    def read(self, holder: Holder) -> set[Place]:
        """The places of a cell. What is not understood is refused with its row."""
        found: set[Place] = set()
        for part in parts_of(holder.cell):
            word, _at, place = part.partition("@")
            kind, unit = self.words.get(folded(word)), self._unit(holder.person, place)
            if kind is None:
                how = _("Write one of: %s.") % ", ".join(sorted(self.kinds))
                holder.row.refuse(str(_("Roles")), part, _("There is no such kind of role."), how)
            elif isinstance(unit, Unreadable):
                holder.row.refuse(str(_("Roles")), part, unit.why, unit.how)
            else:
                found.add((kind, unit.number))
        return found

    def named(self, place: Place) -> dict[str, Any]:
        return {"kind": self.kinds[place[0]], "unit": self.units[place[1]]}

    def _unit(self, person: Person, place: str) -> Unit | Unreadable:
        found: Unit | Unreadable = self.found[folded(place)] if place.strip() else self.units[person.unit_id]
        return found
