"""How the programmes of a unit go: for pages and reports that tell of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from kivijalka.policy.queries import policy_known
from kivijalka.programmes.benefit import Benefit, benefits
from kivijalka.programmes.models import Programme
from kivijalka.programmes.money import Shares, shares_of
from kivijalka.programmes.progress import Goal, Progress, goals_of, progress_of

OPEN = (Programme.State.PLANNED, Programme.State.RUNNING)


@dataclass(frozen=True)
class Standing:
    """A programme that is not ended, and how it stands. `benefit` is None where no risk policy is in force."""

    programme: Programme
    progress: Progress
    benefit: Benefit | None = None

    @property
    def slips(self) -> list[Goal]:
        """Its milestones that are late, were moved, or wait for a late one."""
        return [goal for goal in self.progress.goals if goal.slips or goal.held_up_by]


@dataclass(frozen=True)
class All:
    """All of them, the next to end first, and the money that each priority gets; and those that ended lately, the latest
    first."""

    rows: list[Standing]
    shares: Shares
    ended: list[Programme]

    @property
    def counts(self) -> dict[str, int]:
        """Their milestones summed up."""
        return summed(self.rows)

    @property
    def slips(self) -> list[tuple[Goal, Programme]]:
        """What slips in any of them, the longest overdue first."""
        found = [(goal, row.programme) for row in self.rows for goal in row.slips]
        return sorted(found, key=lambda one: (one[0].milestone.due, str(one[0].milestone.code)))

    @property
    def done(self) -> Decimal:
        """Euros of what is done, an action once."""
        return sum((row.actions.done for row in self.shares.rows), Decimal(0))


def summed(rows: Sequence[Standing]) -> dict[str, int]:
    """How many milestones several programmes have, how many are reached, late, moved, held up."""
    counts = [row.progress.counts for row in rows]
    return {name: sum(each[name] for each in counts) for name in counts[0]} if counts else {}


def standings(programmes: QuerySet[Any], day: date) -> list[Standing]:
    """Programmes that are not ended with their milestones, the next to end first; three queries."""
    rows = list(programmes.filter(state__in=OPEN).order_by("ends_on", "code"))
    goals = goals_of([row.pk for row in rows], day)
    return [Standing(row, goals[row.pk]) for row in rows]


def all_of(programmes: QuerySet[Any], day: date, since: date) -> All:
    """The same with what milestones need, money and benefit; and those that ended after `since`. Nine queries."""
    ended = Q(state=Programme.State.CLOSED, closed_on__gt=since, closed_on__lte=day)
    found = list(programmes.filter(Q(state__in=OPEN) | ended).order_by("ends_on", "code"))
    rows = [row for row in found if row.state in OPEN]
    progress = progress_of([row.pk for row in rows], day)
    policy = policy_known(day)
    gathered = [(row, progress.of[row.pk].actions) for row in rows]
    gains: Sequence[Benefit | None] = benefits(gathered, policy.scales) if policy else [None] * len(rows)
    listed = [Standing(row, progress.of[row.pk], gain) for row, gain in zip(rows, gains, strict=True)]
    over = sorted((row for row in found if row.state not in OPEN), key=lambda row: row.closed_on, reverse=True)
    return All(listed, shares_of(rows, progress.gathered, day), over)
