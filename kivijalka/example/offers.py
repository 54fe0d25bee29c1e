"""Risks that one unit offered to another: adopted there as a risk of its own, declined, or waiting for an answer."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Confidentiality, Entry, Language, Link
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream

OFFERED, ADOPTED, ANSWERED = 0.012, 0.08, 0.6
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
TO_ANSWER = timedelta(days=14)
# An adopted risk is found among those of the same kind that another unit described not long after.
SOON_AFTER = timedelta(days=120)


def offers(stream: Stream, staff: Staff, today: date, lives: list[RiskLife]) -> tuple[list[Entry], list[Link]]:
    """Offers, each with its answer, and what ties them to the risk and to the one that was made of it."""
    made = _Offers(stream, staff, today)
    open_ones = [life for life in lives if _may_be_offered(life)]
    by_pattern: dict[str, list[RiskLife]] = defaultdict(list)
    for life in sorted(open_ones, key=_begun):
        by_pattern[life.plan.pattern.key].append(life)
    for several in by_pattern.values():
        for life, other in zip(several, several[1:], strict=False):
            near = life.unit != other.unit and _begun(other) - _begun(life) < SOON_AFTER
            if near and stream.happens(ADOPTED):
                made.adopted(life, other)
    for life in open_ones:
        if stream.happens(OFFERED):
            made.offered(life, stream.pick(open_ones).unit)
    return made.entries, made.links


class _Offers:
    def __init__(self, stream: Stream, staff: Staff, today: date) -> None:
        self.stream, self.staff, self.today = stream, staff, today
        self.entries: list[Entry] = []
        self.links: list[Link] = []
        self.serial = 0

    def adopted(self, life: RiskLife, other: RiskLife) -> None:
        """The other unit's risk was made of this one's description."""
        at = _begun(other) - timedelta(hours=self.stream.between(2, 60))
        if at <= _begun(life):
            return
        offer = self._offer(life, other.unit, at)
        if offer is not None:
            by = self._answer(offer, _begun(other), "adopted", self._words(other, "adopted"))
            tie = Link(self.stream.uuid7(_begun(other)), "adopted_from", other.id, offer.id, _begun(other), by)
            self.links.append(tie)

    def offered(self, life: RiskLife, unit: int) -> None:
        """Another unit has declined it, or has not answered yet."""
        at = self.stream.moment(self.today - timedelta(days=self.stream.between(2, 40)), _begun(life))
        offer = self._offer(life, unit, at) if unit != life.unit else None
        answered = at + timedelta(days=self.stream.between(1, 10))
        if offer is not None and answered.date() < self.today and self.stream.happens(ANSWERED):
            self._answer(offer, answered, "declined", self._words(life, "declined"))

    def _offer(self, life: RiskLife, unit: int, at: datetime) -> Entry | None:
        """By whoever leads the unit of the risk, to whoever leads the other; None where that is one person."""
        offers = self.staff.head(life.unit, at.date())
        leads = self.staff.head(unit, at.date(), besides=offers)
        if leads == offers or at.date() >= self.today:
            return None
        self.serial += 1
        plan, pattern = life.plan, life.plan.pattern
        values: dict[str, Any] = {
            "unit_id": unit, "serial": self.serial, "owner_id": offers, "asked_of_id": leads, "from_unit_id": life.unit,
            "title": plan.title, "cause": plan.cause, "event": plan.event, "consequence": plan.consequence,
            "kind": pattern.kind, "sign": pattern.sign, "areas": pattern.areas, "reason": self._words(life, "reason"),
            "answer_due": (at + TO_ANSWER).date(), "state": "offered", "answer": "", "answered_on": None,
        }  # fmt: skip
        made = Entry("offer", self.stream.uuid7(at), at, "offer", offers, values)
        self.entries.append(made)
        self.links.append(Link(self.stream.uuid7(at), "offers", made.id, life.id, at, offers))
        return made

    def _answer(self, offer: Entry, at: datetime, state: Literal["adopted", "declined"], answer: str) -> UUID:
        """Given by whoever leads there by then, who is told."""
        values = {**offer.values, "state": state, "answer": answer, "answered_on": at.date()}
        command = {"adopted": "adopt", "declined": "decline"}[state]
        by = self.staff.head(offer.values["unit_id"], at.date(), besides=offer.values["owner_id"])
        self.entries.append(Entry("offer", offer.id, at, command, by, values))
        return by

    def _words(self, life: RiskLife, key: str) -> str:
        told: list[str] = table("watch")["offers"][key]
        return told[LANGUAGES.index(life.plan.language)]


def _may_be_offered(life: RiskLife) -> bool:
    is_open = life.fields["state"] in ("assessed", "accepted")
    return is_open and life.plan.confidentiality == Confidentiality.INTERNAL


def _begun(life: RiskLife) -> datetime:
    """When the risk was first written down: its id carries the moment."""
    key: UUID = life.id
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
