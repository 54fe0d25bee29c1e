"""What comes before a meeting: what rose, fell, came or went since the last one, and what each register's views marked for
an agenda find. Two moments are compared, and one query asks all registers, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, DateField, F, OuterRef, QuerySet, Subquery, Value, Window
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.meetings.models import Meeting
from kivijalka.policy.models import PolicyVersion
from kivijalka.register.declare import Register, View
from kivijalka.register.doors.compare import Moved, moved
from kivijalka.register.doors.filters import SpansBelow, let_through, within
from kivijalka.register.models import Node
from kivijalka.register.registry import REGISTERS, register_of

# So many of each section are proposed; all are counted, and the section leads to its list.
MOST = 10
# How far back a unit's first meeting looks.
FIRST_LOOK = timedelta(days=90)
# What became of a class, or of being there at all, by the attribute of `Moved`.
MOVES = {"rose": _("Rose"), "came": _("New"), "fell": _("Fell"), "left": _("Closed")}
NEW_POLICY = "new"
Found = tuple[UUID, date | None, int, str, str]  # its id and day, how many there are, its classes then and now


@dataclass(frozen=True)
class Proposal:
    """A record that is proposed: from which section, by which day, its classes then and now."""

    node: Node
    why: str
    day: date | None
    was: str
    now: str


@dataclass(frozen=True)
class Section:
    """What is proposed for one reason, how many there are of it, and the query of its list."""

    why: str
    count: int
    proposals: list[Proposal]

    @property
    def register(self) -> Register[Any]:
        return REGISTERS[parts_of(self.why)[0]]

    @property
    def words(self) -> Any:
        return words_of(self.why)

    @property
    def query(self) -> str:
        """What stands in the address of the list that the section shows the beginning of; of a move there is none."""
        return next((view.query for view in self.register.views if view.key == parts_of(self.why)[1]), "")


def parts_of(why: str) -> tuple[str, str]:
    """The register that a section is of, and which of its views, or what became of a class: "risk.rose"."""
    key, _dot, name = why.partition(".")
    return key, name


def words_of(why: str) -> str:
    """What a section is called: "Risks: rose"."""
    key, name = parts_of(why)
    register = REGISTERS.get(key)
    if register is None:
        return ""
    names = (
        {view.key: view.name for view in register.views} | MOVES | {NEW_POLICY: _("In force since the last meeting")}
    )
    called = str(names.get(name, ""))
    return f"{register.names[1]}: {called[:1].lower()}{called[1:]}" if called else str(register.names[0])


def placed(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """Meetings with the spans of numbers of their unit and all below it, and when their unit's meeting before them was closed."""
    before = Meeting.objects.seen().filter(unit=OuterRef("unit"), state=Meeting.State.CLOSED, day__lte=OuterRef("day"))
    last = before.exclude(pk=OuterRef("pk")).order_by("-closed_at").values("closed_at")[:1]
    return meetings.annotate(below=SpansBelow("unit_id"), last_closed=Subquery(last))


def since(meeting: Any) -> datetime:
    """From when on a placed meeting looks at what changed."""
    found: datetime = meeting.last_closed or timezone.now() - FIRST_LOOK
    return found


def proposals(actor: Actor, meeting: Meeting) -> list[Section]:
    """What the acting person would put on the agenda, by section; each record once, under the first reason."""
    placed_one = meeting if hasattr(meeting, "below") else placed(Meeting.objects.seen().filter(pk=meeting.pk)).get()
    return sections(actor, placed_one)


def sections(actor: Actor, meeting: Any, besides: Sequence[UUID | None] = ()) -> list[Section]:
    """The same of a placed meeting, without some records."""
    found = {**_moves(actor, meeting), **_of_views(meeting)}
    nodes = Node.objects.in_bulk([one[0] for several in found.values() for one in several])
    taken, made = set(besides), []
    for why, several in found.items():
        new = []
        for pk, day, _count, was, now in several:
            if pk in nodes and pk not in taken:
                taken.add(pk)
                new.append(Proposal(nodes[pk], why, day, was, now))
        if new:
            made.append(Section(why, several[0][2], new))
    return made


def record_by_code(words: str) -> Node | None:
    """The record whose code these words are, within reach."""
    return Node.objects.filter(code=words.strip().upper()).first()


def _moves(actor: Actor, meeting: Any) -> dict[str, list[Found]]:
    """What became of the classes of each register that has some; what was open then and is not any more, has left."""
    made: dict[str, list[Found]] = {}
    for key, register in REGISTERS.items():
        if register.badges:
            asked = moved(register, actor, partial(_open_below, register, meeting), since(meeting))
            for name in MOVES:
                made[f"{key}.{name}"] = _worst(asked, name)
    return made


def _open_below(register: Register[Any], meeting: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = register.model.objects.seen().filter(~register.over, within("unit_id", meeting.below))
    return found


def _worst(asked: Moved, name: str) -> list[Found]:
    """The highest classes first, then the newest."""
    ids, nothing = list(getattr(asked, name)), (0, "")
    found = [(pk, asked.before.get(pk, nothing)[1], asked.after.get(pk, nothing)[1]) for pk in ids]
    found.sort(key=lambda one: (one[2] or one[1], one[0]), reverse=True)
    return [(pk, None, len(ids), was, now) for pk, was, now in found[:MOST]]


def _of_views(meeting: Any) -> dict[str, list[Found]]:
    """What the marked views find at the unit and below it, in one query; and policies that came in force."""
    asked = list(_asked(meeting))
    first, *others = (rows.annotate(place=Value(place)).values_list("pk", "place", "day_on", "of")[:MOST]
                      for place, (_why, rows) in enumerate(asked))  # fmt: skip
    made: dict[str, list[Found]] = {why: [] for why, _rows in asked}
    for pk, place, day, count in first.union(*others, all=True):
        made[asked[place][0]].append((pk, day, count, "", ""))
    return {why: sorted(found, key=lambda one: (one[1] is None, one[1] or date.max)) for why, found in made.items()}


def _asked(meeting: Any) -> Iterator[tuple[str, QuerySet[Any]]]:
    policies = PolicyVersion.objects.seen().exclude(state=PolicyVersion.State.DRAFT)
    new = policies.filter(valid_from__gt=timezone.localdate(since(meeting)), valid_from__lte=timezone.localdate())
    yield f"{register_of(PolicyVersion).key}.{NEW_POLICY}", _by_day(new, "valid_from", ())
    for register in REGISTERS.values():
        for view in register.views:
            if view.agenda:
                rows = let_through(register, QueryDict(view.query), register.model.objects.offered())
                of_unit = rows.filter(within(register.model.unit_column, meeting.below))
                yield f"{register.key}.{view.key}", _by_day(of_unit, _day_of(register, view), sorted(register.badges))


def _by_day(rows: QuerySet[Any], day: str, badges: Sequence[str]) -> QuerySet[Any]:
    """The earliest first; without a day the highest class; and how many there are."""
    on = Cast(F(day) if day else Value(None), DateField())
    order = ["day_on"] if day else [f"-{badge}" for badge in badges]
    found: QuerySet[Any] = rows.annotate(day_on=on, of=Window(Count("*"))).order_by(*order, "id")
    return found


def _day_of(register: Register[Any], view: View) -> str:
    """The day that a view asks about: `due` of "due_lt=today"."""
    names = (name.rpartition("_")[0] for name in QueryDict(view.query) if name.endswith(("_lt", "_gte")))
    return next((name for name in names if isinstance(register.field(name), DateField)), "")
