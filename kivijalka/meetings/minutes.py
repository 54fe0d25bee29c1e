"""What a meeting's minutes say to a reader: as it stood when it was closed, what was put right afterwards below it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kivijalka.access import Actor, looking_back
from kivijalka.meetings.agenda import parts_of, words_of
from kivijalka.meetings.models import Decision, Entry, Item, Meeting
from kivijalka.register.doors.related import relate, together
from kivijalka.register.doors.values import in_words
from kivijalka.register.models import record_address
from kivijalka.register.registry import REGISTERS


@dataclass(frozen=True)
class Matter:
    """One item of the agenda, or what belongs to none: why it was taken up, what was said and decided."""

    item: Item | None
    decisions: list[Decision]
    entries: list[Entry]

    @property
    def heading(self) -> str:
        return f"{self.item.number}. {self.item.title}" if self.item else str(_("Other matters"))

    @property
    def why(self) -> str:
        return reason_of(self.item) if self.item else ""

    @property
    def address(self) -> str:
        return address_of(self.item) if self.item else ""


@dataclass(frozen=True)
class Minutes:
    """The whole of them: matters in their order, how many the reader may not see, and corrections."""

    meeting: Meeting
    matters: list[Matter]
    rest: Matter
    left_out: int
    corrections: list[Entry]

    @property
    def present(self) -> list[str]:
        return [name.strip() for name in self.meeting.present.splitlines() if name.strip()]


def reason_of(item: Item) -> str:
    """Why an item came to the agenda: "Risks: rose, 2 → 3"; "Actions: overdue, 1.11.2026"."""
    classes = f"{item.was[:1]} → {item.now[:1]}" if item.was and item.now else ""
    return ", ".join(filter(None, [words_of(item.why), classes, in_words(item.day) if item.day else ""]))


def address_of(item: Item) -> str:
    """The page of the record that an item is about."""
    register = REGISTERS.get(parts_of(item.why)[0])
    return record_address(register.path, item.record_id) if register and item.record_id else ""


def minutes_of(actor: Actor, meeting: Meeting) -> Minutes:
    """The minutes as this reader may know them."""
    entries = Entry.objects.seen().filter(meeting=meeting.pk).order_by("at", "id")
    said = [entry for entry in entries if not entry.is_correction]
    with _as_it_stood(actor, meeting), together():
        items = list(items_of(meeting))
        decisions = relate(decisions_of(meeting), ["owner"])
        relate([meeting], ["unit", "owner", "chair"])
        relate(said, ["writer"])
    late = relate((entry for entry in entries if entry.is_correction), ["writer"])

    def matter(item: Item | None) -> Matter:
        number = item.pk if item else None
        return Matter(
            item,
            [decision for decision in decisions if decision.item_id == number],
            [entry for entry in said if entry.item_id == number],
        )

    return Minutes(meeting, [matter(item) for item in items], matter(None), meeting.matters - len(items), late)


def items_of(meeting: Meeting) -> Any:
    """The agenda as far as the acting person sees it, in its order."""
    return Item.objects.seen().filter(meeting=meeting.pk, number__isnull=False).order_by("number", "id")


def decisions_of(meeting: Meeting) -> Any:
    """What was decided and not struck out, in its order."""
    found = Decision.objects.seen().filter(meeting=meeting.pk).exclude(state=Decision.State.STRUCK)
    return found.order_by("id")


def left_out_words(count: int) -> str:
    """How many items are not told."""
    return (
        ngettext(
            "%d item is left out: you may not see what it is about.",
            "%d items are left out: you may not see what they are about.",
            count,
        )
        % count
    )


def _as_it_stood(actor: Actor, meeting: Meeting) -> AbstractContextManager[Any]:
    """The moment at which a meeting was closed; of one that goes on, now."""
    return nullcontext() if meeting.closed_at is None else looking_back(actor, meeting.closed_at)
