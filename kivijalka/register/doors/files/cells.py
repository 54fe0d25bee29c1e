"""One cell, as people write it, to the value that the form's field accepts; or why it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kivijalka.register.doors.files.mapping import Target
from kivijalka.register.doors.files.read import Cell, as_text
from kivijalka.register.doors.files.words import folded, meaning
from kivijalka.register.fields import NOT_IN_EURO, day_of
from kivijalka.register.numbers import foreign, number

EMPTY = {"", "-", "–", "—", "n/a", "#n/a"}
YES = {"true", "1", "x", "✓", "yes", "y", "kyllä", "k", "on", "ja", "j"}
NO = {"false", "0", "no", "n", "ei", "e", "nej"}
SERIAL_ZERO = date(1899, 12, 30)
LAST_SERIAL = 2_958_465


class Unreadable(Exception):
    """Why a cell cannot be read, and how to mend it."""

    def __init__(self, why: Any, how: Any = "") -> None:
        super().__init__(str(why))
        self.why, self.how = why, how


@dataclass(frozen=True)
class Missing:
    """The cell is empty: it says nothing."""


MISSING = Missing()


class Reader:
    """Reads the cells of one column; the same text is read once."""

    def __init__(self, target: Target, corrected: dict[str, str], records: dict[str, Any]) -> None:
        self.target, self.corrected, self.records = target, corrected, records
        self.words = target.known if target.kind in ("choice", "many") else {}
        self._known: dict[Cell, Any] = {}

    def read(self, cell: Cell) -> Any:
        """The value, or MISSING. Raises Unreadable."""
        found = self._known.get(cell)
        if found is None or type(cell) is bool:
            try:
                found = self._read(cell)
            except Unreadable as unreadable:
                found = unreadable
            self._known[cell] = found
        if isinstance(found, Unreadable):
            raise found
        return found

    def _read(self, cell: Cell) -> Any:
        kind, text = self.target.kind, as_text(cell)
        if text == "" or (kind != "text" and text.casefold() in EMPTY):
            return MISSING
        prepared = getattr(self, f"_{kind}")(cell, text)
        try:
            return self.target.field.clean(prepared)
        except ValidationError as error:
            raise Unreadable(" ".join(str(text) for text in error.messages), self._how(kind)) from error

    def _how(self, kind: str) -> Any:
        return {"text": _("Shorten or mend the cell."), "number": _("Write a number such as 1 250,50.")}.get(kind, "")

    def _text(self, cell: Cell, text: str) -> str:
        return text

    def _number(self, cell: Cell, text: str) -> Decimal:
        found = number(text)
        if found is None and foreign(text):
            raise Unreadable(NOT_IN_EURO)
        if found is None:
            raise Unreadable(_("This is not a number."), _("Write it as 1 250,50 or 1250.50."))
        return found

    def _day(self, cell: Cell, text: str) -> date:
        found = cell if isinstance(cell, date) else day(text)
        if found is None:
            raise Unreadable(_("This is not a date."), _("Write it as 28.2.2027 or 2027-02-28."))
        return found

    def _truth(self, cell: Cell, text: str) -> bool:
        word = text.casefold()
        if word not in YES | NO:
            raise Unreadable(_("It is not known which value this word means."), _("Write yes or no."))
        return word in YES

    def _choice(self, cell: Cell, text: str) -> str:
        found = meaning(text, self.words, self.corrected)
        if found is None:
            raise Unreadable(
                _("It is not known which value this word means."), _("Choose its meaning in the table of words.")
            )
        return found

    def _many(self, cell: Cell, text: str) -> list[str]:
        if (whole := meaning(text, self.words, self.corrected)) is not None:
            return [whole]
        return list(dict.fromkeys(self._choice(part, part) for part in parts_of(text)))

    def _record(self, cell: Cell, text: str) -> Any:
        found = self.records[folded(self.corrected.get(folded(text)) or text)]
        if isinstance(found, Unreadable):
            raise found
        return found


def parts_of(text: str) -> list[str]:
    """The words of a cell that holds several: between semicolons or lines, else between commas."""
    marks = r"[;\n]" if ";" in text or "\n" in text else ","
    return [part.strip() for part in re.split(marks, text) if part.strip()]


def day(text: str) -> date | None:
    """A day as people write it, or as a spreadsheet counts it."""
    if found := day_of(text.strip()):
        return found
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", text):
        return day(text[:10])
    if re.fullmatch(r"\d{1,7}", text) and 366 < int(text) <= LAST_SERIAL:
        return SERIAL_ZERO + timedelta(days=int(text))
    return None
