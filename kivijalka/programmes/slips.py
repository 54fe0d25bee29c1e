"""What slips: milestones that are late or were moved, and those that wait for a late one, over all programmes in reach."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kivijalka.programmes.models import Milestone, Programme
from kivijalka.programmes.progress import Goal
from kivijalka.programmes.queries import NEEDS, held_up, slipping
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Link

MOST = 100


@dataclass(frozen=True)
class Slip:
    """A milestone with what it needs, and the programme of each, as far as they are seen."""

    goal: Goal
    programme: Programme | None
    holding: list[tuple[Milestone, Programme | None]]


def slips(rows: QuerySet[Any], day: date) -> list[Slip]:
    """The longest overdue first; six queries."""
    shown = list(rows.filter(slipping(day) | held_up(day)).order_by("due", "id")[: MOST + 1])
    ties: Any = Link.objects.in_force(NEEDS.kind).filter(a__in=[row.pk for row in shown])
    needs: dict[UUID, list[UUID]] = defaultdict(list)
    for a, b in ties.order_by("id").values_list("a", "b"):
        needs[a].append(b)
    others = Milestone.objects.seen().in_bulk({b for several in needs.values() for b in several})
    streams = relate([*shown, *others.values()], ["workstream"])
    relate([one for one in {row.workstream for row in streams} if one is not None], ["programme"])
    return [_slip(row, [others[b] for b in needs[row.pk] if b in others], day) for row in shown]


def _slip(row: Milestone, needs: list[Milestone], day: date) -> Slip:
    goal = Goal(row, day, tuple(needs))
    return Slip(goal, _programme(row), [(one, _programme(one)) for one in goal.held_up_by])


def _programme(row: Milestone) -> Programme | None:
    """None where the reader does not see the workstream, or its programme."""
    return row.workstream.programme if row.workstream else None
