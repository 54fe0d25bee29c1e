"""The minutes as a document: the same to the byte when they are made again, as nothing in it tells when or where it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kivijalka.meetings.minutes import Matter, Minutes, left_out_words
from kivijalka.meetings.models import Decision, Entry
from kivijalka.meetings.registers import meetings
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.reports.documents.model import (
    Block,
    Document,
    Facts,
    Head,
    Paragraph,
    Said,
    Section,
    Table,
    Words,
    said,
)


def document_of(minutes: Minutes, language: str) -> Document:
    """The minutes in the language in which they are read."""
    meeting = minutes.meeting
    left_out = [Paragraph(left_out_words(minutes.left_out))] if minutes.left_out else []
    return Document(
        title=meeting.title,
        subtitle="",
        author=text_of(meeting, "unit"),
        language=language[:2],
        moment=_moment(meeting),
        footer=f"{meeting.title}, {in_words(meeting.day)}",
        blocks=[Facts(_facts(minutes)), *_matters(minutes), *left_out, *_corrections(minutes)],
    )


def _matters(minutes: Minutes) -> list[Block]:
    has_rest = minutes.rest.decisions or minutes.rest.entries
    matters = [*minutes.matters, minutes.rest] if has_rest else minutes.matters
    return [Section(matter.heading, _matter(matter)) for matter in matters]


def _matter(matter: Matter) -> list[Block]:
    told = [matter.why, *(entry.text for entry in matter.entries)]
    paragraphs: list[Block] = [Paragraph(text) for text in told if text]
    return [*paragraphs, _decisions(matter.decisions)] if matter.decisions else paragraphs


def _decisions(decisions: list[Decision]) -> Table:
    heads = [Head(_("Decision"), width=4), Head(capfirst(_("who does it")), is_name=True, width=2)]
    heads.append(Head(capfirst(_("due date")), width=1))
    rows = [[Said(one.text), Said(str(one.owner or "")), said(one.due) if one.due else Said("")] for one in decisions]
    return Table(_("Decisions"), heads, rows)


def _facts(minutes: Minutes) -> list[tuple[str, Words]]:
    meeting = minutes.meeting
    names = ["day", "unit", "chair", "owner"]
    facts: list[tuple[str, Words]] = [
        (capfirst(str(meetings.field(name).verbose_name)), text_of(meeting, name)) for name in names
    ]
    facts.append((capfirst(_("present")), ", ".join(minutes.present)))
    return [*facts, (capfirst(_("closed at")), in_words(meeting.closed_at))] if meeting.closed_at else facts


def _corrections(minutes: Minutes) -> list[Block]:
    if not minutes.corrections:
        return []
    return [Section(_("Corrections"), [Paragraph(_signed(entry)) for entry in minutes.corrections])]


def _signed(entry: Entry) -> str:
    return f"{in_words(entry.at)}, {text_of(entry, 'writer')}: {entry.text}"


def _moment(meeting: Any) -> datetime:
    """Of when it is: of its closing, else of its day."""
    return meeting.closed_at or datetime(meeting.day.year, meeting.day.month, meeting.day.day, tzinfo=UTC)
