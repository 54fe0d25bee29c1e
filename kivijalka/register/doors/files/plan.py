"""The preview of an import: what each row would do, and why some are refused. A handful of queries for all rows.

Steps: read every cell; find the record of each row (by code, by the file's own key, by what a row is known by);
compare; ask the rights. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.register.command import Command, can
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import compare
from kivijalka.register.doors.files.cells import MISSING, Reader, Unreadable
from kivijalka.register.doors.files.lookups import find_all
from kivijalka.register.doors.files.mapping import CODE, END, KEY, Reading, Target, worded_targets
from kivijalka.register.doors.files.matching import Matches
from kivijalka.register.doors.files.read import Cell, Row, Table, as_text
from kivijalka.register.doors.files.rights import allows
from kivijalka.register.doors.files.words import folded
from kivijalka.register.doors.related import relate
from kivijalka.register.fields import RecordField
from kivijalka.register.models import SPAN
from kivijalka.register.models.files import ImportMapping

NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
FATES = [NEW, CHANGED, SAME, REFUSED]


@dataclass(frozen=True)
class Refusal:
    """Why a row is refused: the column and the value, what is wrong, how to mend it."""

    column: str
    value: str
    why: Any
    how: Any = ""

    def __str__(self) -> str:
        at = f"{self.column}: " if self.column else ""
        said = _("“%(word)s”") % {"word": self.value} + ". " if self.value else ""
        return f"{at}{said}{self.why} {self.how}".strip()


@dataclass
class PlannedRow:
    """One row and its fate. `inputs` holds, by command, what it is given; a command that changes nothing is not there."""

    number: int
    title: str
    source_key: str = ""
    code: str = ""
    record: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[compare.Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    # Targets whose cell could not be read: they are not missing.
    unread: set[str] = field(default_factory=set)
    # Not so where the row names a record that is not found.
    is_new: bool = True

    @property
    def fate(self) -> str:
        if self.refusals:
            return REFUSED
        if self.record is None:
            return NEW
        return CHANGED if self.changes else SAME

    def refuse(self, column: str, value: str, why: Any, how: Any = "") -> None:
        self.refusals.append(Refusal(column, value, why, how))


@dataclass
class Plan:
    """What an import would do, row by row."""

    register: Register[Any]
    rows: list[PlannedRow]
    targets: Mapping[str, Target] = field(default_factory=dict)

    def of(self, fate: str) -> list[PlannedRow]:
        return [row for row in self.rows if row.fate == fate]

    @property
    def counts(self) -> dict[str, int]:
        return {fate: len(self.of(fate)) for fate in FATES}


def plan(register: Register[Any], table: Table, reading: Reading, actor: Actor, mapping: ImportMapping | None) -> Plan:
    """What importing this table would do. Runs inside `acting`."""
    columns = Columns(register, table, reading)
    rows = [columns.planned(row) for row in table.rows]
    Matches(register, mapping).find(rows)
    known = relate([row.record for row in rows if row.record is not None], register.related)
    present = compare.present_of(register, known)
    rights = _rights(register, rows)
    needed = [target for target in columns.targets.values() if target.needed]
    for row in rows:
        if row.record is not None:
            compare.keep_changes(register, row, present, columns.targets)
            _ask_present(register, actor, row, rights)
        elif row.is_new:
            _need(reading, needed, row)
            _ask_new(register, actor, row)
    return Plan(register, rows, columns.targets)


class Columns:
    """The columns of a table that are read, each with its reader; records are looked up a column at a time."""

    def __init__(self, register: Register[Any], table: Table, reading: Reading) -> None:
        self.register = register
        self.targets = targets = worded_targets(register)
        self.code, self.key = (reading.column_of(name) or "" for name in (CODE, KEY))
        wanted = {h: targets[name] for h, name in reading.columns.items() if name in targets and h in table.headings}
        self.columns = {heading: self._reader(t, table, heading, "", reading) for heading, t in wanted.items()}
        ends = {h: name.removeprefix(END) for h, name in reading.columns.items() if name.startswith(END)}
        self.ends = {h: targets[name] for h, name in ends.items() if name in targets and h in table.headings}
        taken = {target.name for target in wanted.values()}
        rest = {n: text for n, text in reading.fixed.items() if text and n in targets and n not in taken}
        self.fixed = [(self._reader(targets[n], table, "", text, reading), text) for n, text in rest.items()]

    def _reader(self, target: Target, table: Table, heading: str, text: str, reading: Reading) -> Reader:
        corrected = reading.words.get(target.name, {})
        texts = {text} if not heading else table.words(heading)
        return Reader(target, corrected, records_of(target, texts, corrected))

    def planned(self, row: Row) -> PlannedRow:
        """The row with what could be read, and refusals for what could not."""
        found = PlannedRow(row.number, "")
        found.code, found.source_key = (as_text(row.cells.get(name, ""))[:300] for name in (self.code, self.key))
        given: dict[str, Any] = {}
        cells: list[tuple[str, Reader, Cell]] = [(h, reader, row.cells[h]) for h, reader in self.columns.items()]
        cells += [(str(_("value of all rows")), reader, text) for reader, text in self.fixed]
        for heading, reader, cell in cells:
            try:
                given[reader.target.name] = reader.read(cell)
            except Unreadable as unreadable:
                found.unread.add(reader.target.name)
                found.refuse(heading, as_text(cell), unreadable.why, unreadable.how)
        self._write_ends(found, row, given)
        self._give(found, {name: value for name, value in given.items() if value is not MISSING})
        if row.extra:
            found.refuse("", "", _("The row has more cells than the heading row."), _("Give each column a heading."))
        return found

    def _write_ends(self, found: PlannedRow, row: Row, given: dict[str, Any]) -> None:
        """Cells of columns without a field, each under its heading, below what stands in the field that they go to."""
        for heading, target in self.ends.items():
            text = as_text(row.cells[heading])
            if text and target.name not in found.unread:
                before = given.get(target.name, MISSING)
                lines = [f"{heading}: {text}"] if before is MISSING else [before, f"{heading}: {text}"]
                try:
                    given[target.name] = target.field.clean("\n".join(lines))
                except ValidationError as error:
                    found.unread.add(target.name)
                    found.refuse(heading, text, " ".join(error.messages), _("Shorten or mend the cell."))

    def _give(self, found: PlannedRow, given: dict[str, Any]) -> None:
        writable = self.register.writable
        found.values = {name: value for name, value in given.items() if name in writable}
        found.title = " ".join(str(given.get(name, "")) for name in self.register.title.split()).strip()
        for command in self.register.imports:
            _give(found, command, {name: value for name, value in given.items() if name not in writable})


def records_of(target: Target, texts: Iterable[str], corrected: Mapping[str, str]) -> dict[str, Any]:
    """The records that cells name; a person may have said what a name that was not recognised means."""
    if not isinstance(target.field, RecordField):
        return {}
    return find_all(target.field, {corrected.get(folded(text)) or text for text in texts})


def _give(row: PlannedRow, command: Command[Any], given: dict[str, Any]) -> None:
    """What the row gives a command. A row that gives only what has a default anyway does not ask for it."""
    inputs = {name: given[name] for name in command.inputs if name in given}
    if not any(command.inputs[name].default in (None, "") for name in inputs):
        return
    for name, asked in command.inputs.items():
        if asked.required and name not in inputs and name not in row.unread:
            row.refuse(str(asked.ask.label), "", _("This is missing."), _("Fill the cell, or empty the rest of it."))
    row.inputs[command.name] = inputs


def _need(reading: Reading, needed: Iterable[Target], row: PlannedRow) -> None:
    """A new record needs every field that has no default."""
    for target in needed:
        if target.name not in row.values and target.name not in row.unread:
            column = reading.column_of(target.name) or str(target.label)
            row.refuse(column, "", _("This is missing."), _("Fill the cell, or give one value for all rows."))


def _rights(register: Register[Any], rows: list[PlannedRow]) -> dict[Any, Any]:
    """The records with `can_<verb>` of the commands that an import uses, in one query."""
    verbs = {name: register.all_commands[name] for name in ("edit", *(command.name for command in register.imports))}
    keys = {row.record.pk for row in rows if row.record is not None}
    found = register.model.objects.seen().filter(pk__in=keys).annotate(**can(register.model, verbs)) if keys else ()
    return {record.pk: record for record in found}


def _ask_present(register: Register[Any], actor: Actor, row: PlannedRow, rights: dict[Any, Any]) -> None:
    record = rights.get(row.record.pk)
    for verb in [*(["edit"] if row.values else []), *row.inputs]:
        if record is None or not getattr(record, f"right_{verb}"):
            row.refuse("", row.record.code, _("You do not have the right to do this here."), _("Leave the row out."))
        elif not getattr(record, f"can_{verb}"):
            label = register.all_commands[verb].label
            row.refuse(str(label), row.record.code, _("This cannot be done in the record's present state."))
    if row.values and allows(register.access.edit, actor, _columns_of(register, row)) is False:
        row.refuse("", row.record.code, _("You may not move it there."), _("Choose a unit within your reach."))


def _ask_new(register: Register[Any], actor: Actor, row: PlannedRow) -> None:
    columns = _columns_of(register, row)
    if not register.adds or allows(register.access.add, actor, columns) is False:
        row.refuse("", "", _("You do not have the right to add here."), _("Choose a unit within your reach."))
    for name in row.inputs:
        if allows(register.access.may(name), actor, columns) is False:
            label = str(register.all_commands[name].label)
            row.refuse(label, "", _("You do not have the right to do this here."), _("Leave out these columns."))


def _columns_of(register: Register[Any], row: PlannedRow) -> dict[str, Any]:
    """The row's foreign keys and access key as the database would hold them."""
    model: Any = register.model
    found = {field.attname: _stored(field, row) for field in _asked(model)}
    if found.get("unit_id") is not None and found.get("confidentiality") is not None:
        found["key"] = found["confidentiality"] * SPAN + found["unit_id"]
    return found


@cache
def _asked(model: Any) -> list[Any]:
    """The columns that a rule of access may ask."""
    fields = model._meta.concrete_fields
    return [field for field in fields if isinstance(field, ForeignKey) or field.name == "confidentiality"]


def _stored(field: Any, row: PlannedRow) -> Any:
    if field.name in row.values:
        value = row.values[field.name]
        return getattr(value, field.target_field.attname) if field.is_relation else int(value)
    if row.record is not None:
        return getattr(row.record, field.attname)
    return field.get_default() if field.has_default() else None
