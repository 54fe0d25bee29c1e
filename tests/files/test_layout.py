"""Where the table of a sheet is, however its headings stand."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from kivijalka.organisation.models import Person
from kivijalka.register.doors.files.mapping import known_headings
from kivijalka.register.doors.files.read import Table, read
from kivijalka.register.registry import register_by_path
from kivijalka.risks.models import Risk
from tests.factories import holder, sector
from tests.files.imports import csv_of, imported, planned, reasons
from tests.files.real import real_file

pytestmark = pytest.mark.django_db


def workbook(*sheets: list[list[Any]], merges: list[tuple[int, int, int, int, str]] = []) -> bytes:  # noqa: B006
    """A workbook with these sheets; cells of the first are merged."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    for rows in sheets:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if rows is sheets[0]:
            for merge in merges:
                sheet.merge_range(*merge)
    book.close()
    return made.getvalue()


def table(data: bytes, into: str = "risks") -> Table:
    return read(data, known_headings(register_by_path(into)))


def test_titles_above_the_headings_are_no_headings():
    found = table(workbook([["Risks of 2026"], [], ["Made by", "Aino"], ["Title", "Cause"], ["Fire", "Wires"]]))
    assert found.headings == ["Title", "Cause"]
    assert [(row.number, row.cells["Title"]) for row in found.rows] == [(5, "Fire")]
    assert table(csv_of(["Risks of 2026", ""], ["", ""], ["Title", "Cause"], ["Fire", "Wires"])).headings == [
        "Title",
        "Cause",
    ]


def test_headings_of_two_rows_are_read_together_and_guessed_by_the_lower():
    merges = [(0, 1, 0, 2, "Assessment"), (0, 0, 1, 0, "Risk")]
    found = table(workbook([[], ["", "Likelihood", "Impact"], ["Fire", 2, 3]], merges=merges))
    assert found.headings == ["Risk", "Assessment – Likelihood", "Assessment – Impact"]
    assert [row.cells["Risk"] for row in found.rows] == ["Fire"]


def test_a_cell_merged_over_rows_says_the_same_of_each():
    rows = [["Unit", "Title"], ["", "Fire"], ["", "Flood"]]
    found = table(workbook(rows, merges=[(1, 0, 2, 0, "Chancellery")]))
    assert [row.cells["Unit"] for row in found.rows] == ["Chancellery", "Chancellery"]


def test_the_sheet_whose_headings_are_known_is_read():
    found = table(workbook([["Level", "Meaning"], [1, "rare"]], [["Title", "Cause"], ["Fire", "Wires"]]))
    assert found.headings == ["Title", "Cause"]


def test_a_finnish_register_with_three_rows_of_headings_comes_in():
    manager: Person = holder("risk_expert")
    for name in ("Kanslia", "Palvelukeskus"):
        sector(name)
    data = real_file("synthetic-fi_three-level-header.xlsx").read_bytes()
    found = table(data)
    assert "Tunnistaminen – Riski" in found.headings
    assert "Arviointi – Lähtötaso – Tn" in found.headings
    columns = {"Käsittely – Vastuu": ""}
    plan = planned(data, manager, columns=columns)
    first = next(row for row in plan.rows if row.title.startswith("Riski 2"))
    assert str(first.values["unit"]) == "Kanslia"
    assert first.inputs["assess"] == {"likelihood": 1, "finance": 4}


def test_a_level_marked_in_one_of_five_columns_is_that_level():
    manager: Person = holder("risk_expert")
    data = real_file("synthetic-x-marks.xlsx").read_bytes()
    found = table(data)
    assert found.rows[0].cells["Probability"] == "L"
    columns = {"Description": "title", "Risk": "", "Risk – Owner": "", "Treatment – Type": ""}
    plan = imported(data, manager, columns=columns, fixed={"unit": manager.unit.code}, leave_out=True)
    assert reasons(plan) == {}
    made = Risk.objects.get(title="Risk text 1")
    assert (made.likelihood, made.impact) == (2, 3)
