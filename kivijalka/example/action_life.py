"""The life of an action: decided, started, postponed, done, its effect measured, and each version of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kivijalka.example.courses import Course
from kivijalka.example.policy import EFFECT_CHECK_DAYS
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import ActionCommand, ActionVersion, Language, Link
from kivijalka.example.texts import ActionWording
from kivijalka.example.world import NOT_YET, World

MEASURES: dict[Language, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "fi": (
        ("share", ("osuus", "prosent", "kattavuus")),
        ("time", ("aika", "minuut")),
        ("count", ("määrä", "ilmoitukset")),
    ),
    "sv": (("share", ("andel", "procent")), ("time", ("tid", "minut")), ("count", ("antal",))),
    "en": (
        ("share", ("share", "per cent", "coverage")),
        ("time", ("time", "minutes")),
        ("count", ("number", "reported")),
    ),
}


class ActionLife:
    """One action that treats a risk."""

    def __init__(self, world: World, risk: RiskLife, number: int, wording: ActionWording, days: Course) -> None:
        self.world, self.risk, self.number, self.wording, self.days = world, risk, number, wording, days
        self.id = NOT_YET
        self.fields: dict[str, Any] = {}
        self.waiting_progress = [share for _, share in days.progress]
        self.waiting_due = [due for _, due in days.postponed]

    def record(self, at: datetime, command: ActionCommand, by: UUID, **changed: object) -> None:
        self.fields |= changed
        self.world.chronicle.actions.append(ActionVersion(id=self.id, at=at, command=command, by=by, **self.fields))

    def by_owner(self, at: datetime, command: ActionCommand, **changed: object) -> None:
        self.record(at, command, self.world.acting(self.fields["owner"], self.risk.unit, at.date()), **changed)

    def add(self, at: datetime) -> None:
        world, stream = self.world, self.world.stream
        self.id = stream.uuid7(at)
        by = self.risk.actor(at)
        self.fields = self._first_fields(self._owner(at))
        self.record(at, "add", by)
        world.chronicle.links.append(Link(stream.uuid7(at), "treats", self.id, self.risk.id, at, by))

    def _owner(self, at: datetime) -> UUID:
        """The owner of the risk if there until today, else somebody of the unit who is."""
        world, plan, day = self.world, self.risk.plan, at.date()
        last = world.day(plan.limit)
        owner: UUID | None = self.risk.fields["owner"]
        if owner is not None and world.staff.ends[owner] > last and world.stream.happens(0.5):
            return owner
        return world.staff.member(world.stream, self.risk.unit, day, last, plan.language)

    def _first_fields(self, owner: UUID) -> dict[str, Any]:
        stream, chosen, wording = self.world.stream, self.risk.plan.chosen, self.wording
        cost = int(wording.cost_eur * (0.6 + 0.9 * stream.random()))
        return {
            "code": f"A-{self.number:06d}",
            "title": wording.title.fill(stream, chosen),
            "description": wording.description.fill(stream, chosen),
            "unit": self.risk.unit,
            "owner": owner,
            "confidentiality": self.risk.plan.confidentiality,
            "due": self.world.day(self.days.due),
            "cost_eur": _rounded(cost) if cost else 0,
            "expected_effect": wording.expected_effect.fill(stream, chosen),
            "how_measured": wording.how_measured.fill(stream, chosen),
            "effect_due": self.world.day(self.days.due + EFFECT_CHECK_DAYS),
            "progress": 0,
            "state": "planned",
            "completed_on": None,
            "measured_effect": "",
            "effect_measured_on": None,
            "postponements": 0,
        }

    def start(self, at: datetime) -> None:
        self.by_owner(at, "start", state="started", progress=5)

    def report(self, at: datetime) -> None:
        progress = max(self.fields["progress"], self.waiting_progress.pop(0))
        self.by_owner(at, "report_progress", progress=progress)

    def postpone(self, at: datetime) -> None:
        due = self.world.day(self.waiting_due.pop(0))
        self.by_owner(at, "postpone", due=due, postponements=self.fields["postponements"] + 1)

    def complete(self, at: datetime) -> None:
        self.by_owner(at, "complete", state="done", progress=100, completed_on=at.date())

    def cancel(self, at: datetime) -> None:
        self.record(at, "cancel", self.world.staff.head(self.risk.unit, at.date()), state="cancelled")

    def measure(self, at: datetime) -> None:
        worked = self.days.outcome == "confirmed"
        stream, plan = self.world.stream, self.risk.plan
        count, percent = stream.below(4), 82 + stream.below(18)
        outcome = "confirmed" if worked else "unconfirmed"
        phrase = self.world.phrase(plan, f"{outcome}_{_measure(plan.language, self.fields['how_measured'])}")
        text = phrase.format(
            count=count,
            more=count + 3 + stream.below(9),
            percent=percent,
            less=percent - 20 - stream.below(30),
        )
        state = "effect_confirmed" if worked else "no_effect"
        self.by_owner(at, "measure_effect", state=state, measured_effect=text, effect_measured_on=at.date())


def _measure(language: Language, how_measured: str) -> str:
    """Whether the effect is measured as a share, a number, a time or something else, so that the result speaks of it."""
    words = how_measured.lower()
    for measure, signs in MEASURES[language]:
        if any(sign in words for sign in signs):
            return measure
    return "other"


def _rounded(cost: int) -> int:
    """Two significant digits, as estimates are written."""
    unit = int(10 ** max(0, len(str(cost)) - 2))
    return max(unit, cost // unit * unit)
