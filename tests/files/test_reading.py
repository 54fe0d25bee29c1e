"""A file is looked at before it is opened; what people type is understood; what is broken is told."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from kivijalka.register.doors.files.cells import day, number
from kivijalka.register.doors.files.parse import delimiter_of
from kivijalka.register.doors.files.read import read
from kivijalka.register.doors.files.words import LEVELS, SCALE, folded, meaning
from kivijalka.register.doors.files.write import guarded
from kivijalka.register.refusal import Refused
from tests.files.imports import csv_of


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_encodings_and_delimiters_are_found_out(encoding: str, mark: str):
    data = f"Riski{mark}Määrä\r\nYö{mark}5\r\n".encode(encoding)
    table = read(data)
    assert table.headings == ["Riski", "Määrä"]
    assert table.rows[0].cells == {"Riski": "Yö", "Määrä": "5"}


def test_commas_inside_names_are_no_delimiter():
    assert delimiter_of("Nimi;Pvm\nVirtanen, Aino;1.2.2026\nLaine, Aarne;2.2.2026\n") == ";"


def test_a_workbook_keeps_numbers_and_days_and_the_row_numbers_of_the_spreadsheet():
    table = read(workbook(["Risk", "Due", "Cost"], [], ["Fire", date(2027, 2, 28), 12.5]))
    assert table.rows[0].number == 3
    assert table.rows[0].cells == {"Risk": "Fire", "Due": date(2027, 2, 28), "Cost": Decimal("12.5")}


def test_headings_are_told_apart_and_a_column_without_one_has_its_letter():
    table = read(csv_of(["Name", "", "Name"], ["a", "b", "c"]))
    assert table.headings[0] == "Name"
    assert table.headings[2] == "Name (2)"
    assert "B" in table.headings[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("125 000,50", "125000.50"),
        ("2\u00a0400\u00a0000", "2400000"),
        ("1,5 milj.", "1500000"),
        ("n. 40 000 €", "40000"),
        ("-350 000", "-350000"),
        ("1.250.000,00", "1250000"),
        ("1,234.56", "1234.56"),
        ("noin 3 k€", "3000"),
    ],
)
def test_numbers_as_people_write_them(text: str, expected: str):
    assert number(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["paljon", "1,2,3", "inf", "nan", ""])
def test_what_is_no_number(text: str):
    assert number(text) is None


@pytest.mark.parametrize("text", ["12.3.2026", "12.03.26", "2026-03-12", "2026-03-12 00:00:00", "46093"])
def test_days_as_people_and_spreadsheets_write_them(text: str):
    assert day(text) == date(2026, 3, 12)


@pytest.mark.parametrize("text", ["31.2.2027", "soon", "0", "99999999"])
def test_what_is_no_day(text: str):
    assert day(text) is None


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("High", "4"),
        ("  todennäköinen ", "4"),
        ("Melko todennäköinen", "4"),
        ("4 (1–5)", "4"),
        ("3/5", "3"),
        ("Medium (3)", "3"),
        ("45", None),
        ("?", None),
    ],
)
def test_words_of_scales(word: str, level: str | None):
    words = {folded(known): value for value in LEVELS for known in SCALE[value].split(",")}
    assert meaning(word, words | {value: value for value in LEVELS}, {}) == level


def test_a_correction_counts_more_than_what_a_word_usually_means():
    assert meaning("High", {"high": "4"}, {"high": "5"}) == "5"


def test_a_sheet_that_claims_to_be_endless_meets_the_limits_of_its_process():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "Risk", "far away"
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(Refused) as refused:
        read(made.getvalue())
    assert refused.value.code in ("too_large", "too_many_rows")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"Risk;Owner\n", "empty"),
        (b"PK\x03\x04 not a workbook", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old_workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00;\x00", "not_text"),
        (b"a;b\n" + b"x;y\n" * 100_031, "too_many_rows"),
        (b"a;" * 300 + b"b\n" + b"x;" * 300 + b"y", "too_many_columns"),
    ],
)
def test_broken_and_outsized_files_are_refused_with_what_to_do(data: bytes, code: str):
    with pytest.raises(Refused) as refused:
        read(data)
    assert refused.value.code == code
    assert "." in str(refused.value)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "＝1+1", "＠a", "'=already", "plain", "'quoted"]
)
def test_a_guarded_text_comes_back_as_it_was(text: str):
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＠"))
    assert read(csv_of(["Risk", "x"], [guarded(text), "1"])).rows[0].cells["Risk"] == text.strip()
