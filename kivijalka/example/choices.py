"""Choices among actions: one that was decided on last year, whose actions are measured by now, and one to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from kivijalka.engine import LogUniform
from kivijalka.engine import choice as engine
from kivijalka.example.rows import sized
from kivijalka.example.shape import ActionVersion, Assessment, Entry
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream
from kivijalka.example.world import Chronicle
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales
from kivijalka.policy.scales import DIMENSIONS, Scales
from kivijalka.programmes.choosing import Asked, answered

DECIDED, MOST_MEASURED, MOST_OTHERS = 250, 12, 8
BUDGET_SHARE = 0.3
MINUTE = timedelta(minutes=1)
MEASURED = ("effect_confirmed", "no_effect")


class Candidate(NamedTuple):
    """An action with the risk that it treats, that risk's yearly loss at the decision, and what is left of it."""

    action: ActionVersion
    risk: UUID
    loss: float
    keep: float


def choices(stream: Stream, staff: Staff, today: date, chronicle: Chronicle) -> list[Entry]:
    """Both of them, of the same seed the same."""
    book = _Book(stream, staff, today, chronicle)
    book.decided(staff.tree.root.unit.number)
    book.open(staff.tree.root.unit.number)
    return book.entries


class _Book:
    def __init__(self, stream: Stream, staff: Staff, today: date, chronicle: Chronicle) -> None:
        self.stream, self.staff, self.today = stream, staff, today
        self.day = today - timedelta(days=DECIDED)
        self.words = table("programmes")["choice"]
        self.entries: list[Entry] = []
        self.serial = 0
        self.last: dict[UUID, ActionVersion] = {}
        self.then: dict[UUID, ActionVersion] = {}
        for version in chronicle.actions:
            self.last[version.id] = version
            if version.at.date() < self.day:
                self.then[version.id] = version
        self.losses = _losses(chronicle.assessments, self.day, read_scales(example_content()))
        threats = {version.id for version in chronicle.risks if version.sign == "threat"}
        self.treats = {
            link.a: link.b
            for link in chronicle.links
            if link.kind == "treats" and link.b in threats and link.at.date() < self.day
        }

    def measured_later(self, unit: int) -> list[Candidate]:
        """Actions that were planned at the unit or below on the day, and have been measured since."""
        return [one for one in self._planned(unit) if self.last[one.action.id].state in MEASURED][:MOST_MEASURED]

    def _planned(self, unit: int) -> list[Candidate]:
        found = []
        for key, action in self.then.items():
            risk, size = self.treats.get(key), sized(action)
            there = unit in self.staff.tree.upwards[action.unit] and action.state == "planned"
            if there and risk in self.losses and size["expected_cut"] and size["work_days"]:
                found.append(Candidate(action, risk, self.losses[risk], 1 - size["expected_cut"] / 100))
        return sorted(
            found, key=lambda one: (-one.loss * (1 - one.keep) / (1 + (one.action.cost_eur or 0)), one.action.id)
        )

    def decided(self, unit: int) -> None:
        """The best set of the day, with what it promised."""
        later = self.measured_later(unit)
        known = {one.action.id for one in later}
        others = [one for one in self._planned(unit) if one.action.id not in known]
        candidates = [*later, *others[:MOST_OTHERS]]
        budget = int(sum(one.action.cost_eur or 0 for one in candidates) * BUDGET_SHARE) // 1000 * 1000
        draft = self._choice(unit, self.day - timedelta(days=6), self.words["decided"], budget)
        at, by = self.stream.moment(self.day, draft.at), self.staff.head(unit, self.day)
        found = answered(_asked(candidates, budget))
        for pk, is_taken, worth, why, other, cost, days in found["lines"]:
            values = {
                "choice_id": draft.id, "action_id": UUID(pk), "is_taken": is_taken, "cost_eur": cost, "work_days": days,
                "worth_eur": worth, "why": str(why), "other_id": UUID(other) if other else None,
            }  # fmt: skip
            self._part("chosenaction", at, by, values)
        for risk, before, promised in found["risks"]:
            money = {"before_eur": before, "promised_eur": promised}
            self._part("chosenrisk", at, by, {"choice_id": draft.id, "risk_id": UUID(risk), **money})
        over = {
            "state": "decided", "decided_by_id": by, "decided_on": at.date(), "gap_percent": round(100 * found["gap"], 4),
            "decision_reason": self.words["reason"],
        }  # fmt: skip
        values = {**draft.values, **over}
        self.entries.append(replace(draft, at=at + MINUTE, command="decide", by=by, values=values))

    def open(self, unit: int) -> None:
        """One that waits to be worked out."""
        planned = (action.cost_eur or 0 for action in self.last.values() if action.state == "planned")
        budget = int(sum(planned) * BUDGET_SHARE) // 1000 * 1000
        self._choice(unit, self.today - timedelta(days=9), self.words["open"], budget)

    def _choice(self, unit: int, day: date, title: str, budget: int) -> Entry:
        self.serial += 1
        at, owner = self.stream.moment(day), self.staff.head(unit, self.today)
        values = {
            "unit_id": unit, "serial": self.serial, "owner_id": owner, "title": title, "description": "",
            "budget_eur": budget, "budget_days": None, "state": "draft", "decided_by_id": None, "decided_on": None,
            "decision_reason": "", "gap_percent": None,
        }  # fmt: skip
        made = Entry("choice", self.stream.uuid7(at), at, "add", self.staff.head(unit, day), values)
        self.entries.append(made)
        return made

    def _part(self, name: str, at: datetime, by: UUID, values: Mapping[str, object]) -> None:
        self.entries.append(Entry(name, self.stream.uuid7(at), at, "decide", by, dict(values)))


class _Size(NamedTuple):
    """An action as a choice weighs it."""

    pk: UUID
    cost_eur: int
    work_days: int | None


def _asked(candidates: Sequence[Candidate], budget: int) -> Asked:
    """The question of the day, as the engine is asked any choice."""
    losses = {one.risk: one.loss for one in candidates}
    place = {risk: i for i, risk in enumerate(losses)}
    actions = [engine.Action((float(one.action.cost_eur or 0),), {place[one.risk]: one.keep}) for one in candidates]
    sizes: Any = [_Size(one.action.id, one.action.cost_eur or 0, sized(one.action)["work_days"]) for one in candidates]
    problem = engine.Problem(np.array(list(losses.values())), actions, (float(budget),))
    return Asked(problem, sizes, list(losses))


def _losses(assessments: Iterable[Assessment], day: date, scales: Scales) -> dict[UUID, float]:
    """The yearly loss of each risk by its last assessment before a day."""
    last = {one.risk: one for one in assessments if one.stage == "current" and one.at.date() < day}
    return {risk: _yearly(one, scales) for risk, one in last.items()}


def _yearly(one: Assessment, scales: Scales) -> float:
    often = scales.likelihood[one.likelihood - 1]
    levels: Sequence[tuple[str, int | None]] = [(name, getattr(one, name)) for name in DIMENSIONS]
    steps = [scales.dimension(name).levels[level - 1] for name, level in levels if level]
    dear = LogUniform(sum(step.low for step in steps), sum(step.high for step in steps))
    return LogUniform(often.low, often.high).mean * dear.mean
