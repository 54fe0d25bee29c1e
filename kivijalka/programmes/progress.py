"""How a programme stands: its milestones by workstream, what holds them up, its actions and its money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q

from kivijalka.actions.models import Action
from kivijalka.programmes.models import Milestone, Programme, Workstream
from kivijalka.programmes.queries import GATHERS, NEEDS
from kivijalka.register.models import Link

OPEN = Milestone.State.OPEN


@dataclass(frozen=True)
class Goal:
    """A milestone on a day: which others it needs, and which of them hold it up."""

    milestone: Milestone
    day: date
    needs: tuple[Milestone, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.milestone.state == OPEN

    @property
    def late_days(self) -> int:
        """How many days it is past its day."""
        return max(0, (self.day - self.milestone.due).days) if self.is_open else 0

    @property
    def moved_days(self) -> int:
        """How many days later it is due than was first agreed on."""
        return max(0, self.milestone.slipped_days or 0)

    @property
    def slips(self) -> bool:
        return self.is_open and bool(self.late_days or self.moved_days)

    @property
    def held_up_by(self) -> list[Milestone]:
        """Those that it needs which are past their day, or due only after it."""
        waits = (one for one in self.needs if one.state == OPEN)
        return [one for one in waits if one.due < self.day or one.due > self.milestone.due] if self.is_open else []


@dataclass
class Money:
    """Euros of actions: of all that were not cancelled, and of those done; and how many say no cost."""

    planned: Decimal = Decimal(0)
    done: Decimal = Decimal(0)
    without: int = 0

    def add(self, action: Action) -> None:
        if action.state == Action.State.CANCELLED:
            return
        if action.cost_eur is None:
            self.without += 1
            return
        self.planned += action.cost_eur
        if action.state not in Action.OPEN:
            self.done += action.cost_eur


@dataclass
class Stream:
    """A workstream with its milestones and actions."""

    workstream: Workstream
    goals: list[Goal] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def late_actions(self, day: date) -> int:
        return sum(action.state in Action.OPEN and action.due < day for action in self.actions)

    @property
    def open_actions(self) -> int:
        return sum(action.state in Action.OPEN for action in self.actions)


@dataclass(frozen=True)
class Progress:
    """How a programme stands on a day, within the reader's reach."""

    streams: list[Stream]
    # Milestones of other programmes that need one of this.
    awaited_by: list[tuple[Milestone, Milestone]] = field(default_factory=list)

    @property
    def actions(self) -> list[Action]:
        """All that its workstreams gather, each once."""
        return list({action.pk: action for stream in self.streams for action in stream.actions}.values())

    @cached_property
    def money(self) -> Money:
        money = Money()
        for action in self.actions:
            money.add(action)
        return money

    @property
    def goals(self) -> list[Goal]:
        return [goal for stream in self.streams for goal in stream.goals]

    @property
    def counts(self) -> dict[str, int]:
        goals = [goal for goal in self.goals if goal.milestone.state != Milestone.State.GIVEN_UP]
        return {
            "of": len(goals),
            "reached": sum(goal.milestone.state == Milestone.State.REACHED for goal in goals),
            "late": sum(goal.late_days > 0 for goal in goals),
            "moved": sum(goal.is_open and goal.moved_days > 0 for goal in goals),
            "held_up": sum(bool(goal.held_up_by) for goal in goals),
        }


@dataclass(frozen=True)
class Several:
    """How several programmes stand, by their keys; and each action that they gather, with the first that does."""

    of: dict[UUID, Progress]
    gathered: list[tuple[Action, UUID]]


def progress(programme: Programme, day: date) -> Progress:
    """Four queries, however much the programme gathers."""
    return progress_of([programme.pk], day).of[programme.pk]


