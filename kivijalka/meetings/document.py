"""The minutes as a document of a word processor: real headings, its language set, tables with headings that repeat.

Made twice of the same minutes it is the same to the byte: nothing in it tells when or where it was made.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from kivijalka.meetings.minutes import Matter, Minutes, left_out_words
from kivijalka.meetings.models import Entry
from kivijalka.meetings.registers import meetings
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.register.plain import plain

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGES = {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}
# The first day that a ZIP archive can tell.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def document_of(minutes: Minutes, language: str) -> bytes:
    """The minutes as DOCX, in the language in which they are read."""
    document: Any = Document()
    meeting = minutes.meeting
    _say_language(document, LANGUAGES[language[:2]])
    _describe(document, meeting)
    document.add_heading(plain(meeting.title), level=0)
    _table(document, _("Meeting"), [], _facts(minutes))
    for matter in minutes.matters:
        _matter(document, matter)
    if minutes.rest.decisions or minutes.rest.entries:
        _matter(document, minutes.rest)
    if minutes.left_out:
        document.add_paragraph(plain(left_out_words(minutes.left_out)))
    if minutes.corrections:
        document.add_heading(plain(_("Corrections")), level=1)
        for entry in minutes.corrections:
            document.add_paragraph(plain(_signed(entry)))
    return _packed(document)


def _matter(document: Any, matter: Matter) -> None:
    document.add_heading(plain(matter.heading), level=1)
    if matter.why:
        document.add_paragraph(plain(matter.why))
    for entry in matter.entries:
        document.add_paragraph(plain(entry.text))
    if matter.decisions:
        headings = [_("Decision"), capfirst(_("who does it")), capfirst(_("due date"))]
        lines = [[one.text, str(one.owner or ""), in_words(one.due) if one.due else ""] for one in matter.decisions]
        _table(document, _("Decisions"), headings, lines)


def _facts(minutes: Minutes) -> list[list[str]]:
    meeting = minutes.meeting
    names = ["day", "unit", "chair", "owner"]
    facts = [[capfirst(str(meetings.field(name).verbose_name)), text_of(meeting, name)] for name in names]
    closed = [[capfirst(_("closed at")), in_words(meeting.closed_at)]] if meeting.closed_at else []
    return [*facts, [capfirst(_("present")), "\n".join(minutes.present)], *closed]


def _signed(entry: Entry) -> str:
    return f"{in_words(entry.at)}, {entry.writer or ''}: {entry.text}"


def _table(document: Any, title: str, headings: list[str], lines: list[list[str]]) -> None:
    """A table with a title for those who hear it; a row of headings repeats on each page, else the first column heads."""
    table = document.add_table(rows=0, cols=len(headings or lines[0]), style="Table Grid")
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), title)
    table._tbl.tblPr.append(caption)
    for row in [headings, *lines] if headings else lines:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = plain(text)
    if headings:
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell in table.rows[0].cells if headings else table.columns[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True


def _say_language(document: Any, language: str) -> None:
    properties = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    said = properties.find(qn("w:lang"))
    for kind in ("w:val", "w:eastAsia"):
        said.set(qn(kind), language)
    document.core_properties.language = language


def _describe(document: Any, meeting: Any) -> None:
    """What it is, and of when; not who made it."""
    properties = document.core_properties
    at = (meeting.closed_at or datetime(meeting.day.year, meeting.day.month, meeting.day.day, tzinfo=UTC)).astimezone(
        UTC
    )
    properties.title, properties.author = plain(meeting.title), plain(str(meeting.unit or ""))
    properties.comments = ""
    properties.created = properties.modified = at.replace(tzinfo=None, microsecond=0)
    properties.revision, properties.last_modified_by = 1, ""


def _packed(document: Any) -> bytes:
    """The archive anew, each part without the time at which it was written."""
    written, made = BytesIO(), BytesIO()
    document.save(written)
    with ZipFile(written) as parts, ZipFile(made, "w") as archive:
        for part in parts.infolist():
            archive.writestr(ZipInfo(part.filename, NO_TIME), parts.read(part), ZIP_DEFLATED)
    return made.getvalue()
