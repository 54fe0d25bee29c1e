"""The share of the money that each priority of the strategy truly gets, against what was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kivijalka.actions.models import Action
from kivijalka.programmes.models import Priority, Programme, Workstream
from kivijalka.programmes.progress import Money
from kivijalka.programmes.queries import GATHERS
from kivijalka.register.models import Link


@dataclass
class Given:
    """A priority with the programmes that serve it: their budgets, and the cost of their actions. None: none is named; or
    those that are, the reader does not see (`is_hidden`)."""

    priority: Priority | None
    is_hidden: bool = False
    programmes: int = 0
    budget: Decimal = Decimal(0)
    actions: Money = field(default_factory=Money)


@dataclass(frozen=True)
class Shares:
    """All of them, and their sums."""

    rows: list[Given]

    @property
    def budget(self) -> Decimal:
        return sum((row.budget for row in self.rows), Decimal(0))

    @property
    def cost(self) -> Decimal:
        return sum((row.actions.planned for row in self.rows), Decimal(0))

    @property
    def told(self) -> list[tuple[Given, float | None, float | None]]:
        """Each with its share of the budgets and of the costs, in percent. None: there is no money to share."""
        return [(row, _share(row.budget, self.budget), _share(row.actions.planned, self.cost)) for row in self.rows]


def shares(programmes: QuerySet[Programme], day: date) -> Shares:
    """Of programmes that are not ended, by the priorities in force on a day, and those that they serve; five queries."""
    listed = list(programmes.exclude(state=Programme.State.CLOSED).order_by("code"))
    return shares_of(listed, _actions([one.pk for one in listed]), day)


def shares_of(listed: Sequence[Programme], gathered: Iterable[tuple[Action, UUID]], day: date) -> Shares:
    """The same of programmes, and of actions each with the programme that it counts with; one query."""
    in_force = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    served = Q(pk__in={one.priority_id for one in listed} - {None})
    priorities = Priority.objects.seen().filter(in_force | served).order_by("number", "code")
    rows: dict[UUID | None, Given] = {row.pk: Given(row) for row in priorities}
    none, hidden = Given(None), Given(None, is_hidden=True)
    of: dict[UUID, Given] = {}
    for one in listed:
        given = of[one.pk] = rows.get(one.priority_id, hidden) if one.priority_id else none
        given.programmes += 1
        given.budget += one.budget_eur or 0
    for action, programme in gathered:
        of[programme].actions.add(action)
    return Shares([*rows.values(), *(row for row in (hidden, none) if row.programmes)])


def _actions(programmes: list[UUID]) -> list[tuple[Action, UUID]]:
    """The actions that programmes gather, each once, with the first that gathers it."""
    streams = dict(Workstream.objects.seen().filter(programme__in=programmes).values_list("pk", "programme"))
    ties: Any = Link.objects.in_force(GATHERS.kind).filter(a__in=list(streams))
    of: dict[UUID, UUID] = defaultdict()
    for stream, action in ties.order_by("id").values_list("a", "b"):
        of.setdefault(action, streams[stream])
    return [(row, of[row.pk]) for row in Action.objects.seen().filter(pk__in=list(of))]


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(100 * part / whole) if whole else None