def progress_of(programmes: list[UUID], day: date) -> Several:
    """The same of several, in as many queries."""
    streams = _streams(programmes)
    gathers, needs = _ties(list(streams))
    milestones = _milestones(list(streams), needs)
    needs = [(a, b) for a, b in needs if a in milestones and b in milestones]
    _give_goals(streams, milestones.values(), needs, day)
    actions = _give_actions(streams, gathers)
    of: dict[UUID, UUID] = {}
    for stream, action in gathers:
        of.setdefault(action, streams[stream].workstream.programme_id)
    found = _by_programme(programmes, streams)
    for a, b in needs:
        away, ours = streams.get(milestones[a].workstream_id), streams.get(milestones[b].workstream_id)
        if ours and (away is None or away.workstream.programme_id != ours.workstream.programme_id):
            found[ours.workstream.programme_id].awaited_by.append((milestones[a], milestones[b]))
    return Several(found, [(action, of[action.pk]) for action in actions])


def goals_of(programmes: list[UUID], day: date) -> dict[UUID, Progress]:
    """Their milestones alone, not what these need nor what is gathered; two queries."""
    streams = _streams(programmes)
    rows = Milestone.objects.seen().filter(workstream__in=list(streams)).order_by("due", "code")
    _give_goals(streams, rows, [], day)
    return _by_programme(programmes, streams)


def _streams(programmes: list[UUID]) -> dict[UUID, Stream]:
    rows = Workstream.objects.seen().filter(programme__in=programmes).order_by("code")
    return {row.pk: Stream(row) for row in rows}


def _by_programme(programmes: list[UUID], streams: dict[UUID, Stream]) -> dict[UUID, Progress]:
    found = {pk: Progress([]) for pk in programmes}
    for stream in streams.values():
        found[stream.workstream.programme_id].streams.append(stream)
    return found


def _give_goals(
    streams: dict[UUID, Stream], milestones: Iterable[Milestone], needs: list[tuple[UUID, UUID]], day: date
) -> None:
    """Give each workstream its milestones, each of these what it needs."""
    known = {one.pk: one for one in milestones}
    needed: dict[UUID, list[Milestone]] = defaultdict(list)
    for a, b in needs:
        needed[a].append(known[b])
    for one in known.values():
        if one.workstream_id in streams:
            goal = Goal(one, day, tuple(sorted(needed[one.pk], key=lambda other: (other.due, str(other.code)))))
            streams[one.workstream_id].goals.append(goal)


def _ties(streams: list[UUID]) -> tuple[list[tuple[UUID, UUID]], list[tuple[UUID, UUID]]]:
    """What the workstreams gather, and what their milestones need or are needed by."""
    ours = Milestone.objects.filter(workstream__in=streams).values("pk")
    rule = Q(kind=GATHERS.kind, a__in=streams) | Q(Q(a__in=ours) | Q(b__in=ours), kind=NEEDS.kind)
    rows: Iterable[Any] = Link.objects.in_force().filter(rule).order_by("id").values_list("kind", "a", "b")
    listed: dict[str, list[tuple[UUID, UUID]]] = {GATHERS.kind: [], NEEDS.kind: []}
    for kind, a, b in rows:
        listed[kind].append((a, b))
    return listed[GATHERS.kind], listed[NEEDS.kind]


def _milestones(streams: list[UUID], needs: list[tuple[UUID, UUID]]) -> dict[UUID, Milestone]:
    ends = {end for pair in needs for end in pair}
    rows = Milestone.objects.seen().filter(Q(workstream__in=streams) | Q(pk__in=ends))
    return {row.pk: row for row in rows.order_by("due", "code")}


def _give_actions(streams: dict[UUID, Stream], gathers: list[tuple[UUID, UUID]]) -> list[Action]:
    """Give each workstream its actions; all of them, each once."""
    actions = list(Action.objects.seen().filter(pk__in={b for _a, b in gathers}).order_by("due", "code"))
    of: dict[UUID, list[UUID]] = defaultdict(list)
    for stream, action in gathers:
        of[action].append(stream)
    for action in actions:
        for stream in of[action.pk]:
            streams[stream].actions.append(action)
    return actions
