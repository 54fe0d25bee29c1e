"""Two workshops: one whose answers are closed, with what was agreed, and one that is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.example.policy import REVIEW_MONTHS, months_after
from kivijalka.example.shape import Assessment, Entry, Link, RiskVersion
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import MINUTE, Stream
from kivijalka.example.watch import LANGUAGES, MOST_VERSIONS

RISKS, PEOPLE = 5, (14, 9)
HELD_AGO, OPENED_AGO = timedelta(days=6), timedelta(days=1)


class Held(NamedTuple):
    """What workshops leave behind: their own entries, ties to risks, and the risks as assessed in one of them."""

    entries: list[Entry]
    links: list[Link]
    risks: list[RiskVersion]
    assessments: list[Assessment]


def hold(stream: Stream, staff: Staff, today: date, risks: Sequence[RiskVersion], made: Sequence[Assessment]) -> Held:
    """One that is over but for its end, and one that people answer in now; of two units that have enough to assess."""
    held = _Workshops(stream, staff, made)
    [first, second] = _chosen(risks, today - HELD_AGO)[:2]
    held.close(held.open(first, 0, today - HELD_AGO), first)
    held.open(second, 1, today - OPENED_AGO, hurried=True)
    return held.held


def _chosen(risks: Sequence[RiskVersion], before: date) -> list[list[RiskVersion]]:
    """Assessed threats of Finnish-speaking units with at least so many, the largest unit first."""
    latest: dict[UUID, list[RiskVersion]] = defaultdict(list)
    for risk in risks:
        latest[risk.id].append(risk)
    found: dict[int, list[RiskVersion]] = defaultdict(list)
    for versions in latest.values():
        last = max(versions, key=lambda version: version.at)
        fits = last.state == "assessed" and last.sign == "threat" and int(last.confidentiality) <= 1
        if fits and last.at.date() < before and len(versions) <= MOST_VERSIONS and " och " not in last.cause:
            found[last.unit].append(last)
    enough = [of_unit[:RISKS] for of_unit in found.values() if len(of_unit) >= RISKS]
    return sorted(enough, key=lambda of_unit: of_unit[0].unit)


class _Workshops:
    def __init__(self, stream: Stream, staff: Staff, made: Sequence[Assessment]) -> None:
        self.stream, self.staff = stream, staff
        self.assessed = {one.risk: one for one in made if one.stage == "current"}
        self.held = Held([], [], [], [])
        self.questions: dict[UUID, Entry] = {}

    def open(self, risks: list[RiskVersion], number: int, day: date, *, hurried: bool = False) -> Entry:
        """Planned, opened, joined and answered on one day; hurried, not everything is answered yet."""
        told, unit = table("watch")["workshops"][number], risks[0].unit
        planned = self.stream.moment(day)
        leader = self.staff.head(unit, day)
        key = self.stream.uuid7(planned)
        values = {
            "unit_id": unit, "serial": number + 1, "owner_id": leader, "title": told["title"][0],
            "description": told["description"][0], "held_on": day, "state": "planned",
        }  # fmt: skip
        self._add("workshop", key, planned, "add", leader, values)
        for risk in risks:
            self.held.links.append(Link(self.stream.uuid7(planned), "asks_about", key, risk.id, planned, leader))
        opened = planned + 10 * MINUTE
        workshop = self._add("workshop", key, opened, "open_answers", leader, {**values, "state": "open"})
        for risk in risks:
            self._ask(workshop, risk)
        for place, person in enumerate(self._people(unit, day, PEOPLE[number], besides=leader)):
            at = opened + MINUTE * (1 + place % 4)
            self._add("participant", self.stream.uuid7(at), at, "join", person, self._joined(key, person, at))
            self._answer(person, at, risks, hurried=hurried)
        return workshop

    def close(self, workshop: Entry, risks: list[RiskVersion]) -> None:
        """The answers are closed, and of all risks but the last something is agreed, which is what they stood at."""
        at, leader = workshop.at + 40 * MINUTE, workshop.by
        self._add("workshop", workshop.id, at, "close_answers", leader, {**workshop.values, "state": "closed"})
        note = table("watch")["workshops"][0]["note"][LANGUAGES.index("fi")]
        for place, risk in enumerate(risks[:-1], start=1):
            moment = at + 5 * MINUTE * place
            made = replace(
                self.assessed[risk.id], id=self.stream.uuid7(moment), at=moment, by=leader,
                note=f"Työpaja WS-000001, osallistujia: {PEOPLE[0]}. {note}",
            )  # fmt: skip
            self.held.assessments.append(made)
            review = months_after(moment.date(), REVIEW_MONTHS[made.level])
            self.held.risks.append(replace(risk, at=moment, command="assess", by=leader, review=review, flagged=None))
            question = self.questions[risk.id]
            values = {**question.values, "assessment_id": made.id}
            self._add("question", question.id, moment, "agree", leader, values)

    def _ask(self, workshop: Entry, risk: RiskVersion) -> None:
        words = {name: getattr(risk, name) for name in ("sign", "title", "cause", "event", "consequence")}
        values = {"workshop_id": workshop.id, "risk_id": risk.id, **words, "assessment_id": None}
        key = self.stream.uuid7(workshop.at)
        self.questions[risk.id] = self._add("question", key, workshop.at, "open_answers", workshop.by, values)

    def _answer(self, person: UUID, joined: datetime, risks: list[RiskVersion], *, hurried: bool) -> None:
        """Around what the risk stands at: of the first all agree, of the second nobody does."""
        answered = self.stream.between(1, len(risks)) if hurried else len(risks)
        for place, risk in enumerate(risks[:answered]):
            at = joined + MINUTE * (2 + 2 * place)
            far = (0, 2)[place] if place < 2 else 1
            levels = {
                name: min(5, max(1, (level or 3) + self.stream.between(-far, far)))
                for name, level in (("likelihood", risk.likelihood), ("impact", risk.impact))
            }
            values = {"question_id": self.questions[risk.id].id, "person_id": person, **levels}
            self._add("answer", self.stream.uuid7(at), at, "answer", person, values)

    def _people(self, unit: int, day: date, most: int, besides: UUID) -> list[UUID]:
        """Who works at the unit or the nearest ones above it."""
        terms = [term for number in self.staff.tree.upwards[unit] for term in self.staff.terms[number, "employee"]]
        serving = [term.person for term in terms if term.covers(day, day) and term.person != besides]
        return list(dict.fromkeys(serving))[:most]

    def _joined(self, workshop: UUID, person: UUID, at: datetime) -> dict[str, Any]:
        return {"workshop_id": workshop, "person_id": person, "joined_at": at}

    def _add(self, register: str, key: UUID, at: datetime, command: str, by: UUID, values: dict[str, Any]) -> Entry:
        entry = Entry(register, key, at, command, by, values)
        self.held.entries.append(entry)
        return entry
