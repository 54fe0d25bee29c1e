"""Rows of a register as a workbook or CSV, as people read them and so that they come back unchanged."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import TextIOWrapper
from itertools import groupby, islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.register.command import Command
from kivijalka.register.declare import Register
from kivijalka.register.doors.files.compare import latest_of
from kivijalka.register.doors.files.mapping import Target, link_headings, targets_of
from kivijalka.register.doors.files.sheet import write_sheet
from kivijalka.register.doors.links import codes_tied
from kivijalka.register.doors.related import ask, together, value_of
from kivijalka.register.doors.rows import all_rows
from kivijalka.register.doors.values import text_of, words_of

AT_ONCE = 1_000
# A spreadsheet takes a text that begins so for a formula.
FORMULA = re.compile(r"^'*[=+\-@\t\r\n＝＋－＠]")  # some also in the wide letters of Asian scripts
Line = list[Any]
REASON = _("Why refused")


def export(register: Register[Any], params: QueryDict, kind: str) -> IO[bytes]:
    """A file with every row that the address asks for. Raises Invalid for a filter not understood."""
    rows, _filters = all_rows(register, params)
    lines = _lines(register, rows.order_by(*_order(register, params.get("sort"))))
    return WRITERS[kind](headings(register), lines)


def refused_rows(headings: list[str], rows: Iterable[Line], kind: str) -> IO[bytes]:
    """Rows of a file as they came, with the reason that each was refused for in the last column."""
    return WRITERS[kind]([*headings, str(REASON)], rows)


def headings(register: Register[Any]) -> list[str]:
    """Names of the columns: fields as on the record's page, what the importing commands were given, and links."""
    return [str(label)[:1].upper() + str(label)[1:] for label in _labels(register)]


def _labels(register: Register[Any]) -> list[Any]:
    fields = [register.field(name).verbose_name for name in _names(register)]
    inputs = [target.label for target in _inputs(register)]
    return [*fields, *inputs, *link_headings(register).values()]


def _names(register: Register[Any]) -> list[str]:
    taken = {target.name for target in _inputs(register)}
    return [name for name in register.readable if name not in taken and name != "version"]


def _inputs(register: Register[Any]) -> list[Target]:
    """Inputs of importing commands; those with a default, such as the stage, are not a row's own."""
    return [t for t in targets_of(register).values() if t.command is not None and not _defaulted(t.command, t.name)]


def _defaulted(command: Command[Any], name: str) -> bool:
    return command.inputs[name].default not in (None, "")


def _order(register: Register[Any], wanted: str | None) -> list[str]:
    sortable = {column.field for column in register.shown if column.sort}
    sort = wanted if wanted and wanted.lstrip("-") in sortable else register.sort
    return [sort, "id"]


def _lines(register: Register[Any], rows: Any) -> Iterator[Line]:
    columns = [_column(register, name) for name in _names(register)]
    related = [column for column in columns if isinstance(column, Related)]
    given = [(command, [target.name for target in asked]) for command, asked in groupby(_inputs(register), _command)]
    kinds = list(link_headings(register))
    for records in _batches(rows.iterator(chunk_size=AT_ONCE)):
        with together():
            for column in related:
                column.meet(records)
        made, tied = latest_of(register, records), codes_tied(records) if kinds else {}
        for record in records:
            line = [value(record) for value in columns]
            for command, names in given:
                source = made.get((command.name, record.pk), record)
                line += ["" if (found := getattr(source, name, None)) is None else found for name in names]
            yield line + _told(tied.get(record.pk), kinds)


def _told(ties: dict[str, list[str]] | None, kinds: list[str]) -> Line:
    """The codes at the other ends, by kind of link."""
    return ["; ".join(sorted(ties.get(kind, ()))) for kind in kinds] if ties else [""] * len(kinds)


def _command(target: Target) -> Command[Any]:
    assert target.command is not None
    return target.command


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch


class Related:
    """A column of related records, each with its code, so that it is found again. It is asked for and worded once."""

    def __init__(self, field: Any) -> None:
        self.model, self.key, self.column = field.related_model, field.target_field.attname, field.attname
        self.said: dict[Any, str] = {None: ""}

    def meet(self, records: list[Any]) -> None:
        """Ask for those of which nothing is known yet; one that is out of reach is not told."""
        unknown = {getattr(record, self.column) for record in records} - self.said.keys()
        ask(self.model, self.key, unknown, lambda known: self._word(unknown, known))

    def _word(self, keys: set[Any], known: dict[Any, Any]) -> None:
        self.said |= {key: _named(known[key]) if key in known else "" for key in keys}

    def __call__(self, record: Any) -> str:
        return self.said[getattr(record, self.column)]


def _named(record: Any) -> str:
    code = getattr(record, "code", None)
    return f"{code} {record}" if code else str(record)


def _column(register: Register[Any], name: str) -> Callable[[Any], Any]:
    """What reads a column: days and numbers as such, the rest in words. What is the same for all rows is asked once."""
    model: Any = register.model
    field: Any = register.field(name)
    if field.is_relation:
        return Related(field)
    words = words_of(model, name)
    is_plain = not field.choices and not hasattr(model, f"get_{name}_display")

    def value(record: Any) -> Any:
        found = value_of(record, name)
        if found is None or found == "":
            return ""
        if isinstance(found, str):
            return found if is_plain else words.get(found) or text_of(record, name)
        if isinstance(found, list):
            return "; ".join(words.get(item, str(item)) for item in found)
        if isinstance(found, bool) or field.choices or not isinstance(found, date | Decimal | int | float):
            return text_of(record, name)
        return timezone.localtime(found).replace(tzinfo=None) if isinstance(found, datetime) else found

    return value


def _workbook(names: list[str], lines: Iterable[Line]) -> IO[bytes]:
    made = TemporaryFile()  # noqa: SIM115  # the caller closes it
    write_sheet(made, names, lines)
    made.seek(0)
    return made


def _csv(names: list[str], lines: Iterable[Line]) -> IO[bytes]:
    """UTF-8 with its mark, semicolons and decimal commas: what a Finnish spreadsheet opens without questions."""
    made = TemporaryFile()  # noqa: SIM115  # the caller closes it
    text = TextIOWrapper(made, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";")
    writer.writerow([guarded(name) for name in names])
    writer.writerows([_plain(value) for value in line] for line in lines)
    text.flush()
    text.detach()
    made.seek(0)
    return made


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, Decimal | int | float):
        return str(value).replace(".", ",")
    return guarded(str(value))


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula; reading takes the apostrophe off again."""
    return f"'{text}" if FORMULA.match(text) else text


WRITERS: dict[str, Callable[[list[str], Iterable[Line]], IO[bytes]]] = {"xlsx": _workbook, "csv": _csv}
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
