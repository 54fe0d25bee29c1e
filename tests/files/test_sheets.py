"""Which sheet is read, what is hidden in it, and how the columns of the same layout find their places again."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.register.doors.files.mapping import choices
from kivijalka.register.doors.files.read import read
from kivijalka.register.models.files import ImportFile
from kivijalka.register.refusal import Refused
from kivijalka.risks.models import Risk
from kivijalka.risks.registers import risks
from tests.factories import holder
from tests.files.imports import csv_of, imported, planned
from tests.who import sign_in

pytestmark = pytest.mark.django_db
HEADINGS = ["Title", "Unit", "Cause"]


@pytest.fixture
def manager() -> Person:
    return holder("risk_expert")


@pytest.fixture
def browser(manager: Person, client: Client) -> Client:
    client.cookies["language"] = "en"
    return sign_in(client, manager)


def workbook(
    sheets: dict[str, list[list[Any]]],
    *,
    hidden: Iterable[str] = (),
    hidden_rows: Iterable[int] = (),
    hidden_columns: Iterable[int] = (),
) -> bytes:
    """A workbook; rows and columns are hidden in each sheet."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        for at in hidden_rows:
            sheet.set_row(at, None, None, {"hidden": True})
        for at in hidden_columns:
            sheet.set_column(at, at, None, None, {"hidden": True})
        if name in hidden:
            sheet.hide()
    book.close()
    return made.getvalue()


def upload(browser: Client, data: bytes, name: str = "risks.xlsx") -> str:
    answer = browser.post("/risks/import/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_hidden_rows_and_columns_stay_out_unless_asked_for():
    rows = [HEADINGS, ["Fire", "K", "secret"], ["Flood", "K", "rain"], ["Fog", "K", "autumn"]]
    data = workbook({"Risks": rows}, hidden_rows=[2], hidden_columns=[2])
    table = read(data)
    assert table.headings == ["Title", "Unit"]
    assert [(row.number, row.cells["Title"]) for row in table.rows] == [(2, "Fire"), (4, "Fog")]
    assert (table.origin.hidden_rows, table.origin.hidden_columns) == (1, 1)
    whole = read(data, with_hidden=True)
    assert (whole.headings, len(whole.rows)) == (HEADINGS, 3)


def test_a_hidden_sheet_is_read_only_when_it_is_chosen():
    data = workbook({"Shown": [["A", "B"], ["1", "2"]], "Kept": [HEADINGS, ["Fire", "K", "x"]]}, hidden=["Kept"])
    known = {heading.lower() for heading in HEADINGS}
    table = read(data, lambda heading: heading.lower() in known)
    assert (table.origin.sheet, table.origin.sheets) == ("Shown", {"Shown": True, "Kept": False})
    assert read(data, sheet="Kept").headings == HEADINGS


def test_a_workbook_of_which_nothing_is_seen_says_so():
    data = workbook({"Empty": [], "Kept": [HEADINGS, ["Fire", "K", "x"]]}, hidden=["Kept"])
    with pytest.raises(Refused, match="hidden") as refused:
        read(data)
    assert refused.value.code == "all_hidden"


def test_another_sheet_and_what_is_hidden_are_chosen_on_the_page(browser: Client, manager: Person):
    now, old = [HEADINGS, ["Fire", "K", "x"], ["Flood", "K", "y"]], [HEADINGS, ["Old", "K", "x"]]
    columns = upload(browser, workbook({"The year 2025": old, "2026": now}, hidden_rows=[2]))
    page = browser.get(columns).content.decode()
    assert '<option value="The year 2025" selected>' in page and "1 row<" in page
    # In the order of the workbook.
    assert page.index(">The year 2025<") < page.index(">2026<")
    assert browser.post(columns, {"sheet": "2026"})["Location"] == columns
    page = browser.get(columns).content.decode()
    assert "Fire" in page and "Flood" not in page
    assert "Hidden in the spreadsheet: rows 1, columns 0." in page
    browser.post(columns, {"sheet": "2026", "with_hidden": "1"})
    assert "Flood" in browser.get(columns).content.decode()
    choices = {"column-0": "title", "column-1": "", "column-2": "", "name": "x", "fixed-unit": manager.unit.code}
    preview = browser.post(columns, choices)["Location"]
    page = browser.get(preview).content.decode()
    assert "New: 2." in page and "Columns left out: Unit, Cause" in page


def test_a_sheet_without_a_table_is_refused_and_the_other_stays(browser: Client):
    columns = upload(browser, workbook({"Risks": [HEADINGS, ["Fire", "K", "x"]], "Notes": [["only this"]]}))
    answer = browser.post(columns, {"sheet": "Notes"})
    assert answer.status_code == 422
    assert "Fire" in browser.get(columns).content.decode()


def test_the_mapping_of_the_same_headings_is_offered_by_itself(browser: Client, manager: Person):
    first = upload(browser, csv_of(["What", "Where", "Why"], ["Fire", manager.unit.code, "wires"]), "first.csv")
    browser.post(first, {"column-0": "title", "column-1": "unit", "column-2": "cause", "name": "Ours"})
    again = upload(browser, csv_of([" WHY", "What", "Where"], ["rain", "Flood", manager.unit.code]), "second.csv")
    page = browser.get(again).content.decode()
    assert "last time, under the name Ours" in page and 'value="Ours"' in page
    other = upload(browser, csv_of(["What", "Where"], ["Fire", manager.unit.code]), "third.csv")
    assert "last time" not in browser.get(other).content.decode()


def test_of_two_sheets_with_the_same_headings_each_finds_its_own_mapping(browser: Client, manager: Person):
    for sheet in ("Threats", "Opportunities"):
        columns = upload(browser, workbook({sheet: [HEADINGS, ["Fire", manager.unit.code, "x"]]}))
        browser.post(columns, {"column-0": "title", "column-1": "unit", "name": sheet})
    for sheet in ("Threats", "Opportunities"):
        upload(browser, workbook({sheet: [HEADINGS, ["Flood", manager.unit.code, "x"]]}))
        kept = ImportFile.objects.latest("pk").mapping
        assert kept is not None and kept.name == sheet


def test_columns_are_guessed_by_their_values_where_the_headings_say_nothing(manager: Person):
    rows = [[f"Fire {n}", manager.unit.code, manager.email, "strateginen"] for n in range(3)]
    found = planned(csv_of(["Title", "F1", "F2", "F3"], *rows), manager)
    values = found.rows[0].values
    assert (values["unit"], values["owner"], values["kind"]) == (manager.unit, manager, "strategic")


def test_digits_alone_are_no_guess(manager: Person):
    found = planned(csv_of(["Title", "Unit", "F1"], ["Fire", manager.unit.code, "3"]), manager)
    assert found.rows[0].inputs == {}


def test_a_column_without_a_field_stands_at_the_end_of_a_text(manager: Person):
    data = csv_of(["Title", "Cause", "Source", "Seen"], ["Fire", "wires", "audit", "May"], ["Flood", "", "", "June"])
    how: dict[str, Any] = {"columns": {"Source": "+cause", "Seen": "+cause"}, "fixed": {"unit": manager.unit.code}}
    imported(data, manager, **how)
    causes = dict(Risk.objects.values_list("title", "cause"))
    assert causes == {"Fire": "wires\nSource: audit\nSeen: May", "Flood": "Seen: June"}
    assert planned(data, manager, **how).counts["same"] == 2


def test_two_places_with_one_label_are_told_apart_by_their_verbs():
    labels = [str(label) for _name, label in choices(risks)]
    assert len(labels) == len(set(labels))
