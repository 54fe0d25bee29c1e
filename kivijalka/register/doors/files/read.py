"""A workbook or CSV file as a table of cells: looked at before it is opened, parsed in a process of its own."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from kivijalka.register.doors.files.layout import JOIN, Known, Merge, Sheet, table_of
from kivijalka.register.refusal import Refused

Cell = str | Decimal | date | bool
MOST_BYTES = 20 * 2**20
MOST_INFLATED = 300 * 2**20
MOST_PARTS = 2_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
SECONDS = 30
PARSER = Path(__file__).with_name("parse.py")
# Zero-width characters that spreadsheets carry along unseen.
UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
# What a CSV export put before a text that a spreadsheet would take for a formula.
GUARDED = re.compile(r"^'+[=+\-@\t\r\n]")

WHY = {
    "empty": _("The file is empty. Choose a file with a heading row and at least one row below it."),
    "too_large": _("The file is larger than can be read at once. Divide it into smaller files."),
    "too_many_rows": _("The file has more than 20,000 rows. Divide it into smaller files."),
    "too_many_columns": _("The file has more than 200 columns. Remove those that are not needed."),
    "old_workbook": _("This is an old or a password-protected workbook. Save it as .xlsx without a password."),
    "not_text": _("The file is neither a workbook (.xlsx) nor text (.csv). Save it as one of them."),
    "broken": _("The workbook cannot be opened: it is damaged or not an .xlsx file. Save it anew as .xlsx."),
    "broken_csv": _("The quotes of the file do not match. Save it anew as CSV or as .xlsx."),
    "too_slow": _("Reading the file took too long. Save it anew as .xlsx, or divide it into smaller files."),
}


@dataclass(frozen=True)
class Row:
    """One row: its number as the spreadsheet shows it, and its cells. `extra` says that it is longer than the heading."""

    number: int
    cells: dict[str, Cell]
    extra: bool = False


@dataclass(frozen=True)
class Table:
    """Headings and the rows below them; empty rows are left out."""

    headings: list[str]
    rows: list[Row]

    def words(self, heading: str) -> set[str]:
        """What stands in a column, each text once."""
        return {as_text(row.cells[heading]) for row in self.rows} - {""}

    def as_json(self) -> dict[str, Any]:
        rows = [[row.number, [_packed(row.cells[name]) for name in self.headings], row.extra] for row in self.rows]
        return {"headings": self.headings, "rows": rows}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Table:
        headings = kept["headings"]
        rows = [
            Row(number, dict(zip(headings, [_unpacked(cell) for cell in cells], strict=True)), extra)
            for number, cells, extra in kept["rows"]
        ]
        return cls(headings, rows)


def read(data: bytes, known: Known = lambda _heading: False) -> Table:
    """The table in a file: of a workbook, the sheet with most known headings.

    Raises Refused with what is wrong with the file and how to mend it.
    """
    kind = _look(data)
    tables = [_table(_sheet(parsed, guarded=kind == "csv"), known) for parsed in _parsed(data, kind)]
    filled = [table for table in tables if table.rows]
    if not filled:
        raise _refused("empty")
    return max(filled, key=lambda table: sum(known(heading) for heading in table.headings))


def _look(data: bytes) -> str:
    """What kind of file it is, by its first bytes and never by its name; too large ones go no further."""
    if not data.strip():
        raise _refused("empty")
    if len(data) > MOST_BYTES:
        raise _refused("too_large")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused("old_workbook")
    if not data.startswith(b"PK"):
        return "csv"
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _refused("broken") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_INFLATED:
        raise _refused("too_large")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise _refused("broken")
    return "xlsx"


def _parsed(data: bytes, kind: str) -> list[dict[str, Any]]:
    """Sheets from the parsing process. One that dies has met its limit of memory or time."""
    command = [sys.executable, "-I", str(PARSER), kind, str(MOST_ROWS), str(MOST_COLUMNS)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise _refused("too_slow") from error
    if done.returncode != 0:
        raise _refused("too_large" if done.returncode < 0 else "broken")
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise _refused(answer["refused"])
    return list(answer["sheets"])


def _sheet(parsed: dict[str, Any], *, guarded: bool) -> Sheet:
    rows = [[_clean(_unpacked(cell), guarded=guarded) for cell in row] for row in parsed["rows"]]
    width = max(map(len, rows), default=0)
    cells: list[list[Any]] = [[*row, *[""] * (width - len(row))] for row in rows]
    within = [merge for merge in parsed["merges"] if merge[2] < len(rows) and merge[3] < width]
    return Sheet(parsed["name"], cells, [Merge(*merge) for merge in within])


def _table(sheet: Sheet, known: Known) -> Table:
    found = table_of(sheet, known)
    # Cells beyond the last heading are a mistake of their row, not a column.
    end = max((at + 1 for at, levels in enumerate(found.headings) if levels), default=0)
    used = [at for at in range(end) if found.headings[at] or any(row[at] != "" for _number, row in found.rows)]
    headings = _headings(found.headings, used)
    rows = [
        Row(number, dict(zip(headings, [row[at] for at in used], strict=True)), any(cell != "" for cell in row[end:]))
        for number, row in found.rows
    ]
    return Table(headings, rows)


def _headings(levels: list[list[str]], used: list[int]) -> list[str]:
    """Each column's heading, made unlike the others; a column without one is called by its place."""
    found: list[str] = []
    for at in used:
        name = JOIN.join(levels[at]) or str(_("Column %s")) % _letters(at)
        again = 2
        heading = name
        while heading in found:
            heading, again = f"{name} ({again})", again + 1
        found.append(heading)
    return found


def _letters(at: int) -> str:
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _clean(cell: Cell, *, guarded: bool) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = unicodedata.normalize("NFC", cell.translate(UNSEEN)).replace("\r\n", "\n")
    if guarded and GUARDED.match(text):
        text = text[1:]
    return text.strip()


def as_text(cell: Cell) -> str:
    """A cell as text that the forms read."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if isinstance(cell, date) else cell


def _packed(cell: Cell) -> Any:
    if isinstance(cell, str):
        return cell
    return ["b" if isinstance(cell, bool) else "n" if isinstance(cell, Decimal) else "d", as_text(cell)]


def _unpacked(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell
    kind, text = cell
    if kind == "n":
        return Decimal(text)
    return date.fromisoformat(text) if kind == "d" else text == "true"


def _refused(code: str) -> Refused:
    return Refused(WHY[code], code=code, field="file")
