"""What a file of people says against who is here: each row as any import plans it, and who is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kivijalka.access import Actor
from kivijalka.exchange.people.columns import ROLES
from kivijalka.exchange.working import in_force
from kivijalka.organisation.models import Person, Unit
from kivijalka.organisation.queries import numbers_below
from kivijalka.organisation.registers import persons as register
from kivijalka.register.doors.files.cells import EMPTY
from kivijalka.register.doors.files.compare import Change
from kivijalka.register.doors.files.mapping import Reading
from kivijalka.register.doors.files.plan import Plan, PlannedRow, plan
from kivijalka.register.doors.files.read import Table, as_text
from kivijalka.register.doors.values import text_of


@dataclass(frozen=True)
class People:
    """A file's persons, what stands in their cell of roles (None: the file tells no roles), and who is missing from it."""

    plan: Plan
    roles: dict[int, str] | None
    missing: list[Person]

    @property
    def missing_share(self) -> float:
        """Of those who work here, how many are missing, in percent."""
        here = len(self.missing) + sum(row.record is not None for row in self.plan.rows)
        return 100 * len(self.missing) / here if here else 0.0


def planned(actor: Actor, table: Table, columns: Mapping[str, str], within: Unit | None, today: date) -> People:
    """What the file would do. Nothing is written."""
    heading = {target: heading for heading, target in columns.items()}
    found = plan(register, table, Reading({h: t for h, t in columns.items() if t != ROLES}), actor, None)
    _stay(found, table, heading.get("end"), today)
    cells = {row.number: as_text(row.cells[heading[ROLES]]) for row in table.rows} if ROLES in heading else None
    return People(found, cells, _missing(actor, found, within, today))


def _stay(found: Plan, table: Table, heading: str | None, today: date) -> None:
    """Whose row names no end works here: again, and where the file tells ends, longer than was said before."""
    endless = {row.number for row in table.rows if not heading or as_text(row.cells[heading]).casefold() in EMPTY}
    for row in found.rows:
        end = row.record.end if row.record is not None else None
        if end is not None and row.number in endless and (heading or end < today):
            row.values["end"] = None
            row.changes.append(Change(register.field("end").verbose_name, text_of(row.record, "end"), ""))


def comes_back(row: PlannedRow, today: date) -> bool:
    """Whether the row's person had left, and works here again."""
    if row.record is None or row.record.end is None or row.record.end >= today or "end" not in row.values:
        return False
    end = row.values["end"]
    return end is None or end >= today


def _missing(actor: Actor, found: Plan, within: Unit | None, today: date) -> list[Person]:
    """Who works within the reach of whoever imports, or within a unit, and stands in no row. Never oneself, nor who
    begins later."""
    known = {row.record.pk for row in found.rows if row.record is not None} | {actor.person}
    rows = Person.objects.may("edit").filter(Person.to_offer, in_force(), start__lte=today)
    rows = rows.filter(unit_id__in=numbers_below(within.number)) if within is not None else rows
    return [person for person in rows.order_by("family_name", "given_name") if person.pk not in known]
