"""A workbook or CSV file as a table of cells: looked at before it is opened, parsed in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from signal import SIGALRM, SIGXCPU
from tempfile import TemporaryFile
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from kivijalka.register.contents import MOST_BYTES
from kivijalka.register.doors.files.layout import JOIN, Known, Merge, Sheet, table_of
from kivijalka.register.plain import plain
from kivijalka.register.refusal import Refused

Cell = str | Decimal | date | bool
MOST_ROWS = 100_000
MOST_COLUMNS = 200
SAMPLES = 50
PARSER = Path(__file__).with_name("parse.py")
# How old and encrypted workbooks begin; pictures, PDF, other archives.
COMPOUND = b"\xd0\xcf\x11\xe0"
OTHER_KINDS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
)
# What a CSV export put before a text that a spreadsheet would take for a formula.
GUARDED = re.compile(r"^'+[=+\-@\t\r\n＝＋－＠]")

# How the parsing process was ended.
DIED = {int(SIGALRM): "too_slow", int(SIGXCPU): "too_slow"}

WHY = {
    "empty": _("The file is empty. Choose a file with a heading row and at least one row below it."),
    "all_hidden": _(
        "All that the workbook holds is hidden. Show a sheet and its rows in the spreadsheet, and save it."
    ),
    "too_large": _("The file is larger than can be read at once. Divide it into smaller files."),
    "too_many_rows": _("The file has more than 100,000 rows. Divide it into smaller files."),
    "too_many_columns": _("The file has more than 200 columns. Remove those that are not needed."),
    "password": _("The workbook is protected by a password. Save it as .xlsx without one."),
    "old_workbook": _("This is a workbook of the old kind (.xls). Save it as .xlsx in the spreadsheet program."),
    "other_workbook": _(
        "This is a spreadsheet of another kind (.ods or .xlsb). Save it as .xlsx in the spreadsheet program."
    ),
    "markup": _("The file is a web page or XML, whatever its name says. Save it as .xlsx in the spreadsheet program."),
    "unsafe": _(
        "The workbook holds declarations that no spreadsheet program writes. It was not opened. Save it anew as .xlsx."
    ),
    "long_cell": _("A cell holds more than 32,767 characters. Shorten it."),
    "not_text": _("The file is neither a workbook (.xlsx) nor text (.csv). Save it as one of them."),
    "broken": _("The workbook cannot be opened: it is damaged or not an .xlsx file. Save it anew as .xlsx."),
    "broken_csv": _(
        "The quotes of the file do not match, or a cell holds more than 32,767 characters. Save it anew as CSV or as .xlsx."
    ),
    "too_slow": _("Reading the file took too long. Save it anew as .xlsx, or divide it into smaller files."),
}


@dataclass(frozen=True)
class Row:
    """One row: its number as the spreadsheet shows it, and its cells. `extra` says that it is longer than the heading."""

    number: int
    cells: dict[str, Cell]
    extra: bool = False


@dataclass(frozen=True)
class Origin:
    """Where in its file a table stands: the sheet (its name; all of them, and whether each is visible), and how many rows
    and columns of it are hidden. They are left out unless asked for (`with_hidden`)."""

    sheet: str = ""
    sheets: dict[str, bool] = field(default_factory=dict)
    hidden_rows: int = 0
    hidden_columns: int = 0
    with_hidden: bool = False


@dataclass(frozen=True)
class Head:
    """What is kept of a table: its headings, how many rows it has, the first few texts of each column, its origin."""

    headings: list[str]
    count: int
    samples: dict[str, list[str]]
    origin: Origin

    def as_json(self) -> dict[str, Any]:
        """The database keeps no order of keys: sheets are told as pairs."""
        kept = asdict(self)
        kept["origin"]["sheets"] = list(self.origin.sheets.items())
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Head:
        origin = kept["origin"]
        return cls(**{**kept, "origin": Origin(**{**origin, "sheets": dict(origin["sheets"])})})


@dataclass(frozen=True)
class Table:
    """Headings and the rows below them; empty rows are left out."""

    headings: list[str]
    rows: list[Row]
    origin: Origin = Origin()

    def words(self, heading: str) -> set[str]:
        """What stands in a column, each text once."""
        return {as_text(row.cells[heading]) for row in self.rows} - {""}

    @property
    def head(self) -> Head:
        samples = {heading: self._samples(heading) for heading in self.headings}
        return Head(self.headings, len(self.rows), samples, self.origin)

    def _samples(self, heading: str) -> list[str]:
        texts = (as_text(row.cells[heading]) for row in self.rows)
        return list(islice(filter(None, texts), SAMPLES))


def read(data: bytes, known: Known = lambda _heading: False, *, sheet: str = "", with_hidden: bool = False) -> Table:
    """The table in a file: of a workbook, the sheet asked for, else the visible one with most known headings.

    Raises Refused with what is wrong with the file and how to mend it.
    """
    kind = _look(data)
    sheets: dict[str, bool] = {}
    tables = (_table(found, known, sheets, with_hidden=with_hidden) for found in _sheets(data, kind, sheet, sheets))
    best, hidden = None, False
    for table in tables:
        hidden |= table.origin.hidden_rows > 0
        if table.rows and (best is None or _fit(table, known) > _fit(best, known)):
            best = table
    if best is None:
        raise _refused("all_hidden" if hidden or not (sheet or all(sheets.values())) else "empty")
    return best


def _fit(table: Table, known: Known) -> int:
    return sum(known(heading) for heading in table.headings)


def _look(data: bytes) -> str:
    """What kind of file it is, by its first bytes and never by its name; too large ones go no further."""
    begin = data[:1024].lstrip(b"\xef\xbb\xbf\x00\xff\xfe \t\r\n")
    if not data.strip():
        raise _refused("empty")
    if len(data) > MOST_BYTES:
        raise _refused("too_large")
    if data.startswith(COMPOUND):
        raise _refused("password" if "EncryptedPackage".encode("utf-16-le") in data else "old_workbook")
    if begin.startswith(b"<"):
        raise _refused("markup")
    if begin.startswith(OTHER_KINDS):
        raise _refused("not_text")
    return "xlsx" if data.startswith(b"PK") else "csv"


def _sheets(data: bytes, kind: str, wanted: str, sheets: dict[str, bool]) -> Iterator[Sheet]:
    """Sheets from the parsing process, as it reads them; `sheets` is told of all of them, and whether each is visible.

    A process that dies has met its limit of memory or time.
    """
    command = [sys.executable, "-I", str(PARSER), kind, str(MOST_ROWS), str(MOST_COLUMNS), wanted]
    with TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        with subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parser:
            assert parser.stdout is not None
            said: dict[str, Any] = {}
            rows: list[list[Any]] = []
            for line in _lines(parser.stdout):
                if isinstance(line, list):
                    rows.append([_clean(_unpacked(cell), guarded=kind == "csv") for cell in line])
                    continue
                if said.get("read"):
                    yield _sheet(said, rows)
                said, rows = line, []
                if "sheet" in said:
                    sheets[said["sheet"]] = said["visible"]
    if "end" not in said:
        raise _refused(DIED.get(-parser.returncode, "too_large" if parser.returncode < 0 else "broken"))
    if said["end"]:
        raise _refused(said["end"])


def _lines(output: IO[bytes]) -> Iterator[Any]:
    """What the process says, up to a line that it did not finish."""
    for line in output:
        if line.endswith(b"\n"):
            yield json.loads(line)


def _sheet(said: dict[str, Any], rows: list[list[Any]]) -> Sheet:
    width = max(map(len, rows), default=0)
    for row in rows:
        row += [""] * (width - len(row))
    within = [merge for merge in said["merges"] if merge[2] < len(rows) and merge[3] < width]
    merges = [Merge(*merge) for merge in within]
    return Sheet(said["sheet"], rows, merges, frozenset(said["rows"]), frozenset(said["columns"]))


def _table(sheet: Sheet, known: Known, sheets: dict[str, bool], *, with_hidden: bool) -> Table:
    found = table_of(sheet, known)
    hidden_rows = sum(number - 1 in sheet.hidden_rows for number, _row in found.rows)
    # Cells beyond the last heading are a mistake of their row, not a column.
    end = max((at + 1 for at, levels in enumerate(found.headings) if levels), default=0)
    used = [at for at in range(end) if found.headings[at] or any(row[at] != "" for _number, row in found.rows)]
    hidden_columns = len(sheet.hidden_columns.intersection(used))
    if not with_hidden:
        used = [at for at in used if at not in sheet.hidden_columns]
    headings = _headings(found.headings, used)
    rows = [
        Row(number, dict(zip(headings, [row[at] for at in used], strict=True)), any(cell != "" for cell in row[end:]))
        for number, row in found.rows
        if with_hidden or number - 1 not in sheet.hidden_rows
    ]
    return Table(headings, rows, Origin(sheet.name, sheets, hidden_rows, hidden_columns, with_hidden))


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
    text = plain(cell).replace("\r\n", "\n")
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


def _unpacked(cell: Any) -> Cell:
    return cell if isinstance(cell, str) else _valued(*cell)


@lru_cache(10_000)
def _valued(kind: str, text: str) -> Cell:
    if kind == "n":
        return Decimal(text)
    return date.fromisoformat(text) if kind == "d" else text == "true"


def _refused(code: str) -> Refused:
    return Refused(WHY[code], code=code, field="file")
