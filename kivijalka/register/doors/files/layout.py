"""Where a sheet's table is: the heading row below titles, headings of several rows, merged cells, marks in columns.

Knows no register: `known` says which words are headings somewhere in the house.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Grid = list[list[Any]]
Known = Callable[[str], bool]
TRIED = 30
MARKS = {"x", "✓", "✔", "☑"}
FEWEST_MARKED = 3
JOIN = " – "


@dataclass(frozen=True)
class Merge:
    """Cells that are one: first and last row and column, both within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """Cells of one sheet as they stand, every row equally long; empty ones are ""."""

    name: str
    cells: Grid
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        return len(self.cells[0]) if self.cells else 0


@dataclass(frozen=True)
class Found:
    """The table of a sheet: a heading of one or more levels for each column, and rows with their number in the sheet."""

    headings: list[list[str]]
    rows: list[tuple[int, list[Any]]]


def table_of(sheet: Sheet, known: Known) -> Found:
    """The headings and the rows below them. A sheet without two filled rows has none."""
    filled = [at for at, row in enumerate(sheet.cells) if any(cell != "" for cell in row)]
    if len(filled) < 2:
        return Found([], [])
    top, bottom = _heading_rows(sheet, _heading_row(sheet.cells, filled[:TRIED], known))
    levels = [_spread(sheet, at) for at in range(top, bottom + 1)]
    headings = [_unlike([str(level[at]) for level in levels]) for at in range(sheet.width)]
    _fill_down(sheet, bottom)
    rows = [(at + 1, sheet.cells[at]) for at in filled if at > bottom and not _is_band(sheet, at)]
    return _marks_as_words(Found(headings, rows))


def _heading_row(cells: Grid, tried: Sequence[int], known: Known) -> int:
    """The row with most known headings; where none has two, the first row that is as wide as a table's."""

    def fits(at: int) -> int:
        return sum(isinstance(cell, str) and cell != "" and known(cell) for cell in cells[at])

    best = max(tried, key=fits)
    if fits(best) >= 2:
        return best
    widths = {at: sum(cell != "" for cell in cells[at]) for at in tried}
    usual = sorted(widths.values())[len(widths) // 2]
    return next(at for at in tried if widths[at] * 2 >= usual)


def _heading_rows(sheet: Sheet, at: int) -> tuple[int, int]:
    """The rows around it that belong to the headings: cells merged over several columns have others below them."""
    top = bottom = at
    wide = {m.top for m in sheet.merges if m.right > m.left and m.right - m.left + 1 < _used(sheet)}
    while top > 0 and top - 1 in wide and sum(cell != "" for cell in sheet.cells[top - 1]) > 1:
        top -= 1
    # A level between may have only some of the groups.
    for merge in sheet.merges:
        if top <= merge.top <= at < merge.bottom:
            bottom = max(bottom, merge.bottom)
    while bottom in wide and bottom + 1 < len(sheet.cells) and _only_text(sheet.cells[bottom + 1]):
        bottom += 1
    return top, bottom


def _used(sheet: Sheet) -> int:
    return sum(any(row[at] != "" for row in sheet.cells) for at in range(sheet.width))


def _only_text(row: list[Any]) -> bool:
    return any(row) and all(isinstance(cell, str) for cell in row)


def _spread(sheet: Sheet, at: int) -> list[Any]:
    """A heading row in which each merged cell is said in all of its columns."""
    row = list(sheet.cells[at])
    for merge in sheet.merges:
        if merge.top == at:
            row[merge.left : merge.right + 1] = [sheet.cells[at][merge.left]] * (merge.right - merge.left + 1)
    return row


def _unlike(levels: list[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(level.split()) for level in levels if level.strip()))


def _fill_down(sheet: Sheet, heading: int) -> None:
    """A cell merged over several rows says the same of each."""
    for merge in sheet.merges:
        if merge.top > heading and merge.left == merge.right:
            for at in range(merge.top, merge.bottom + 1):
                sheet.cells[at][merge.left] = sheet.cells[merge.top][merge.left]


def _is_band(sheet: Sheet, at: int) -> bool:
    """A title between the rows: one cell over all the columns."""
    whole = _used(sheet)
    return any(m.top == at == m.bottom and m.right - m.left + 1 >= whole > 1 for m in sheet.merges)


def _marks_as_words(found: Found) -> Found:
    """Columns of one group, of which each row marks one: they become one column that says which."""
    groups: dict[str, list[int]] = {}
    for at, levels in enumerate(found.headings):
        if len(levels) > 1 and _only_marks(found.rows, at):
            groups.setdefault(JOIN.join(levels[:-1]), []).append(at)
    for name, columns in groups.items():
        if len(columns) < FEWEST_MARKED or not any(row[at] != "" for _n, row in found.rows for at in columns):
            continue
        words = {at: found.headings[at][-1] for at in columns}
        for _number, row in found.rows:
            row[columns[0]] = "; ".join(word for at, word in words.items() if row[at] != "")
            for at in columns[1:]:
                row[at] = ""
        for at in columns:
            found.headings[at] = [name] if at == columns[0] else []
    return found


def _only_marks(rows: list[tuple[int, list[Any]]], at: int) -> bool:
    return all(isinstance(row[at], str) and (row[at] == "" or row[at].casefold() in MARKS) for _number, row in rows)
