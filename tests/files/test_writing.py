"""A register as a workbook: every text stands in its cell as it is, every number and day as such."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from kivijalka.register.doors.files import sheet
from kivijalka.register.doors.files.sheet import LONGEST_CELL, write_sheet
from kivijalka.register.refusal import Refused


def written(*rows: list[Any], headings: list[str]) -> list[list[Any]]:
    """The rows as a spreadsheet program reads them."""
    made = BytesIO()
    write_sheet(made, headings, rows)
    found = openpyxl.load_workbook(made).worksheets[0]
    first, *rest = found.iter_rows(values_only=True)
    assert list(first) == headings
    assert found.freeze_panes == "B2"
    return [["" if cell is None else cell for cell in row] for row in rest]


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "https://esimerkki.example",
        "<r>bold</r>",
        "<r>this & that</r>",
        "a < b > c & \"d\" 'e'",
        "  room around  ",
        "two\nlines\tand a tab",
        "12.5",
        "Äiti 👩\u200d👧",
    ],
)
def test_a_text_stays_as_it_is_whatever_it_looks_like(text: str):
    assert written([text, "beside"], headings=[text, "More"]) == [[text, "beside"]]


def test_what_a_spreadsheet_would_take_for_a_sign_is_told_from_it():
    made = BytesIO()
    write_sheet(made, ["Text"], [["_x0041_ and \x07 and \r"]])
    assert openpyxl.load_workbook(made).worksheets[0]["A2"].value in (
        "_x005F_x0041_ and _x0007_ and _x000D_",
        "_x0041_ and \x07 and \r",
    )


def decoded(text: str) -> str:
    """What a spreadsheet makes of signs that are told by their number."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda told: chr(int(told[1], 16)), text)


@pytest.mark.parametrize("text", ["_x0041_", "_x0041_x0042_", "_x0041\x07", "__x0041__", "_x005F_", "x0041_"])
def test_a_text_that_looks_like_a_told_sign_comes_back(text: str):
    [[found]] = written([text], headings=["Text"])
    assert text in (found, decoded(found))


def test_what_is_true_is_no_number_and_what_no_number_tells_is_a_text():
    row = [True, False, Decimal("NaN"), Decimal("1E400"), "end"]
    assert written(row, headings=list("ABCDE")) == [[True, False, "NaN", "1E+400", "end"]]


def test_numbers_and_days_are_numbers_and_days():
    row = [7, Decimal("1250.50"), date(2026, 2, 28), datetime(2026, 2, 28, 12), "", "end"]
    [found] = written(row, headings=list("ABCDEF"))
    assert found == [7, 1250.5, datetime(2026, 2, 28), datetime(2026, 2, 28, 12), "", "end"]


def test_a_day_that_a_spreadsheet_cannot_count_is_told_in_words():
    assert written([date(1812, 4, 12)], headings=["Day"]) == [["1812-04-12"]]


def test_a_text_is_cut_where_a_cell_ends():
    [[text], [signs]] = written(["a" * 40_000], ["😀" * 40_000], headings=["Text"])
    assert len(text) == LONGEST_CELL
    assert len(signs) == LONGEST_CELL // 2


def test_more_rows_than_a_workbook_has_room_for_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet, "LAST_ROW", 3)
    assert written(["a"], ["b"], headings=["Text"]) == [["a"], ["b"]]
    with pytest.raises(Refused, match="no room for more"):
        written(["a"], ["b"], ["c"], headings=["Text"])


def test_a_register_without_rows_has_its_headings():
    assert written(headings=["Code", "Title"]) == []
