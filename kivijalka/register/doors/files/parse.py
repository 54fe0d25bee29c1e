"""Parses a workbook or a CSV file in a process of its own, with little memory and little time. Knows no Django.

Standard input: the file's bytes. Arguments: kind, most rows, most columns. Standard output: lines of JSON, for each
visible sheet {"sheet": its name, "merges": first and last row and column of each}, then its rows: lists of cells, where
text is a string and anything else a pair of kind and text: ["n", "12.5"], ["d", "2026-03-12"], ["b", "true"]. The last
line is {"end": null}, or {"end": why the file is refused}.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

MEMORY_BYTES = 1 << 30
CPU_SECONDS, CLOCK_SECONDS = 60, 120
LONGEST_CELL = 32_767
# Lines of titles and headings above the rows.
TRIED = 30
MOST_SHEETS = 20


class Told(Exception):
    """A code that the calling process puts into words."""


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(CLOCK_SECONDS)
    kind, most_rows, most_columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    refused = None
    try:
        data = sys.stdin.buffer.read()
        for line in (
            _workbook(data, most_rows, most_columns) if kind == "xlsx" else _text(data, most_rows, most_columns)
        ):
            print(json.dumps(line))
    except Told as told:
        refused = str(told)
    except MemoryError:
        refused = "too_large"
    print(json.dumps({"end": refused}))
    return 0


def _text(data: bytes, most_rows: int, most_columns: int) -> Iterator[Any]:
    yield {"sheet": "", "merges": []}
    yield from _limited(_csv(data), most_rows, most_columns)


def _limited(rows: Iterable[list[Any]], most_rows: int, most_columns: int) -> Iterator[list[Any]]:
    for number, row in enumerate(rows):
        if number >= most_rows + TRIED:
            raise Told("too_many_rows")
        while row and row[-1] == "":
            row.pop()
        if len(row) > most_columns:
            raise Told("too_many_columns")
        yield row


def _workbook(data: bytes, most_rows: int, most_columns: int) -> Iterator[Any]:
    import python_calamine

    broken = (python_calamine.CalamineError, OSError, ValueError, KeyError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible, work = python_calamine.SheetVisibleEnum.Visible, python_calamine.SheetTypeEnum.WorkSheet
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == visible and sheet.typ == work]
    except broken as error:
        raise Told("broken") from error
    if not names:
        raise Told("broken")
    for name in names[:MOST_SHEETS]:
        try:
            sheet = book.get_sheet_by_name(name)
        except broken as error:
            raise Told("broken") from error
        if sheet.total_height > most_rows + TRIED:
            raise Told("too_many_rows")
        if sheet.total_width > most_columns:
            raise Told("too_many_columns")
        yield {"sheet": name, "merges": [[*first, *last] for first, last in sheet.merged_cell_ranges or ()]}
        # Rows begin where the first filled column does.
        left = [""] * (sheet.start or (0, 0))[1]
        rows = (left + [_cell(value) for value in row] for row in sheet.iter_rows())
        yield from _limited(rows, most_rows, most_columns)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_CELL]
    if isinstance(value, bool):
        return ["b", "true" if value else "false"]
    if isinstance(value, int | float):
        return ["n", repr(int(value)) if float(value).is_integer() else repr(value)]
    if isinstance(value, datetime):
        return ["d", value.date().isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    return "" if value is None else str(value)


def _csv(data: bytes) -> Iterator[list[Any]]:
    text = _decoded(data)
    if "\0" in text:
        raise Told("not_text")
    csv.field_size_limit(LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    except csv.Error as error:
        raise Told("broken_csv") from error


def _decoded(data: bytes) -> str:
    """UTF-16 and UTF-8 by their mark, else UTF-8, else what Windows writes in western Europe."""
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Told("not_text")


def delimiter_of(text: str) -> str:
    """The delimiter by which the first records have the same number of cells, and most of them."""
    return max(";\t,", key=lambda mark: _fit(text, mark))


def _fit(text: str, mark: str) -> tuple[float, int]:
    widths = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark)):
            if number >= TRIED:
                break
            if row:
                widths.append(len(row))
    except csv.Error:
        return (-1.0, 0)
    if not widths or widths[0] == 1:
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


if __name__ == "__main__":
    sys.exit(main())
