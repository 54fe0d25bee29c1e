"""A document's figures as a workbook: what it says first, then a sheet for each of its tables, numbers as numbers.

Made twice of the same document it is the same to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date
from io import BytesIO
from typing import Any

import xlsxwriter

from kivijalka.register.plain import plain
from kivijalka.reports.documents.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Facts,
    Figures,
    Paragraph,
    Said,
    Table,
    Words,
    parts_of,
    text_of,
)

LONGEST_CELL, LONGEST_NAME, MOST_LINKS = 32_767, 31, 60_000
# What no sheet may be called by.
NOT_IN_NAME = re.compile(r"[\[\]:*?/\\']")
Line = tuple[str, list[Said]]  # how it looks, and its cells


def as_xlsx(document: Document) -> bytes:
    """The document as XLSX."""
    made = BytesIO()
    # Text stays text: no formula, no link that is not one, whatever it begins with.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(made, options)
    created = document.moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": _clean(document.title)[:255], "author": _clean(document.author)[:255]})
    book.set_properties({**book.doc_properties, "created": created})
    looks = {
        "": {},
        "title": {"bold": True, "font_size": 16},
        "heading": {"bold": True, "font_size": 12},
        "head": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
        "day": {"num_format": "dd.mm.yyyy"},
        "€": {"num_format": '#,##0 "€"'},
        "%": {"num_format": "0.00 %"},
    }
    formats = {name: book.add_format(look) for name, look in looks.items()}
    formats["link"] = book.get_default_url_format()
    _words(book, formats, document)
    taken: set[str] = {_sheet_name(document.title, set())}
    for table in _tables(document):
        name = _sheet_name(table.caption, taken)
        taken.add(name)
        _sheet(book.add_worksheet(name), formats, table)
    book.close()
    return made.getvalue()


def _tables(document: Document) -> Iterator[Table]:
    for _depth, block in document.flat():
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Chart):
            yield block.table


def _words(book: Any, formats: dict[str, Any], document: Document) -> None:
    sheet = book.add_worksheet(_sheet_name(document.title, set()))
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, 1, 60)
    lines: list[Line] = [("title", [Said(document.title)]), ("", [Said(document.subtitle)])]
    for _depth, block in document.flat():
        lines += [("heading", [Said(block)])] if isinstance(block, str) else list(_lines(block))
    for row, (look, cells) in enumerate(lines):
        for column, one in enumerate(cells):
            _write(sheet, row, column, one, formats, look)


def _lines(block: Block) -> Iterator[Line]:
    match block:
        case Paragraph(words):
            yield "", [_joined(words)]
        case Bullets(items):
            for item in items:
                yield "", [_joined(item)]
        case Facts(rows):
            for name, words in rows:
                yield "", [Said(name), _joined(words)]
        case Figures(figures):
            for one in figures:
                yield "", [Said(one.words), one.number]
        case Table(caption) | Chart(caption):
            yield "", [Said(caption)]
        case _:
            pass


def _joined(words: Words) -> Said:
    parts = parts_of(words)
    href = next((part.href for part in parts if part.href), "")
    return parts[0] if len(parts) == 1 else Said(text_of(words), href)


def _sheet(sheet: Any, formats: dict[str, Any], table: Table) -> None:
    sheet.freeze_panes(1, 1)
    for column, head in enumerate(table.heads):
        sheet.set_column(column, column, 12 + 12 * head.width if head.width else 16)
        sheet.write_string(0, column, _clean(head.words), formats["head"])
    for row, cells in enumerate(table.rows, 1):
        for column, one in enumerate(cells):
            _write(sheet, row, column, one, formats, links=row * len(cells) < MOST_LINKS)


def _write(
    sheet: Any, row: int, column: int, one: Said, formats: dict[str, Any], look: str = "", *, links: bool = True
) -> None:
    if one.href and links:
        sheet.write_url(row, column, one.href, string=_clean(one.words)[:LONGEST_CELL])
    # What is written over a link keeps it.
    if isinstance(one.value, date):
        sheet.write_datetime(row, column, one.value, formats["day"])
    elif one.value is not None:
        sheet.write_number(row, column, one.value, formats["link" if one.href and links else one.unit or look])
    elif one.words and not (one.href and links):
        sheet.write_string(row, column, _clean(one.words)[:LONGEST_CELL], formats[look])


def _sheet_name(words: str, taken: set[str]) -> str:
    """A name that a sheet may have, and none has yet; letter case makes no difference."""
    name = NOT_IN_NAME.sub(" ", _clean(words)).strip()[:LONGEST_NAME] or "1"
    lower = {one.lower() for one in taken}
    number = 2
    found = name
    while found.lower() in lower:
        ending = f" {number}"
        found, number = f"{name[: LONGEST_NAME - len(ending)]}{ending}", number + 1
    return found


def _clean(text: str) -> str:
    found = plain(text).replace("\0", "")
    # The library writes what begins and ends so as if it were XML.
    return f" {found}" if found.startswith("<r>") else found
