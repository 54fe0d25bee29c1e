"""The life of a risk: found, described, assessed, treated, accepted, closed, and each version of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kivijalka.example.plans import Estimate, Plan
from kivijalka.example.policy import ACCEPTANCE_MONTHS, REVIEW_MONTHS, level_of, months_after
from kivijalka.example.shape import Assessment, RiskCommand, RiskKind, RiskVersion, Stage
from kivijalka.example.sources import table
from kivijalka.example.world import NOT_YET, World

BEFORE = datetime.min.replace(tzinfo=UTC)
ADDITIONS: dict[RiskKind, str] = {
    "hazard": "addition_hazard",
    "operational": "addition",
    "financial": "addition",
    "strategic": "addition",
}
DIMENSIONS = ("people", "service_continuity", "finance", "environment", "trust", "law_privacy")
ADEQUACY_AT_FIRST = ("none", "partial", "partial", "adequate")
ADEQUACY_LATER = ("partial", "partial", "adequate", "adequate", "tested")


class RiskLife:
    """One risk from the day it was found."""

    def __init__(self, world: World, plan: Plan) -> None:
        self.world, self.plan = world, plan
        self.unit = plan.site.unit.number
        self.id = NOT_YET
        self.owner: UUID | None = None
        self.estimate_index = 0
        self.spare_versions = 0
        self.described_at = BEFORE
        self.assessed_at: datetime | None = None
        self.fields: dict[str, Any] = {}

    def record(self, at: datetime, command: RiskCommand, by: UUID, **changed: object) -> None:
        self.fields |= changed
        self.described_at = max(self.described_at, at) if command in ("add", "assess") else self.described_at
        self.world.chronicle.risks.append(RiskVersion(id=self.id, at=at, command=command, by=by, **self.fields))

    def actor(self, at: datetime) -> UUID:
        return self.world.acting(self.fields["owner"], self.unit, at.date())

    def add(self, at: datetime) -> None:
        world, plan, stream = self.world, self.plan, self.world.stream
        day, last = at.date(), world.day(plan.limit)
        self.id = stream.uuid7(at)
        author = world.staff.member(stream, self.unit, day, day, plan.language)
        self.owner = world.staff.head(self.unit, day)
        if stream.happens(0.4):
            self.owner = world.staff.member(stream, self.unit, day, last, plan.language)
        self.fields = self._first_fields(
            self.owner if plan.owned and (plan.accepted_on or plan.reopened or stream.happens(0.7)) else None
        )
        self.record(at, "add", author)

    def _first_fields(self, owner: UUID | None) -> dict[str, Any]:
        plan, pattern = self.plan, self.plan.pattern
        return {
            "code": f"R-{plan.number:06d}",
            "title": plan.title,
            "unit": self.unit,
            "owner": owner,
            "confidentiality": plan.confidentiality,
            "kind": pattern.kind,
            "sign": pattern.sign,
            "areas": pattern.areas,
            "cause": plan.cause,
            "event": plan.event,
            "consequence": plan.consequence,
            "state": "draft",
            "likelihood": None,
            "impact": None,
            "level": None,
            "treatment": "",
            "controllability": "",
            "control_adequacy": "",
            "review": None,
            "accepted_until": None,
            "accepted_by": None,
            "acceptance_reason": "",
            "state_reason": "",
        }

    def name_owner(self, at: datetime) -> None:
        """Somebody is named to answer for the risk, where nobody was."""
        if self.plan.owned and self.fields["owner"] is None:
            owner = self.world.acting(self.owner, self.unit, at.date())
            self.record(at, "edit", self.world.staff.head(self.unit, at.date()), owner=owner)

    def hand_over(self, at: datetime) -> None:
        """The owner has left: the head of the unit takes over."""
        head = self.world.staff.head(self.unit, at.date())
        self.record(at, "edit", head, owner=head)

    def lose_owner(self, at: datetime) -> None:
        """A reorganisation leaves the risk without anybody who answers for it."""
        self.record(at, "edit", self.world.staff.head(self.unit, at.date()), owner=None)

    def describe(self, at: datetime) -> None:
        cause = f"{self.fields['cause']} {self.world.phrase(self.plan, ADDITIONS[self.plan.pattern.kind])}"
        self.record(at, "edit", self.actor(at), cause=cause)

    def decide_treatment(self, at: datetime) -> None:
        self.record(at, "decide", self.actor(at), treatment=self.plan.pattern.treatment)

    def assess(self, at: datetime) -> None:
        plan, stream = self.plan, self.world.stream
        estimate = plan.estimates[self.estimate_index]
        by = self.actor(at)
        if self.estimate_index == 0:
            self.assessed_at = at
            self._estimate(at, by, "inherent", plan.inherent)
            self.fields["controllability"] = plan.pattern.controllability
        self._estimate(at, by, "current", estimate)
        if self.estimate_index == 0 and plan.actions:
            self._estimate(at, by, "target", plan.target)
        level = level_of(*estimate)
        adequacy = ADEQUACY_AT_FIRST if self.estimate_index == 0 else ADEQUACY_LATER
        self.estimate_index += 1
        self.record(
            at,
            "assess",
            by,
            state="assessed",
            likelihood=estimate[0],
            impact=estimate[1],
            level=level,
            control_adequacy=stream.pick(adequacy),
            review=months_after(at.date(), REVIEW_MONTHS[level]),
            accepted_until=None,
            accepted_by=None,
            acceptance_reason="",
        )

    def _estimate(self, at: datetime, by: UUID, stage: Stage, estimate: Estimate) -> None:
        likelihood, impact = estimate
        stream, hits = self.world.stream, self.plan.pattern.hits
        worst: dict[str, int | None] = dict.fromkeys(DIMENSIONS)
        for index, name in enumerate(hits):
            worst[name] = impact if index == 0 else max(1, impact - stream.below(3))
        self.world.chronicle.assessments.append(
            Assessment(
                id=stream.uuid7(at),
                risk=self.id,
                at=at,
                by=by,
                stage=stage,
                likelihood=likelihood,
                impact=impact,
                level=level_of(likelihood, impact),
                note=self.world.phrase(self.plan, stage) if stream.happens(0.6) else "",
                **worst,
            )
        )

    def accept(self, at: datetime) -> None:
        level, day = self.fields["level"], at.date()
        acceptor = self.world.staff.acceptor(self.unit, level, day, self.fields["owner"])
        if acceptor is None or self.fields["owner"] is None:
            return
        months = ACCEPTANCE_MONTHS[level]
        self.record(
            at,
            "accept",
            acceptor,
            state="accepted",
            treatment=self.fields["treatment"] or "accept",
            accepted_until=months_after(day, max(1, months - self.world.stream.below(1 + months // 3))),
            accepted_by=acceptor,
            acceptance_reason=self.world.phrase(self.plan, "acceptance"),
        )

    def close(self, at: datetime) -> None:
        ended: dict[str, Any] = {"review": None, "accepted_until": None, "accepted_by": None, "acceptance_reason": ""}
        self.record(at, "close", self.actor(at), state="closed", state_reason=self._why("closing"), **ended)

    def reopen(self, at: datetime) -> None:
        review = months_after(at.date(), REVIEW_MONTHS[self.fields["level"]])
        self.record(at, "reopen", self.actor(at), state="assessed", review=review, state_reason=self._why("reopening"))

    def _why(self, name: str) -> str:
        """A reason that leaves the chances of all else as they are."""
        reasons: list[str] = table("phrases")[self.plan.language][name]
        return reasons[self.plan.number % len(reasons)]
