"""Pages of a meeting: its agenda as it is made, the meeting itself, and its minutes to read, print and take along."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, TextField
from django.db.models.functions import JSONObject
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest
from kivijalka.meetings import agenda, minutes
from kivijalka.meetings.commands import decide
from kivijalka.meetings.document import document_of
from kivijalka.meetings.models import Entry, Item, Meeting
from kivijalka.meetings.registers import meetings
from kivijalka.register.command import can
from kivijalka.register.doors import drafts, rows
from kivijalka.register.doors.downloads import download
from kivijalka.register.doors.forms import command_form
from kivijalka.register.doors.related import relate, together
from kivijalka.register.doors.rows import found
from kivijalka.register.doors.show import cell_of, verbs_of
from kivijalka.register.refusal import NotThere
from kivijalka.register.registry import REGISTERS, register_of
from kivijalka.reports.documents.formats import FORMATS

VERBS = meetings.all_commands
MOST_TOLD = 10


@require_GET
def agenda_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What is on the agenda, to be put in order; and what else would come to it."""
    meeting = _meeting(agenda.placed(Meeting.objects.seen()), pk)
    known = list(Item.objects.seen().filter(meeting=pk).order_by("number", "id"))
    items = [item for item in known if item.number is not None]
    is_open = meeting.can_draw_up and request.as_of is None
    context = {
        "meeting": meeting,
        "items": _arranged(items),
        "left_out": _left_out(meeting, items),
        "since": agenda.since(meeting),
        "sections": agenda.sections(request.actor, meeting, [item.record_id for item in known]) if is_open else [],
        "may_arrange": meeting.can_arrange and request.as_of is None,
        "unit": request.GET.get("unit", ""),
    }
    return render(request, "meetings/agenda.html", context)


@require_GET
def hold_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The meeting itself, one item at a time: why it is there, how its record stands, what is said and decided."""
    meeting = _meeting(Meeting.objects.seen(), pk)
    items = list(minutes.items_of(meeting))
    place = _place(items, request.GET.get("item", ""))
    item = items[place] if items else None
    number = item.number if item else 0
    with together():
        record = _record(item)
        decisions = relate(minutes.decisions_of(meeting).filter(item=item), ["owner"])
    context = {
        "meeting": meeting,
        "items": items,
        "item": item,
        "why": minutes.reason_of(item) if item else "",
        "before": items[place - 1] if place > 0 else None,
        "after": items[place + 1] if place + 1 < len(items) else None,
        "place": place + 1,
        "left_out": _left_out(meeting, items),
        "record": record,
        **(_standing(record) if record is not None else {}),
        "entries": Entry.objects.seen().filter(meeting=meeting.pk, item=item).order_by("id"),
        "decisions": decisions,
        **_recording(request, meeting, str(number)),
        "back": f"{request.path}?{urlencode({'item': number})}",
        "is_past": request.as_of is not None,
    }
    return render(request, "meetings/hold.html", context)


def _standing(record: Any) -> dict[str, Any]:
    """How a record stands, as its list tells it, then in the words that describe it; and what may be done with it."""
    register = register_of(type(record))
    listed = [column for column in register.shown if column.field not in ("code", register.title)]
    texts = [name for name in register.declared_writable if type(register.field(name)) is TextField]
    words = register.words()
    facts = [
        cell_of(record, one.field, badge=one.badge, percent=one.percent, words=words.get(one.field)) for one in listed
    ]
    told = [cell_of(record, name) for name in texts]
    return {"register": register, "facts": [*facts, *told], "verbs": verbs_of(register, record)}


def _recording(request: ActingRequest, meeting: Meeting, number: str) -> dict[str, Any]:
    """The form that records a decision on an item, with what was begun of it."""
    address = reverse("do", args=[meetings.path, meeting.pk, decide.name])
    form, draft = command_form(decide, None, meeting), _draft(request, address, number)
    form.fields["item"].widget = forms.HiddenInput()
    form.initial = {"item": number}
    drafts.fill(form, draft)
    return {"form": form, "draft": draft, "decide": address}


@require_GET
def minutes_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The minutes, to read and to print."""
    meeting = _meeting(Meeting.objects.seen(), pk)
    told = minutes.minutes_of(request.actor, meeting)
    words = minutes.left_out_words(told.left_out) if told.left_out else ""
    return render(request, "meetings/minutes.html", {"meeting": meeting, "minutes": told, "left_out": words})


@require_GET
def minutes_file(request: ActingRequest, pk: UUID, form: str) -> HttpResponse:
    """The minutes as a document, in the reader's language."""
    meeting = found(Meeting.objects.seen(), pk)
    document = document_of(minutes.minutes_of(request.actor, meeting), get_language() or "fi")
    return download(FORMATS[form].render(document), f"{meeting.code}.{form}", FORMATS[form].kind)


def meeting_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a meeting's page: the ways to its agenda, to the meeting itself and to its minutes."""
    return ("meetings/_meeting_panel.html", {"meeting": record}) if isinstance(record, Meeting) else None


def taken_up_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On the page of a record that meetings took up: which."""
    taken = getattr(record, "taken_up", None)
    return ("meetings/_taken_up_panel.html", {"meetings": taken}) if taken else None


def asked_along(register: Any) -> dict[str, Any]:
    """The meetings that took a record up, asked along with it."""
    items = Item.objects.seen().filter(record=OuterRef("pk"), number__isnull=False).order_by("-id")
    told = JSONObject(pk="meeting_id", title="meeting__title", day="meeting__day")
    return {"taken_up": ArraySubquery(items.values(told=told)[:MOST_TOLD])}


def _meeting(rows: Any, pk: UUID) -> Any:
    """A meeting with what the acting person may do."""
    return found(rows.annotate(**can(Meeting, VERBS)), pk)


def _left_out(meeting: Meeting, items: list[Item]) -> str:
    count = meeting.matters - len(items)
    return minutes.left_out_words(count) if count > 0 else ""


def _arranged(items: list[Item]) -> list[dict[str, Any]]:
    """Each item with the orders that its buttons send: a step up, a step down, and without it."""
    numbers = [item.number for item in items]

    def order(*moved: int) -> str:
        return " ".join(str(numbers[place]) for place in moved)

    shown, last = [], len(items) - 1
    for at, item in enumerate(items):
        all_places = list(range(len(items)))
        up = [*all_places[: at - 1], at, at - 1, *all_places[at + 1 :]] if at else None
        down = [*all_places[:at], at + 1, at, *all_places[at + 2 :]] if at < last else None
        shown.append(
            {
                "item": item,
                "why": minutes.reason_of(item),
                "address": minutes.address_of(item),
                "up": order(*up) if up else "",
                "down": order(*down) if down else "",
                "out": order(*(place for place in all_places if place != at)),
            }
        )
    return shown


def _place(items: list[Item], number: str) -> int:
    """Where the item of a number is in the list; without one the first."""
    return next((place for place, item in enumerate(items) if str(item.number) == number), 0)


def _record(item: Item | None) -> Any:
    """The record of an item, with what may be done with it; None where there is none, or none to be seen any more."""
    if item is None or item.record_id is None:
        return None
    try:
        return rows.one(REGISTERS[agenda.parts_of(item.why)[0]], item.record_id)
    except NotThere:
        return None


def _draft(request: ActingRequest, address: str, number: str) -> drafts.Opened:
    """What was begun for this item; a draft of another's is not offered here."""
    found = drafts.opened(request, address)
    is_ours = found.earlier is not None and (found.earlier.values or {}).get("item") == [number]
    return found if is_ours else drafts.Opened(uuid4())
