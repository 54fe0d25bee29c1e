"""A workbook of one sheet, a row at a time: however many there are, they take no room.

The library makes the workbook around the rows, its parts, styles and panes. The rows are written here, headings too: it takes
several microseconds a cell, and writes a text between <r> and </r> as if it were XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from math import isfinite
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from django.utils.translation import gettext_lazy as _
from xlsxwriter.utility import xl_col_to_name

from kivijalka.register.refusal import Refused

LONGEST_CELL, LAST_ROW = 32_767, 1_048_576
SHEET = "xl/worksheets/sheet1.xml"
# The frame's two rows show how a heading and a day look; all rows stand in their place. How many, its sheet cannot know.
ROWS = re.compile(r'(?<=<sheetData>)<row r="1".*?s="(\d+)".*<row r="2".*?s="(\d+)".*(?=</sheetData>)')
EXTENT = re.compile(r"<dimension .*?/>")
# Of a text, what XML or a spreadsheet would take for something else; a line, where what follows would look like a sign told.
SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}[_\x00-\x08\x0b-\x1f\ufffe\uffff])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A spreadsheet counts days from here. It takes 1900 for a leap year: what was before its March has no number.
DAY_ZERO, FIRST_DAY = date(1899, 12, 30), date(1900, 3, 1)


def write_sheet(made: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write headings and rows: texts, numbers, truths and days as such; all else as text. Text stays text, whatever it begins
    with."""
    with ZipFile(_frame()) as frame, ZipFile(made, "w", ZIP_DEFLATED) as book:
        for name in frame.namelist():
            with book.open(name, "w") as part:
                if name == SHEET:
                    _fill(part, frame.read(name).decode(), headings, rows)
                else:
                    part.write(frame.read(name))


def _frame() -> IO[bytes]:
    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 1)
    sheet.write_string(0, 0, "Heading", book.add_format({"bold": True}))
    sheet.write_datetime(1, 0, FIRST_DAY, book.add_format({"num_format": "dd.mm.yyyy"}))
    book.close()
    return made


def _fill(part: IO[bytes], frame: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    before, bold, day, after = ROWS.split(EXTENT.sub("", frame))
    letters = [xl_col_to_name(column) for column in range(len(headings))]
    sheet = TextIOWrapper(part, "utf-8", newline="")
    sheet.write(before)
    sheet.write(_row(1, letters, [f' s="{bold}"{_text_cell(heading)}' for heading in headings]))
    for number, row in enumerate(rows, 2):
        if number > LAST_ROW:
            words = _("A workbook has no room for more than 1,048,575 rows. Filter the list, or export it as CSV.")
            raise Refused(words, code="too_many_rows")
        sheet.write(_row(number, letters, [_cell(value, day) for value in row]))
    sheet.write(after)
    sheet.flush()
    sheet.detach()


def _row(number: int, letters: Sequence[str], cells: Sequence[str]) -> str:
    placed = "".join([f'<c r="{letter}{number}"{cell}' for letter, cell in zip(letters, cells, strict=True) if cell])
    return f'<row r="{number}">{placed}</row>'


def _cell(value: Any, day: str) -> str:
    """A cell behind its place; none for what is empty."""
    if isinstance(value, str):
        return _text_cell(value) if value else ""
    if isinstance(value, date) and date(value.year, value.month, value.day) >= FIRST_DAY:
        return f' s="{day}"><v>{_serial(value):.16G}</v></c>'
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v></c>'
    if isinstance(value, Decimal | int | float) and isfinite(value):
        return f"><v>{value:.16G}</v></c>"
    return _text_cell(str(value))


def _text_cell(text: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'


def _serial(day: date) -> float:
    if isinstance(day, datetime):
        return (day - datetime(*DAY_ZERO.timetuple()[:3])).total_seconds() / 86_400
    return (day - DAY_ZERO).days


def _text(text: str) -> str:
    if len(text) > LONGEST_CELL // 2:
        # Counted as a spreadsheet does: a sign beyond the first 65,536 is two.
        text = text.encode("utf-16-le")[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")
    return SPECIAL.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_"
