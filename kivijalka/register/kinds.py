"""What kind of file it is: told by its content and never by its name, which has to agree. What is on no list is not kept.

General libraries of such signatures call every archive a document of some office program; just that has to be told apart.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from django.utils.translation import gettext_lazy as _

from kivijalka.register.contents import MOST_BYTES
from kivijalka.register.refusal import Refused


@dataclass(frozen=True)
class Kind:
    """A kind of file that is kept: its key, what it is called, and the endings that a name of it may have."""

    key: str
    label: Any
    endings: tuple[str, ...]


PICTURE: Any = _("picture")
DOCUMENT, WORKBOOK, SLIDES = _("text document"), _("workbook"), _("presentation")
KINDS = {
    kind.key: kind
    for kind in (
        Kind("pdf", _("PDF document"), ("pdf",)),
        Kind("png", PICTURE, ("png",)),
        Kind("jpeg", PICTURE, ("jpg", "jpeg", "jfif")),
        Kind("gif", PICTURE, ("gif",)),
        Kind("webp", PICTURE, ("webp",)),
        Kind("tiff", PICTURE, ("tif", "tiff")),
        Kind("heic", PICTURE, ("heic", "heif")),
        Kind("docx", DOCUMENT, ("docx",)),
        Kind("xlsx", WORKBOOK, ("xlsx",)),
        Kind("pptx", SLIDES, ("pptx",)),
        Kind("odt", DOCUMENT, ("odt",)),
        Kind("ods", WORKBOOK, ("ods",)),
        Kind("odp", SLIDES, ("odp",)),
        Kind("doc", DOCUMENT, ("doc",)),
        Kind("xls", WORKBOOK, ("xls",)),
        Kind("ppt", SLIDES, ("ppt",)),
        Kind("msg", _("e-mail"), ("msg",)),
        Kind("eml", _("e-mail"), ("eml",)),
        Kind("csv", _("table as text"), ("csv", "tsv")),
        Kind("txt", _("text"), ("txt", "md", "log")),
    )
}
# How a content begins, after so many bytes.
BEGINNINGS = (
    (0, b"%PDF-", "pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    *((4, b"ftyp" + brand, "heic") for brand in (b"heic", b"heix", b"mif1")),
)
PARTS = {"word/document": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
OPEN = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp"}
# Folders and files inside of a document that hold macros.
MACROS = ("vba", "macrosheets/", "basic/", "scripts/")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of a compound file; a message may hold documents, so it is asked for first.
STREAMS = {"__properties_version1.0": "msg", "WordDocument": "doc", "Workbook": "xls", "PowerPoint Document": "ppt"}
MARKUP = (b"<script", b"<html", b"<svg", b"<?xml", b"<?php", b"<!doctype")
# A browser that guesses looks no further; by chance such words stand deep in a large picture.
GUESSED_FROM = 4096
CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r\f"))
# Of an archive's list of contents, which is read whole.
MOST_LISTED = 2**20

WHY = {
    "empty": _("The file is empty. Choose another one."),
    "too_large": _("The file is larger than 50 MB. Make it smaller, or divide it."),
    "archive": _("This is a packed folder (such as .zip). Attach the files in it one by one."),
    "macros": _("The file holds macros. Save it without them, or as PDF."),
    "password": _("The file is protected by a password. Save it without one."),
    "markup": _(
        "The file is a web page or a drawing that a browser could run (HTML, SVG, XML). Save it as PDF or PNG."
    ),
    "two": _("The file is two kinds of file at once, so that it could be taken for either. Save it anew as one."),
    "broken": _("The file is damaged: it ends too early. Save it anew."),
    "unknown": _(
        "Files of this kind are not kept. Kept are PDF, pictures (PNG, JPEG, GIF, WebP, TIFF, HEIC), documents of Word,"
        " Excel, PowerPoint and LibreOffice, e-mails (.eml, .msg) and text (.txt, .csv)."
    ),
}


def kind_of(data: bytes, ending: str) -> Kind:
    """The kind of a content. Text, which is without marks of its own, is told by how it is called. Raises Refused."""
    if not data:
        raise _refused("empty")
    if len(data) > MOST_BYTES:
        raise _refused("too_large")
    if data.startswith(b"PK"):
        return KINDS[_in_archive(data)]
    if data.startswith(COMPOUND):
        return KINDS[_in_compound(data)]
    key = next((key for at, begin, key in BEGINNINGS if data.startswith(begin, at)), None)
    if key is None:
        return KINDS[_as_text(data, ending)]
    if (is_zipfile(BytesIO(data)) and b"PK\x03\x04" in data) or (key != "pdf" and _has_markup(data)):
        raise _refused("two")
    return KINDS[key]


def named_as(kind: Kind, name: str) -> str:
    """The name, with an ending that opens what the file is; one that opens something else is refused."""
    ending = ending_of(name)
    if not ending:
        return f"{name}.{kind.endings[0]}"
    if ending not in kind.endings:
        told = _("The name ends in .%(ending)s, but the file is: %(kind)s. Let its name end in %(endings)s.")
        listed = ", ".join(f".{one}" for one in kind.endings)
        raise Refused(
            told % {"ending": ending, "kind": kind.label, "endings": listed}, code="wrong_ending", field="file"
        )
    return name


def ending_of(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if stem and dot else ""


def _in_archive(data: bytes) -> str:
    """Which document an archive is; any other is refused."""
    _refuse_long_list(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except (BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _refused("broken") from error
    if any(mark in name.lower() for name in names for mark in MACROS):
        raise _refused("macros")
    if data[30:38] == b"mimetype":
        media = data[38:120].partition(b"application/vnd.oasis.opendocument.")[2]
        return next((key for word, key in OPEN.items() if media.startswith(word + b"PK")), "") or _no()
    found = {key for name in names for part, key in PARTS.items() if name.startswith(part)}
    if "[Content_Types].xml" not in names or len(found) != 1:
        raise _refused("archive")
    return found.pop()


def _refuse_long_list(data: bytes) -> None:
    """An archive can list a million files that it does not hold, each of which would take room in memory."""
    at = data.rfind(b"PK\x05\x06", -(2**16 + 22))
    if at < 0 or len(data) < at + 22:
        raise _refused("broken")
    (listed,) = struct.unpack_from("<I", data, at + 12)
    if listed > MOST_LISTED or data[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise _refused("archive")


def _in_compound(data: bytes) -> str:
    """Which of the older documents of office programs, or which e-mail, a compound file is."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise _refused("password")
    if holds("_VBA_PROJECT"):
        raise _refused("macros")
    return next((key for stream, key in STREAMS.items() if holds(stream)), "") or _no()


def _as_text(data: bytes, ending: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    text = data.removeprefix(b"\xef\xbb\xbf")
    if text.translate(None, CONTROLS) != text:
        _no()
    if text.lstrip().startswith(b"<"):
        raise _refused("markup")
    if ending == "eml" and {"from", "date"} <= {name.lower() for name in BytesHeaderParser().parsebytes(text)}:
        return "eml"
    return "csv" if ending in KINDS["csv"].endings else "txt"


def _has_markup(data: bytes) -> bool:
    begin = data[:GUESSED_FROM].lower()
    return any(mark in begin for mark in MARKUP)


def _no() -> str:
    raise _refused("unknown")


def _refused(code: str) -> Refused:
    return Refused(WHY[code], code=code, field="file")
