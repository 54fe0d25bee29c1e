"""Files that would break, flood or trick whoever opens them are refused with a reason, or come in as harmless cells."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kivijalka.register.doors.files.read import WHY, Table, read
from kivijalka.register.models.files import ImportFile
from kivijalka.register.refusal import Refused
from tests.factories import holder
from tests.files.imports import csv_of
from tests.files.real import real_file
from tests.who import sign_in

MEGABYTE = 2**20
SHEET = "xl/worksheets/sheet1.xml"
ROW = '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{a}</t></is></c><c r="B{n}" t="inlineStr"><is><t>{b}</t></is></c></row>'


def workbook(*rows: tuple[str, str]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows or [("Risk", "Cause"), ("Fire", "wires")]:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def changed(*, without: tuple[str, ...] = (), **parts: bytes | Callable[[bytes], bytes]) -> bytes:
    """A workbook with parts (their names with . and / as in `xl/workbook.xml`) replaced, changed, added or left out."""
    made = io.BytesIO()
    with ZipFile(io.BytesIO(workbook())) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = parts.pop(name, None)
            if name not in without:
                new.writestr(name, change(old.read(name)) if callable(change) else change or old.read(name))
        for name, content in parts.items():
            assert isinstance(content, bytes)
            new.writestr(name, content)
    return made.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(data)
    assert str(refused.value) == str(WHY[refused.value.code])
    return refused.value.code


def cells(table: Table) -> list[list[object]]:
    return [list(row.cells.values()) for row in table.rows]


def blanks(megabytes: int) -> bytes:
    """So many megabytes of blanks, deflated: each block stands for itself, so one is made and repeated."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packing.compress(b" " * MEGABYTE) + packing.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return block * megabytes + end


def bomb(megabytes: int, claimed: int) -> bytes:
    """A workbook whose sheet grows to so many megabytes, and says that it has `claimed` bytes."""
    made, packed = io.BytesIO(), blanks(megabytes)
    with ZipFile(made, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        info = ZipInfo(SHEET)
        info.compress_type = ZIP_STORED
        book.writestr(info, packed)
    data = bytearray(made.getvalue())
    local, central = data.index(SHEET.encode()) - 30, data.rindex(SHEET.encode()) - 46
    for at, method, size in ((local, 8, 22), (central, 10, 24)):
        struct.pack_into("<H", data, at + method, ZIP_DEFLATED)
        struct.pack_into("<I", data, at + size, claimed)
    return bytes(data)


@pytest.mark.parametrize("claimed", [500 * MEGABYTE, 1000], ids=["that says so", "that says it is small"])
def test_a_zip_bomb_is_refused(claimed: int):
    assert code_of(bomb(500, claimed)) == "too_large"


def test_a_workbook_of_thousands_of_parts_is_refused():
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as book:
        book.writestr("xl/workbook.xml", "")
        for number in range(2_100):
            book.writestr(f"xl/{number}", "")
    assert code_of(made.getvalue()) == "too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_that_grow_or_reach_out_are_not_opened(encoding: str):
    declared = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]><sst>&b;</sst>'
    )
    assert code_of(changed(**{"xl/sharedStrings.xml": declared.encode(encoding)})) == "unsafe"


def test_links_to_other_workbooks_and_macros_are_neither_fetched_nor_run():
    link = b'<externalLink xmlns="x"><externalBook r:id="rId1"/></externalLink>'
    target = (
        b'<Relationships><Relationship Id="rId1" Target="http://127.0.0.1:9/x" TargetMode="External"/></Relationships>'
    )
    parts = {"xl/externalLinks/externalLink1.xml": link, "xl/externalLinks/_rels/externalLink1.xml.rels": target}
    assert cells(read(changed(**parts, **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 macro"}))) == [["Fire", "wires"]]


def test_elements_in_elements_without_end_are_refused_or_harmless():
    deep = b"<worksheet><sheetData>" + b"<row>" * 500_000
    with pytest.raises(Refused):
        read(changed(**{SHEET: deep}))


def test_sixteen_thousand_columns_are_refused():
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(3):
        sheet.append(["x"] * 16_384)
    made = io.BytesIO()
    book.save(made)
    assert code_of(made.getvalue()) == "too_many_columns"


def test_a_cell_of_ten_megabytes_is_refused_and_not_cut():
    text = "x" * 10 * MEGABYTE
    sheet = "".join(ROW.format(n=n, a="Risk" if n == 1 else text, b="y") for n in (1, 2))
    body = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>'
    assert code_of(changed(**{SHEET: body.encode()})) == "long_cell"
    assert code_of(csv_of(["Risk", "Cause"], [text, "y"])) == "broken_csv"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><table><tr><td>Risk</td></tr></table></html>", "markup"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "markup"),
        (b"%PDF-1.7\nRisk;Owner\n1;2\n", "not_text"),
        (b"\x1f\x8b\x08 packed", "not_text"),
        (workbook()[:-200], "broken"),
        (workbook()[: len(workbook()) // 2], "broken"),
        (changed(without=("xl/workbook.xml",), **{"word/document.xml": b"<w/>"}), "broken"),
        (changed(without=("xl/workbook.xml",), **{"content.xml": b"<office/>"}), "other_workbook"),
        (changed(without=("xl/workbook.xml",), **{"xl/workbook.bin": b"\x83"}), "other_workbook"),
        (changed(**{SHEET: b"<worksheet><sheetData><row"}), "broken"),
        (b"Risk;Owner\n\x00;x\n", "not_text"),
    ],
)
def test_what_only_calls_itself_a_spreadsheet_is_told_apart(data: bytes, code: str):
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated.xlsx", "broken"),
        ("not-really.xlsx", "markup"),
        ("pass_protected.xlsx", "password"),
        ("issues.xls", "old_workbook"),
        ("far-cell.xlsx", "too_large"),
    ],
)
def test_hostile_files_that_were_met_are_refused(name: str, code: str):
    assert code_of(real_file(f"../hostile/xlsx/{name}").read_bytes()) == code


def test_hidden_sheets_of_a_file_that_was_met_stay_out():
    origin = read(real_file("../hostile/xlsx/any_sheets.xlsx").read_bytes()).origin
    assert [name for name, visible in origin.sheets.items() if visible] == [origin.sheet]
    assert len(origin.sheets) == 3


def test_characters_that_nobody_sees_do_not_come_in():
    rows = [["Risk", "Ca\u200buse"], ["gnp.\u202eexe\u202c", "a\x07b\tc"], ["LOW\u200b", "e\u0301"]]
    found = read(csv_of(*rows))
    assert found.headings == ["Risk", "Cause"]
    assert cells(found) == [["gnp.exe", "ab\tc"], ["LOW", "é"]]


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "told"), [("fi", "salasanalla"), ("sv", "lösenord"), ("en", "password")])
def test_the_reader_is_told_in_their_language_and_nothing_is_kept(language: str, told: str, client: Client):
    client.cookies["language"] = language
    data = real_file("../hostile/xlsx/pass_protected.xlsx").read_bytes()
    answer = sign_in(client, holder("risk_expert")).post("/risks/import/", {"file": SimpleUploadedFile("x.xlsx", data)})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not ImportFile.objects.exists()
