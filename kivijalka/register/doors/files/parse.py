"""Looks at a workbook or a CSV file and parses it, in a process of its own, with little memory and time, that writes no
file. Knows no Django. What a workbook links to is never fetched, its macros are never run: its values alone are read.

Standard input: the file's bytes. Arguments: kind, most rows, most columns, the sheet wanted (none: each that is visible).
Standard output: lines of JSON, for each sheet {"sheet": its name, "visible": whether it is, "read": whether its rows
follow, "merges": first and last row and column of each, "rows" and "columns": which are hidden}, then its rows: lists of
cells, where text is a string and anything else a pair of kind and text: ["n", "12.5"], ["d", "2026-03-12"],
["b", "true"]. Rows and columns count from 0. The last line is {"end": null}, or {"end": why the file is refused}.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import signal
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import IO, Any
from xml.parsers.expat import ExpatError, ParserCreate

MEMORY_BYTES = 1 << 30
CPU_SECONDS, CLOCK_SECONDS = 60, 120
LONGEST_CELL = 32_767
# Lines of titles and headings above the rows.
TRIED = 30
MOST_SHEETS, MOST_LETTERS = 50, 16_384
TRUE = ("1", "true")
MOST_PARTS, MOST_INFLATED = 2_000, 400 * 2**20
ENCRYPTED = 1
# What other spreadsheets are known by.
OTHERS = {"xl/workbook.bin", "content.xml"}
# Declarations by which XML grows or reaches out stand before its first element.
FIRST, DECLARED = 64 * 1024, ("<!DOCTYPE", "<!ENTITY")
# What is said of a sheet, and its rows.
Sheet = tuple[dict[str, Any], Iterable[list[Any]]]


class Told(Exception):
    """A code that the calling process puts into words."""


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.alarm(CLOCK_SECONDS)
    kind, most_rows, most_columns, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    refused = None
    try:
        data = sys.stdin.buffer.read()
        for said, rows in _workbook(data, wanted) if kind == "xlsx" else _text(data):
            print(json.dumps(said))
            for row in _limited(rows, most_rows, most_columns):
                print(json.dumps(row))
    except Told as told:
        refused = str(told)
    except MemoryError:
        refused = "too_large"
    print(json.dumps({"end": refused}))
    return 0


def _text(data: bytes) -> Iterator[Sheet]:
    yield {"sheet": "", "visible": True, "read": True, "merges": [], "rows": [], "columns": []}, _csv(data)


def _limited(rows: Iterable[list[Any]], most_rows: int, most_columns: int) -> Iterator[list[Any]]:
    for number, row in enumerate(rows):
        if number >= most_rows + TRIED:
            raise Told("too_many_rows")
        while row and row[-1] == "":
            row.pop()
        if len(row) > most_columns:
            raise Told("too_many_columns")
        yield row


def _workbook(data: bytes, wanted: str) -> Iterator[Sheet]:
    import python_calamine

    _look(data)
    broken = (python_calamine.CalamineError, zipfile.BadZipFile, ExpatError, OSError, ValueError, KeyError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = dict(_parts(archive))
        visible, work = python_calamine.SheetVisibleEnum.Visible, python_calamine.SheetTypeEnum.WorkSheet
        sheets = {sheet.name: sheet.visible == visible for sheet in book.sheets_metadata if sheet.typ == work}
        if not sheets:
            raise Told("broken")
        for name, is_visible in list(sheets.items())[:MOST_SHEETS]:
            is_read = name == wanted if wanted else is_visible
            said = {"sheet": name, "visible": is_visible, "read": is_read, "merges": [], "rows": [], "columns": []}
            yield (_read(book, archive, parts.get(name), said)) if is_read else (said, ())
    except broken as error:
        raise Told("broken") from error


def _look(data: bytes) -> None:
    """Refuse, before it is opened, what is no .xlsx, what grows beyond all measure and what no spreadsheet writes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise Told("other_workbook" if names & OTHERS else "broken")
            if any(part.flag_bits & ENCRYPTED for part in parts):
                raise Told("password")
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_INFLATED:
                raise Told("too_large")
            room = MOST_INFLATED
            for part in parts:
                room = _grown(data, part, room)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise Told("broken") from error


def _grown(data: bytes, part: zipfile.ZipInfo, room: int) -> int:
    """How much room is left when a part is inflated, whatever size it claims to have; its beginning is looked at."""
    name, extra = struct.unpack_from("<HH", data, part.header_offset + 26)
    begin = part.header_offset + 30 + name + extra
    packed = memoryview(data)[begin : begin + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        first, grown = bytes(packed[:FIRST]), len(packed)
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        inflate = zlib.decompressobj(-15)
        first = inflate.decompress(packed, FIRST)
        grown, rest = len(first), inflate.unconsumed_tail
        while rest and grown <= room:
            grown += len(inflate.decompress(rest, 1 << 20))
            rest = inflate.unconsumed_tail
    else:
        raise Told("broken")
    if grown > room:
        raise Told("too_large")
    if any(mark.encode(encoding) in first for mark in DECLARED for encoding in ("utf-8", "utf-16-le", "utf-16-be")):
        raise Told("unsafe")
    return room - grown


def _read(book: Any, archive: zipfile.ZipFile, part: str | None, said: dict[str, Any]) -> Sheet:
    sheet = book.get_sheet_by_name(said["sheet"])
    said["merges"] = [[*first, *last] for first, last in sheet.merged_cell_ranges or ()]
    if part is not None:
        said["rows"], said["columns"] = _hidden(archive, part)
    # Rows begin where the first filled column does.
    left = [""] * (sheet.start or (0, 0))[1]
    return said, (left + [_cell(value) for value in row] for row in sheet.iter_rows())


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Which part of the workbook each sheet is, by its name."""
    targets: dict[str, str] = {}

    def relation(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            targets[given["Id"]] = given["Target"]

    found: list[tuple[str, str]] = []

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            key = next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), "")
            found.append((given["name"], targets.get(key, "")))

    with archive.open("xl/_rels/workbook.xml.rels") as part:
        _walk(part, relation)
    with archive.open("xl/workbook.xml") as part:
        _walk(part, sheet)
    for name, target in found:
        yield name, target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _hidden(archive: zipfile.ZipFile, part: str) -> tuple[list[int], list[int]]:
    """Rows and columns of a sheet that nobody sees in the spreadsheet: hidden, folded or filtered out."""
    with archive.open(part) as sheet:
        before = b""
        while chunk := sheet.read(1 << 20):
            if b"hidden=" in before[-8:] + chunk:
                break
            before = chunk
        else:
            return [], []
    rows: list[int] = []
    columns: set[int] = set()
    last = 0

    def element(name: str, given: dict[str, str]) -> None:
        nonlocal last
        if name == "row":
            last = int(given.get("r", last + 1))
            if given.get("hidden") in TRUE:
                rows.append(last - 1)
        elif name == "col" and given.get("hidden") in TRUE:
            columns.update(range(int(given["min"]) - 1, min(int(given["max"]), MOST_LETTERS)))

    with archive.open(part) as sheet:
        _walk(sheet, element)
    return rows, sorted(columns)


def _walk(part: IO[bytes], element: Callable[[str, dict[str, str]], None]) -> None:
    parser = ParserCreate()
    parser.StartElementHandler = lambda name, given: element(name.rpartition(":")[2], given)
    parser.ParseFile(part)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise Told("long_cell")
        return value
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
