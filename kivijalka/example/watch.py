"""What stands around the risks: the objectives that they bear on, indicators, signals, findings, exceptions, insurances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Entry, LinkKind, RiskCommand, RiskVersion
from kivijalka.example.shape import Link as Tie
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream, office_opens
from kivijalka.example.units import history_start

LANGUAGES = ("fi", "sv", "en")
INDICATORS, FINDINGS, EXCEPTIONS, ESCALATIONS = 0.05, 0.06, 0.02, 0.06
PAST_ITS_LIMIT = 0.2
QUARTER, QUARTERS = timedelta(days=91), 6
MOST_TOUCHED, MOST_VERSIONS = 12, 7
Group = tuple[int, str]


class Around(NamedTuple):
    """Entries in the order of their tables, ties to risks, and the risks' versions as they bear on objectives and are flagged."""

    entries: list[Entry]
    links: list[Tie]
    risks: list[RiskVersion]


def around(seed: int, staff: Staff, today: date, lives: list[RiskLife], risks: list[RiskVersion]) -> Around:
    """All of it, of the same seed the same."""
    return _Watch(Stream(seed, "watch"), staff, today, lives).all(risks)


class _Watch:
    def __init__(self, stream: Stream, staff: Staff, today: date, lives: list[RiskLife]) -> None:
        self.stream, self.staff, self.today, self.lives = stream, staff, today, lives
        self.begin = office_opens(history_start(today))
        self.entries: list[Entry] = []
        self.links: list[Tie] = []
        self.flags: dict[UUID, tuple[datetime, RiskCommand, UUID]] = {}
        self.numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        self.root = staff.tree.root.unit.number

    def all(self, risks: list[RiskVersion]) -> Around:
        objectives = self._objectives()
        assessed = self._assessed()
        for group, lives in assessed.items():
            if self.stream.happens(INDICATORS) and group[1] in table("watch")["indicators"]:
                self._indicator(group, lives)
            if self.stream.happens(FINDINGS):
                self._finding(group, lives[0])
            if self.stream.happens(EXCEPTIONS):
                self._exception(group, lives[0])
            for life in lives:
                if life.fields["level"] in ("high", "critical") and self.stream.happens(ESCALATIONS):
                    self._escalation(life)
        self._signals(assessed)
        self._insurances(assessed)
        bearing = [replace(risk, objective=objectives.get(risk.id)) for risk in risks]
        links = sorted(self.links, key=lambda link: (link.at, link.id))
        return Around(self.entries, links, [*bearing, *self._flagged(bearing)])

    def _assessed(self) -> dict[Group, list[RiskLife]]:
        """Threats of today that have been assessed, by their unit and first area."""
        found: dict[Group, list[RiskLife]] = defaultdict(list)
        for life in self.lives:
            pattern, there = life.plan.pattern, life.fields["state"] in ("assessed", "accepted")
            if there and pattern.sign == "threat" and pattern.areas:
                found[life.unit, pattern.areas[0]].append(life)
        return found

    def _objectives(self) -> dict[UUID, UUID]:
        """The objective of each strategic risk; those of a unit and an area share one."""
        made: dict[Group, UUID] = {}
        found: dict[UUID, UUID] = {}
        for life in self.lives:
            if life.plan.pattern.kind != "strategic":
                continue
            group = (life.unit, (*life.plan.pattern.areas, "general")[0])
            if group not in made:
                title = self._words(life, table("watch")["objectives"][group[1]])
                due = date(self.today.year + self.stream.between(1, 3), 12, 31)
                values = {
                    "title": title,
                    "description": "",
                    "measure": "",
                    "outcome": "",
                    "state": "pursued",
                    "due": due,
                }
                made[group] = self._add("objective", life.unit, self.begin, values)
            found[life.id] = made[group]
        return found

    def _indicator(self, group: Group, lives: list[RiskLife]) -> None:
        told = table("watch")["indicators"][group[1]][0]
        is_past, unit = self.stream.happens(PAST_ITS_LIMIT), group[0]
        at = self.begin + timedelta(days=self.stream.between(30, 300))
        fixed = {
            "title": self._words(lives[0], told["names"]), "description": "", "source": "Esimerkkiraportti",
            "measured_in": self._words(lives[0], told["units"]), "every_days": 91, "state": "followed",
            "direction": "high_is_bad" if told["high_is_bad"] else "low_is_bad",
            "warning": told["warning"], "limit": told["limit"],
        }  # fmt: skip
        empty = {"value": None, "value_on": None, "next_value": at.date(), "standing": "unknown"}
        key = self._add("indicator", unit, at, {**fixed, **empty})
        first = self.entries[-1]
        owner: UUID = first.values["owner_id"]
        for quarter in range(QUARTERS, 0, -1):
            on = self.today - QUARTER * (quarter - 1) - timedelta(days=self.stream.between(3, 20))
            bad = quarter == 1 and is_past
            value, standing = self._value(told, bad=bad)
            measured = self.stream.moment(on)
            latest = {"value": value, "value_on": on, "next_value": on + QUARTER, "standing": standing}
            self.entries.append(replace(first, at=measured, command="record_value", values={**first.values, **latest}))
            part = {"indicator_id": key, "at": measured, "on": on, "value": value, "giver_id": owner, "note": ""}
            self._part("indicatorvalue", measured, owner, "record_value", part)
            if bad:
                self.flags |= {life.id: (measured, "record_value", owner) for life in lives}
        for life in lives:
            self._tie("watches", key, life, max(at, life.assessed_at or at))

    def _value(self, told: dict[str, Any], *, bad: bool) -> tuple[float, str]:
        """A value and where it stands: past the limit, or on the good side of the warning, or between."""
        warning, limit = told["warning"], told["limit"]
        room = limit - warning
        if bad:
            return limit + room * self.stream.between(1, 3), "past"
        if self.stream.happens(0.25):
            return warning, "warning"
        return max(0, warning - room * self.stream.between(1, 3) / 2 if told["high_is_bad"] else warning + 0.5), "good"

    def _finding(self, group: Group, life: RiskLife) -> None:
        told = table("watch")["findings"]
        source, *titles = told[group[1]]
        at = self.stream.moment(self.today - timedelta(days=self.stream.between(20, 500)))
        at = max(at, life.assessed_at or at)
        raiser, day = self.staff.head(self.root, at.date()), at.date()
        open_values = {
            "title": self._words(life, titles), "description": "", "source": source, "raised_by_id": raiser,
            "raised_on": day, "due": day + timedelta(days=120), "state": "open", "remedy": "", "answer": "",
            "closed_on": None,
        }  # fmt: skip
        key = self._add("finding", group[0], at, open_values, by=raiser)
        first = self.entries[-1]
        self._tie("concerns", key, life, at)
        if day + timedelta(days=90) < self.today and self.stream.happens(0.8):
            remedied, how = self.stream.moment(day + timedelta(days=60)), told["how"]
            values = {**first.values, "state": "remedied", "remedy": self._words(life, how["remedy"])}
            self.entries.append(replace(first, at=remedied, command="remedy", by=values["owner_id"], values=values))
            closed = self.stream.moment(day + timedelta(days=80), remedied)
            ended = {"state": "closed", "answer": self._words(life, how["answer"]), "closed_on": closed.date()}
            self.entries.append(replace(first, at=closed, command="close", values={**values, **ended}))

    def _exception(self, group: Group, life: RiskLife) -> None:
        fitting = [told for told in table("watch")["exceptions"] if group[1] in told["areas"]]
        if not fitting:
            return
        told = self.stream.pick(fitting)
        at = self.stream.moment(self.today - timedelta(days=self.stream.between(10, 150)))
        at = max(at, life.assessed_at or at)
        owner = self.staff.head(group[0], self.today)
        decider = self.staff.head(self.root, at.date(), besides=owner)
        if decider == owner:
            return
        words = {name: self._words(life, told[name]) for name in ("title", "requirement", "reason", "instead")}
        asked = {
            **words, "until": self.today + timedelta(days=self.stream.between(30, 240)), "asked_of_id": decider,
            "state": "asked", "decided_by_id": None, "decided_on": None, "decision_reason": "",
        }  # fmt: skip
        key = self._add("exception", group[0], at, asked)
        first = self.entries[-1]
        self._tie("concerns", key, life, at)
        if self.stream.happens(0.8):
            granted = self.stream.moment(at.date(), at)
            values = {**first.values, "state": "granted", "decided_by_id": decider, "decided_on": granted.date()}
            self.entries.append(replace(first, at=granted, command="grant", by=decider, values=values))

    def _escalation(self, life: RiskLife) -> None:
        """The head of the unit asks the next one above, who has answered four times out of five."""
        at = self.stream.moment(self.today - timedelta(days=self.stream.between(2, 120)))
        at = max(at, life.assessed_at or at)
        asks = self.staff.head(life.unit, self.today)
        above = self.staff.tree.by_number[life.unit].unit.parent
        leads = self.staff.head(above or self.root, self.today, besides=asks)
        if leads == asks or above is None:
            return
        told = table("watch")["escalations"]
        asked = {
            "title": life.fields["title"], "reason": self._words(life, told["reason"]), "asked_of_id": leads,
            "answer_due": at.date() + timedelta(days=10), "state": "asked", "answer": "", "answered_on": None,
            "rule": "", "came_to": "",
        }  # fmt: skip
        key = self._add("escalation", above, at, asked, by=asks, owner=asks)
        first = self.entries[-1]
        self._tie("escalates", key, life, at)
        answered = self.stream.moment(at.date() + timedelta(days=self.stream.between(1, 12)), at)
        if answered.date() < self.today and self.stream.happens(0.8):
            ended = {"state": "answered", "answer": self._words(life, told["answer"]), "answered_on": answered.date()}
            values = {**first.values, **ended}
            self.entries.append(replace(first, at=answered, command="answer", by=leads, values=values))

    def _signals(self, assessed: dict[Group, list[RiskLife]]) -> None:
        for told in table("watch")["signals"]:
            at = self.stream.moment(self.today - timedelta(days=self.stream.between(10, 90)))
            lives = [life for group, of in assessed.items() if group[1] == told["area"] for life in of]
            values = {"title": told["title"][0], "description": "", "kind": told["kind"], "source": "Esimerkkiuutiset"}
            values |= {"seen_on": at.date(), "state": "open", "outcome": ""}
            key = self._add("signal", self.root, at, values)
            owner: UUID = self.entries[-1].values["owner_id"]
            for life in self.stream.sample(lives, min(MOST_TOUCHED, len(lives))):
                moment = max(at, life.assessed_at or at)
                self._tie("touches", key, life, moment)
                self.flags.setdefault(life.id, (moment, "link", owner))

    def _insurances(self, assessed: dict[Group, list[RiskLife]]) -> None:
        for number, told in enumerate(table("watch")["insurances"], start=1):
            deductible, limit, aggregate, premium = told["money"]
            values = {
                "title": told["title"][0], "insurer": "Esimerkkivakuutus Oy", "contract_number": f"EV-{number:04d}",
                "covers": told["covers"][0], "excludes": "", "deductible_eur": deductible, "limit_eur": limit,
                "aggregate_eur": aggregate, "premium_eur": premium, "state": "in_force",
                "valid_from": date(self.today.year, 1, 1), "valid_to": date(self.today.year, 12, 31),
            }  # fmt: skip
            key = self._add("insurance", self.root, self.begin, values)
            for group, lives in assessed.items():
                if group[1] == told["area"] and self.stream.happens(0.2):
                    self._tie("insures", key, lives[0], lives[0].assessed_at or self.begin)

    def _flagged(self, risks: list[RiskVersion]) -> Iterator[RiskVersion]:
        """A version of each flagged risk from then on, unless it was looked at since."""
        versions: dict[UUID, list[RiskVersion]] = defaultdict(list)
        for risk in risks:
            versions[risk.id].append(risk)
        for key, (at, command, by) in self.flags.items():
            last = max(versions[key], key=lambda version: version.at)
            if last.at < at and len(versions[key]) <= MOST_VERSIONS:
                yield replace(last, at=at, command=command, by=by, flagged=at.date())

    def _words(self, life: RiskLife, texts: list[str]) -> str:
        return texts[LANGUAGES.index(life.plan.language)]

    def _add(
        self,
        register: str,
        unit: int,
        at: datetime,
        values: dict[str, Any],
        by: UUID | None = None,
        owner: UUID | None = None,
    ) -> UUID:
        """A new record of the unit, owned by whoever leads it today unless told otherwise."""
        key, number = self.stream.uuid7(at), next(self.numbers[register])
        fixed = {"unit_id": unit, "serial": number, "owner_id": owner or self.staff.head(unit, self.today)}
        by = by or self.staff.head(unit, at.date())
        self.entries.append(Entry(register, key, at, "add", by, {**fixed, **values}))
        return key

    def _part(self, table_of: str, at: datetime, by: UUID, command: str, values: dict[str, Any]) -> None:
        self.entries.append(Entry(table_of, self.stream.uuid7(at), at, command, by, values))

    def _tie(self, kind: LinkKind, key: UUID, life: RiskLife, at: datetime) -> None:
        by = self.staff.head(life.unit, at.date())
        self.links.append(Tie(self.stream.uuid7(at), kind, key, life.id, at, by))
