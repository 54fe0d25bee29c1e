"""A workbook of one sheet, a row at a time: however many there are, they take no room.

The library makes the workbook around the rows, its parts, styles and panes. The rows are written here: it takes several
microseconds a cell, and writes a text between <r> and </r> as if it were XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from itertools import count
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

LONGEST_CELL = 32_767
SHEET = "xl/worksheets/sheet1.xml"
# The frame's second row shows how a day looks; the rows stand in its place. How many there are, its sheet cannot know.
SECOND_ROW = re.compile(r'<row r="2".*?s="(\d+)".*?</row>')
EXTENT = re.compile(r"<dimension .*?/>")
# Of a text, what XML or a spreadsheet would take for something else.
SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A spreadsheet counts days from here. It takes 1900 for a leap year: what was before its March has no number.
DAY_ZERO, FIRST_DAY = date(1899, 12, 30), date(1900, 3, 1)


def write_sheet(made: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write headings and rows: texts, numbers and days as such; all else as text. Text stays text, whatever it begins with."""
    with ZipFile(_frame(headings)) as frame, ZipFile(made, "w", ZIP_DEFLATED) as book:
        for name in frame.namelist():
            with book.open(name, "w") as part:
                if name == SHEET:
                    _fill(part, frame.read(name).decode(), rows)
                else:
                    part.write(frame.read(name))


def _frame(headings: Sequence[str]) -> IO[bytes]:
    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 1)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    sheet.write_datetime(1, 0, FIRST_DAY, day)
    book.close()
    return made


def _fill(part: IO[bytes], frame: str, rows: Iterable[Sequence[Any]]) -> None:
    before, day, after = SECOND_ROW.split(EXTENT.sub("", frame))
    sheet = TextIOWrapper(part, "utf-8", newline="")
    sheet.write(before)
    sheet.writelines(_rows(rows, day))
    sheet.write(after)
    sheet.flush()
    sheet.detach()


def _rows(rows: Iterable[Sequence[Any]], day: str) -> Iterator[str]:
    letters: list[str] = []
    for number, row in zip(count(2), rows, strict=False):
        letters = letters or [xl_col_to_name(column) for column in range(len(row))]
        filled = [(letter, value) for letter, value in zip(letters, row, strict=True) if value != ""]
        cells = "".join([f'<c r="{letter}{number}"{_cell(value, day)}' for letter, value in filled])
        yield f'<row r="{number}">{cells}</row>'


def _cell(value: Any, day: str) -> str:
    """A cell behind its place."""
    if isinstance(value, date) and date(value.year, value.month, value.day) >= FIRST_DAY:
        return f' s="{day}"><v>{_serial(value):.16G}</v></c>'
    if isinstance(value, Decimal | int | float):
        return f"><v>{value:.16G}</v></c>"
    return f' t="inlineStr"><is><t xml:space="preserve">{_text(str(value))}</t></is></c>'


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
    sign = found[0]
    return f"_x005F{sign}" if len(sign) > 1 else ENTITIES.get(sign) or f"_x{ord(sign):04X}_"
