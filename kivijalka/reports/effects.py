"""What actions were expected to change, and what was measured: of a unit, of those right below it, and one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.organisation.below import Line, Tree, lines_of
from kivijalka.register.models import Link
from kivijalka.risks.models import Assessment, Risk, level_badge, level_in_words

State, Stage = Action.State, Assessment.Stage
DONE = (State.DONE, *Action.MEASURED)
SHOWN = 20
COLUMNS = (_("Done"), _("Effect asked for"), _("Effect measured"), _("Effect as expected"))


def filters(day: date) -> list[dict[str, Any]]:
    """What a list is asked to show what each column counts."""
    return [
        {"state": DONE},
        {"state": DONE, "effect_asked_on_lt": (day + timedelta(days=1)).isoformat()},
        {"state": Action.MEASURED},
        {"state": State.EFFECT_CONFIRMED},
    ]


@dataclass
class Effects:
    """How many actions were done, of how many of those the effect was asked for, measured, and as it should be."""

    done: int = 0
    asked: int = 0
    measured: int = 0
    reached: int = 0

    def add(self, done: int, asked: int, measured: int, reached: int) -> None:
        self.done += done
        self.asked += asked
        self.measured += measured
        self.reached += reached


@dataclass(frozen=True)
class Class:
    """A class of a risk: in words, and what it is coloured by."""

    words: str
    badge: str


@dataclass(frozen=True)
class Step:
    """A risk that an action treats: its class before the action was done, the one aimed at, and the one judged since."""

    risk: Risk
    before: Class | None
    expected: Class | None
    since: Class | None

    @property
    def classes(self) -> tuple[Class | None, Class | None, Class | None]:
        return self.before, self.expected, self.since


@dataclass(frozen=True)
class Measured:
    """An action whose effect was measured, and the risks that it treats."""

    action: Action
    steps: list[Step]


def effects(actions: QuerySet[Action], tree: Tree, day: date) -> list[Line[Effects]]:
    """A line for each unit below, one for the unit itself where something was done at it, and one for all; one query."""
    is_measured = Q(state__in=Action.MEASURED)
    found = actions.filter(state__in=DONE).order_by().values_list("unit_id").annotate(
        done=Count("*"),
        asked=Count("id", filter=Q(effect_asked_on__lte=day)),
        measured=Count("id", filter=is_measured),
        reached=Count("id", filter=Q(state=State.EFFECT_CONFIRMED)),
    )  # fmt: skip
    return lines_of(tree, ((number, numbers) for number, *numbers in found), Effects, lambda e, n: e.add(*n))


def measured(actions: QuerySet[Action]) -> list[Measured]:
    """The actions measured last, each with the risks that it treats as far as they are seen; four queries."""
    rows = list(actions.filter(state__in=Action.MEASURED).order_by("-effect_measured_on", "-id")[:SHOWN])
    ties: Any = Link.objects.in_force(TREATS.kind).filter(a__in=[row.pk for row in rows])
    treated: dict[UUID, list[UUID]] = defaultdict(list)
    for action, risk in ties.filter(b_register="risk").order_by("b").values_list("a", "b"):
        treated[action].append(risk)
    risks = Risk.objects.seen().in_bulk({risk for several in treated.values() for risk in several})
    judged = _judged(risks)
    return [Measured(row, [_step(row, risks[pk], judged[pk]) for pk in treated[row.pk] if pk in risks]) for row in rows]


def _judged(risks: Iterable[UUID]) -> dict[UUID, list[tuple[datetime, str, str]]]:
    found: dict[UUID, list[tuple[datetime, str, str]]] = defaultdict(list)
    rows = Assessment.objects.seen().filter(risk__in=list(risks)).order_by("at", "id")
    for risk, *judgement in rows.values_list("risk_id", "at", "stage", "level"):
        found[risk].append((judgement[0], judgement[1], judgement[2]))
    return found


def _step(action: Action, risk: Risk, judged: list[tuple[datetime, str, str]]) -> Step:
    """Assessments are read in the order of time: the last before the action was done, the last since."""
    before = expected = since = None
    for at, stage, level in judged:
        if stage == Stage.TARGET:
            expected = level
        elif stage == Stage.CURRENT and timezone.localdate(at) < (action.completed_on or date.max):
            before = level
        elif stage == Stage.CURRENT:
            since = level

    def told(level: str | None) -> Class | None:
        return Class(level_in_words(risk.sign, level), level_badge(risk.sign, level)) if level else None

    return Step(risk, told(before), told(expected), told(since))
