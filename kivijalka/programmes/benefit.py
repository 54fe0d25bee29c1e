"""What a programme changes: the yearly loss of the risks that its actions treat, before, as expected, and as measured.

Nothing of it is typed. The baseline is the last assessment before the programme began (else the first one after); what is
expected follows from what its actions say that they take off; what is measured is the last assessment made since an action
of the programme that treats the risk was done and its effect measured. All levels are read by one policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import prod
from typing import Any
from uuid import UUID

from django.utils import timezone

from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.policy.scales import Scales
from kivijalka.programmes.losses import yearly
from kivijalka.programmes.models import Programme
from kivijalka.programmes.queries import gathered
from kivijalka.register.models import Link
from kivijalka.risks.models import Assessment, Risk


@dataclass(frozen=True)
class Change:
    """A risk: euros a year before the programme, as expected after it, and as measured. None: not known."""

    risk: Risk
    before: float
    expected: float | None
    measured: float | None


@dataclass(frozen=True)
class Benefit:
    """Risks whose loss before the programme is known; and how many are not assessed, and how many actions say no effect."""

    changes: list[Change]
    unassessed: int
    silent: int

    @property
    def before(self) -> float:
        return sum(change.before for change in self.changes)

    @property
    def expected(self) -> float:
        """Euros a year that the actions should take off."""
        return sum(one.before - one.expected for one in self.changes if one.expected is not None)

    @property
    def measured(self) -> float:
        """Euros a year that were taken off, of the risks whose change has been measured."""
        return sum(one.before - one.measured for one in self.changes if one.measured is not None)

    @property
    def risen(self) -> float:
        """The same where more is lost than before."""
        return -self.measured

    @property
    def measured_risks(self) -> int:
        return sum(one.measured is not None for one in self.changes)


def benefit(programme: Programme, scales: Scales) -> Benefit:
    """Within the reader's reach, of threats; four queries."""
    return benefits([(programme, list(gathered(programme)))], scales)[0]


def benefits(programmes: Sequence[tuple[Programme, Sequence[Action]]], scales: Scales) -> list[Benefit]:
    """The same of several, each with what it gathers; three queries."""
    treated = treated_by(list({row.pk for _programme, rows in programmes for row in rows}))
    risks = Risk.objects.seen().filter(sign=Risk.Sign.THREAT).in_bulk(list(treated))
    judged = judgements(list(risks))
    return [_benefit(programme, rows, treated, risks, judged, scales) for programme, rows in programmes]


def _benefit(
    programme: Programme,
    gathered: Sequence[Action],
    treated: Mapping[UUID, list[UUID]],
    risks: Mapping[UUID, Risk],
    judged: Mapping[UUID, list[Assessment]],
    scales: Scales,
) -> Benefit:
    actions = {row.pk: row for row in gathered if row.state != Action.State.CANCELLED}
    of = {key: [actions[pk] for pk in treated[key] if pk in actions] for key in risks}
    ours = [key for key, rows in of.items() if rows]
    changes = [change(risks[key], of[key], judged[key], programme.starts_on, scales) for key in ours if judged[key]]
    silent = sum(action.expected_cut is None for action in actions.values())
    return Benefit(sorted(changes, key=lambda one: (-one.before, str(one.risk.code))), len(ours) - len(changes), silent)


def treated_by(actions: list[UUID]) -> dict[UUID, list[UUID]]:
    """The risks that actions treat, each with those actions."""
    ties: Any = Link.objects.in_force(TREATS.kind).filter(a__in=actions, b_register="risk")
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for action, risk in ties.order_by("id").values_list("a", "b"):
        found[risk].append(action)
    return found


def judgements(risks: list[UUID]) -> dict[UUID, list[Assessment]]:
    """Assessments of the current risk, in the order of time."""
    found: dict[UUID, list[Assessment]] = defaultdict(list)
    rows = Assessment.objects.seen().filter(risk__in=risks, stage=Assessment.Stage.CURRENT)
    for row in rows.order_by("at", "id"):
        found[row.risk_id].append(row)
    return found


def change(risk: Risk, actions: list[Action], judged: list[Assessment], begun: date, scales: Scales) -> Change:
    """What the actions of a programme that began on a day change of one risk."""
    earlier = [one for one in judged if timezone.localdate(one.at) <= begun]
    before = yearly(scales, earlier[-1] if earlier else judged[0])
    cuts = [action.expected_cut for action in actions if action.expected_cut is not None]
    expected = before * prod(1 - cut / 100 for cut in cuts) if cuts else None
    since = since_measured(actions, judged)
    return Change(risk, before, expected, yearly(scales, since) if since else None)


def since_measured(actions: list[Action], judged: list[Assessment]) -> Assessment | None:
    """The last assessment since one of the actions that treat a risk was done, and its effect measured. None: there is none."""
    done = [action.completed_on for action in actions if action.state in Action.MEASURED and action.completed_on]
    since = [one for one in judged if done and timezone.localdate(one.at) >= min(done)]
    return since[-1] if since else None
