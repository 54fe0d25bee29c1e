"""Rows out of a register: XLSX and CSV, with the filters, reach and moment of the page they are taken from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from kivijalka.register.declare import Register
from kivijalka.register.doors import related
from kivijalka.register.doors.rows import all_rows
from kivijalka.register.doors.values import text_of
from kivijalka.register.models import Kept
from kivijalka.register.refusal import NotThere
from kivijalka.register.registry import register_by_path

AT_ONCE = 2_000
# A spreadsheet takes a text that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
def export(request: HttpRequest, path: str, kind: str) -> HttpResponse:
    """Every row that the address asks for, not just a page of them."""
    register = register_by_path(path)
    if kind not in TYPES:
        raise NotThere
    rows, _filters = all_rows(register, request.GET)
    lines = lines_of(register, rows.order_by("id"))
    content = as_csv(register, lines) if kind == "csv" else as_xlsx(register, lines)
    name = f"{register.path}-{timezone.localdate().isoformat()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers)


def headings(register: Register[Any]) -> list[str]:
    """The labels of all readable fields, in the reader's language."""
    return [str(register.field(name).verbose_name) for name in register.readable]


def lines_of(register: Register[Any], rows: Any) -> Iterator[list[Any]]:
    """Values of each row; related records of many rows are fetched together."""
    batch: list[Any] = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield from _values(register, batch)
            batch = []
    yield from _values(register, batch)


def _values(register: Register[Any], batch: list[Any]) -> Iterator[list[Any]]:
    for row in related.relate(batch, register.related):
        yield [value_of(row, name) for name in register.readable]


def value_of(row: Any, name: str) -> Any:
    """A number or day as such; a record as its code and title; all else in words."""
    value = related.value_of(row, name)
    if isinstance(value, Kept):
        return f"{value.code} {value}"  # type: ignore[attr-defined]
    field = row._meta.get_field(name)
    if not field.choices and isinstance(value, int | float | Decimal | date) and not isinstance(value, datetime):
        return value
    return text_of(row, name)


def as_csv(register: Register[Any], lines: Iterator[list[Any]]) -> bytes:
    """Semicolons and a byte order mark, as spreadsheets in Finland and Sweden expect."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow(headings(register))
    for line in lines:
        writer.writerow([harmless(value) for value in line])
    return file.getvalue().encode("utf-8-sig")


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, made a text by an apostrophe."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def as_xlsx(register: Register[Any], lines: Iterator[list[Any]]) -> bytes:
    """One sheet; texts are written as texts, whatever they begin with."""
    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(str(register.names[1])[:31])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        sheet.write_row(0, 0, headings(register), book.add_format({"bold": True}))
        for number, line in enumerate(lines, start=1):
            for column, value in enumerate(line):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, datetime.combine(value, datetime.min.time()), day)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value)
    return file.getvalue()
