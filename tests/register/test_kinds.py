"""A file is what its content says: kept where it is of a kind on the list, refused where it is two, or more than it says."""

from __future__ import annotations

import io
import struct
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from kivijalka.register.kinds import KINDS, WHY, kind_of, named_as
from kivijalka.register.refusal import Refused
from tests.files.real import real_file

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
GIF, JPEG, PDF = b"GIF89a" + b"\1\0" * 20, b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 40, b"%PDF-1.7\n1 0 obj"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
EML = b"From: a@esimerkki.example\r\nDate: Mon, 30 Nov 2026 10:00:00 +0200\r\nSubject: x\r\n\r\nHei"
OPEN = "application/vnd.oasis.opendocument."


def archive(*names: str, kind: int = ZIP_DEFLATED, **contents: bytes) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", kind) as new:
        for name in names:
            new.writestr(name, contents.get(name, b"x"))
    return made.getvalue()


def office(*names: str) -> bytes:
    return archive("[Content_Types].xml", *names)


def open_document(media: str, *names: str) -> bytes:
    return archive("mimetype", "content.xml", *names, kind=ZIP_STORED, mimetype=(OPEN + media).encode())


def compound(*streams: str) -> bytes:
    return COMPOUND + b"".join(stream.encode("utf-16-le") for stream in streams)


@pytest.mark.parametrize(
    ("data", "ending", "key"),
    [
        (PDF, "pdf", "pdf"),
        (PNG, "png", "png"),
        (GIF, "", "gif"),
        (JPEG, "jpg", "jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "webp", "webp"),
        (b"II*\0" + b"\0" * 20, "tif", "tiff"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic", "heic"),
        (office("word/document.xml"), "docx", "docx"),
        (office("ppt/presentation.xml", "ppt/embeddings/workbook.xlsx"), "pptx", "pptx"),
        (open_document("text"), "odt", "odt"),
        (open_document("spreadsheet"), "ods", "ods"),
        (open_document("presentation"), "odp", "odp"),
        (compound("WordDocument"), "doc", "doc"),
        (compound("Workbook"), "xls", "xls"),
        (compound("PowerPoint Document"), "ppt", "ppt"),
        (compound("WordDocument", "__properties_version1.0"), "msg", "msg"),
        (EML, "eml", "eml"),
        ("\ufeffRiski;Omistaja\nTulva;Aino\n".encode(), "csv", "csv"),
        ("Riski\tOmistaja\n".encode("utf-16"), "tsv", "csv"),
        ("Äiti ja isä\n".encode("latin-1"), "txt", "txt"),
        (b"a < b, and #!/bin/sh", "txt", "txt"),
    ],
)
def test_a_kind_is_told_by_the_content(data: bytes, ending: str, key: str):
    kind = kind_of(data, ending)
    assert kind is KINDS[key]
    assert named_as(kind, f"x.{ending}" if ending else "x").startswith("x.")


@pytest.mark.parametrize(
    ("name", "key"),
    [("xlsx/any_sheets.xlsx", "xlsx"), ("xlsx/date.xlsx", "xlsx"), ("csv-injection-payloads.txt", "txt")],
)
def test_files_that_were_met_are_told_apart(name: str, key: str):
    assert kind_of(real_file(f"../hostile/{name}").read_bytes(), key).key == key


def long_list() -> bytes:
    """An archive that says its list of contents is of many megabytes."""
    data = bytearray(office("word/document.xml"))
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 12, 2**24)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "markup"),
        (b"\xef\xbb\xbf \n<html><script>alert(1)</script></html>", "markup"),
        ("<?xml version='1.0'?><svg/>".encode("utf-16"), "markup"),
        (b"GIF89a/*<script>*/=1;alert(1)", "two"),
        (PNG + b"tEXt<SCRIPT src=x></SCRIPT>", "two"),
        (JPEG + b"<?php system($_GET[0]);", "two"),
        (GIF + archive("evil.class"), "two"),
        (JPEG + office("word/document.xml"), "two"),
        (PDF + archive("a.txt"), "two"),
        (archive("a.txt"), "archive"),
        (archive("word/document.xml"), "archive"),
        (office("word/document.xml", "xl/workbook.xml"), "archive"),
        (long_list(), "archive"),
        (office("word/document.xml")[:-30], "broken"),
        (office("word/document.xml", "word/vbaProject.bin"), "macros"),
        (office("xl/workbook.xml", "xl/macrosheets/sheet1.xml"), "macros"),
        (open_document("text", "Basic/Standard/Module1.xml"), "macros"),
        (compound("Workbook", "_VBA_PROJECT"), "macros"),
        (compound("EncryptedPackage"), "password"),
        (compound("!_StringPool"), "unknown"),
        (open_document("graphics"), "unknown"),
        (b"MZ\x90\0\3", "unknown"),
        (b"\x7fELF\2", "unknown"),
        (b"7z\xbc\xaf\x27\x1c", "unknown"),
        (b"Rar!\x1a\7", "unknown"),
        (b"{\\rtf1 \0}", "unknown"),
        (b"text with \x1b[31m colours", "unknown"),
    ],
)
def test_what_is_more_or_other_than_it_says_is_refused(data: bytes, code: str):
    with pytest.raises(Refused) as refused:
        kind_of(data, "pdf")
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert str(refused.value) == str(WHY[code])


@pytest.mark.parametrize(
    ("data", "name"),
    [(PDF, "a.pdf.exe"), (b"del *.*", "a.bat"), (b"x", "a.hta"), (b"no letter", "a.eml"), (PNG, "a.svg")],
)
def test_a_name_that_opens_something_else_is_refused(data: bytes, name: str):
    with pytest.raises(Refused) as refused:
        named_as(kind_of(data, name.rpartition(".")[2]), name)
    assert refused.value.code == "wrong_ending"


def test_a_rich_text_is_no_text():
    with pytest.raises(Refused):
        named_as(kind_of(b"{\\rtf1 hello}", "rtf"), "a.rtf")
