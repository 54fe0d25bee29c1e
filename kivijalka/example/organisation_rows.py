"""The example city's organisation as versions of rows: units, persons, roles, delegations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from kivijalka.example.shape import City, Reorganisation, Unit
from kivijalka.example.units import history_start
from kivijalka.example.versions import Row, instant, key_of, last_day

# Where the house names a command otherwise than the city does.
COMMANDS = {"end": "end_unit"}
TITLES = {"fi": "title_fi", "sv": "title_sv", "en": "title_en"}


def units(city: City) -> Iterator[Row]:
    changes: dict[int, list[Reorganisation]] = defaultdict(list)
    for change in city.reorganisations:
        changes[change.unit].append(change)
    for unit in city.units:
        known = instant(max(unit.start, history_start(city.today)))
        yield from _unit_versions(unit, known, sorted(changes[unit.number], key=lambda change: change.at))


def _unit_versions(unit: Unit, known: datetime, changes: list[Reorganisation]) -> Iterator[Row]:
    """Backwards from today: each change says what the unit was before it."""
    names, parent = (unit.name_fi, unit.name_sv, unit.name_en), unit.parent
    end = None if unit.end is None else last_day(unit.end)
    starts = [known, *(change.at for change in changes)]
    until: datetime | None = None
    for number in range(len(changes), -1, -1):
        change = changes[number - 1] if number else None
        values = {
            "id": unit.id,
            "version": number + 1,
            "number": unit.number,
            "code": unit.code,
            "kind": unit.kind,
            "parent_id": parent,
            "name_fi": names[0],
            "name_sv": names[1],
            "name_en": names[2],
            "start": unit.start,
            "end": end,
            "key": unit.number,
        }
        by, command = (change.by, COMMANDS.get(change.command, change.command)) if change else (None, "add")
        yield Row(values, starts[number], until, "U" if change else "I", by, command)
        until = starts[number]
        if change:
            names = (change.name_fi_before, change.name_sv_before, change.name_en_before)
            parent = change.parent_before if change.parent_before is not None else parent
            end = None if change.command in ("end", "merge") else end


def _ended(values: dict[str, Any], start: date, end: date | None, begin: date, command: str) -> Iterator[Row]:
    """A row known since it began, or since the registers began; whoever ended it wrote a second version."""
    known = instant(max(start, begin))
    if end is None:
        yield Row({**values, "version": 1, "end": None}, known, None, "I", None, "add")
        return
    over = max(instant(end), known + timedelta(seconds=1))
    yield Row({**values, "version": 1, "end": None}, known, over, "I", None, "add")
    yield Row({**values, "version": 2, "end": max(start, last_day(end))}, over, None, "U", None, command)


def persons(city: City) -> Iterator[Row]:
    begin = history_start(city.today)
    for person in city.persons:
        values = {
            "id": person.id,
            "unit_id": person.unit,
            "confidentiality": 1,
            "key": key_of(person.unit),
            "code": person.code,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "full_name": f"{person.given_name} {person.family_name}",
            "email": person.email,
            "signs_in_as": person.email.lower(),
            "language": person.language,
            "work_title": getattr(person, TITLES[person.language]),
            "start": person.start,
        }
        yield from _ended(values, person.start, person.end, begin, "edit")


def roles(city: City) -> Iterator[Row]:
    begin = history_start(city.today)
    for number, role in enumerate(city.roles, start=1):
        values = {
            "id": role.id,
            "unit_id": role.unit,
            "confidentiality": 1,
            "key": key_of(role.unit),
            "code": f"T-{number:06}",
            "person_id": role.person,
            "kind_id": role.kind,
            "start": role.start,
        }
        yield from _ended(values, role.start, role.end, begin, "end_role")


def delegations(city: City) -> Iterator[Row]:
    at = {person.id: person.unit for person in city.persons}
    for number, item in enumerate(city.delegations, start=1):
        unit = at[item.principal]
        values = {
            "id": item.id,
            "version": 1,
            "unit_id": unit,
            "confidentiality": 1,
            "key": key_of(unit),
            "code": f"D-{number:06}",
            "principal_id": item.principal,
            "deputy_id": item.deputy,
            "start": item.start,
            "end": max(item.start, last_day(item.end)),
            "reason": item.reason,
        }
        yield Row(values, instant(item.start), None, "I", item.principal, "add")
