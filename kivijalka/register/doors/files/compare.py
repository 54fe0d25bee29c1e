"""What a row would change in its record: field by field, and for commands against the latest part they made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from kivijalka.register.command import Command
from kivijalka.register.declare import Part, Register
from kivijalka.register.doors.files.mapping import Target
from kivijalka.register.doors.related import value_of
from kivijalka.register.doors.values import text_of

if TYPE_CHECKING:
    from kivijalka.register.doors.files.plan import PlannedRow


@dataclass(frozen=True)
class Change:
    """One value that an import would change, in words."""

    label: Any
    before: str
    after: str


def part_made_by(register: Register[Any], command: Command[Any]) -> Part | None:
    """The kind of part that holds a command's inputs: assessments hold what assessing was given."""
    for part in register.parts:
        names = {field.name for field in part.model._meta.concrete_fields}
        if set(command.inputs) <= names:
            return part
    return None


def present_of(register: Register[Any], records: Iterable[Any]) -> dict[tuple[str, Any], list[Any]]:
    """For each importing command and record, the parts that it made, latest first: a query per command."""
    found: dict[tuple[str, Any], list[Any]] = {}
    for command, part, rows in _made(register, records):
        for row in rows.order_by(*part.order):
            found.setdefault((command.name, getattr(row, f"{part.parent}_id")), []).append(row)
    return found


def latest_of(register: Register[Any], records: Iterable[Any]) -> dict[tuple[str, Any], Any]:
    """For each importing command and record, the latest part of the kind that is meant where none is named."""
    found: dict[tuple[str, Any], Any] = {}
    for command, part, rows in _made(register, records):
        last = rows.filter(**_kind(command, {})).order_by(part.parent, *part.order).distinct(part.parent)
        found |= {(command.name, getattr(row, f"{part.parent}_id")): row for row in last}
    return found


def _made(register: Register[Any], records: Iterable[Any]) -> Iterator[tuple[Command[Any], Part, QuerySet[Any]]]:
    """Parts that importing commands made, of records that were seen: the database's policy alone says so of them. Asked with
    `seen()` too, the planner goes through all records for each thousand.
    """
    keys = {record.pk for record in records}
    for command in register.imports:
        part = part_made_by(register, command)
        if part is not None and keys:
            yield command, part, part.model.objects.filter(**{f"{part.parent}__in": keys})


def latest(command: Command[Any], parts: list[Any], given: dict[str, Any]) -> Any:
    """The latest part of the same kind."""
    wanted = _kind(command, given)
    return next((part for part in parts if all(getattr(part, n) == value for n, value in wanted.items())), None)


def _kind(command: Command[Any], given: dict[str, Any]) -> dict[str, Any]:
    """The inputs that have a default, such as the stage: parts of one kind agree in them."""
    defaults = {name: asked.default for name, asked in command.inputs.items()}
    return {name: given.get(name, value) for name, value in defaults.items() if value not in (None, "")}


def keep_changes(
    register: Register[Any],
    row: PlannedRow,
    present: dict[tuple[str, Any], list[Any]],
    targets: Mapping[str, Target],
) -> None:
    """Leave in the row only what differs from its record."""
    row.title = row.title or str(row.record)
    row.values = {name: value for name, value in row.values.items() if not _same(register, row.record, name, value)}
    for name, value in row.values.items():
        label = register.field(name).verbose_name
        row.changes.append(Change(label, text_of(row.record, name), targets[name].said(value)))
    for command in register.imports:
        if command.name in row.inputs:
            parts = present.get((command.name, row.record.pk), [])
            _keep_inputs(row, command, latest(command, parts, row.inputs[command.name]), targets)


def held_by_new(register: Register[Any], row: PlannedRow, targets: Mapping[str, Target]) -> list[Change]:
    """What a new record will hold, in words."""
    held = [(name, register.field(name).verbose_name, value) for name, value in row.values.items()]
    for command in register.imports:
        given = row.inputs.get(command.name, {})
        held += [(name, command.inputs[name].ask.label, value) for name, value in given.items()]
    return [Change(label, "", targets[name].said(value)) for name, label, value in held]


def _keep_inputs(row: PlannedRow, command: Command[Any], part: Any, targets: Mapping[str, Target]) -> None:
    given = row.inputs[command.name]
    source = part if part is not None else row.record
    before = {name: getattr(source, name, None) for name in given}
    changed = {name: value for name, value in given.items() if _flat(before[name]) != _flat(value)}
    if not changed:
        del row.inputs[command.name]
        return
    for name, value in changed.items():
        label, said = command.inputs[name].ask.label, targets[name].said
        row.changes.append(Change(label, said(before[name]), said(value)))


def _same(register: Register[Any], record: Any, name: str, value: Any) -> bool:
    field: Any = register.field(name)
    if field.is_relation:
        return bool(getattr(record, field.attname) == getattr(value, field.target_field.attname))
    now = value_of(record, name)
    if isinstance(now, list):
        return set(now) == set(value)
    return bool(_flat(now) == _flat(value) or str(now) == str(value))


def _flat(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
