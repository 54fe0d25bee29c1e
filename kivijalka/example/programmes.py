"""The priorities of the city's strategy; and programmes with workstreams, milestones, decisions, and the actions that they
gather: one of the whole city, two of each sector, of which one is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.example.people import People
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import ActionVersion, Entry, Link
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream
from kivijalka.example.world import Chronicle

MINUTE = timedelta(minutes=1)
SECTOR = "sector"
# Actions of a workstream; a closed programme gathers those that are over.
MOST_GATHERED = 6
OVER = ("effect_confirmed", "no_effect", "cancelled")
CENTRAL = "central:"


class Act(NamedTuple):
    """An action as it stands: where, by which area of its risk, and since when."""

    id: UUID
    unit: int
    area: str
    since: datetime
    state: str


class Made(NamedTuple):
    """Rows of the registers, and what is tied to what."""

    entries: list[Entry]
    links: list[Link]


def programmes(
    stream: Stream,
    staff: Staff,
    crowd: People,
    today: date,
    lives: Sequence[RiskLife],
    chronicle: Chronicle,
) -> Made:
    """All of them, of the same seed the same."""
    book = _Book(stream, staff, crowd, today, _acts(lives, chronicle.links, chronicle.actions))
    for told in table("programmes")["programme"]:
        for unit in book.places(told["at"]):
            book.programme(unit, told)
    return Made(book.entries, book.links)


def _acts(lives: Sequence[RiskLife], links: Sequence[Link], actions: Iterable[ActionVersion]) -> dict[str, list[Act]]:
    """Actions by the first area of the risk that they treat."""
    areas = {life.id: (*life.plan.pattern.areas, "")[0] for life in lives if life.plan.pattern.sign == "threat"}
    of = {link.a: areas[link.b] for link in links if link.kind == "treats" and areas.get(link.b)}
    first: dict[UUID, ActionVersion] = {}
    last: dict[UUID, ActionVersion] = {}
    for version in actions:
        first.setdefault(version.id, version)
        last[version.id] = version
    found: dict[str, list[Act]] = defaultdict(list)
    for key, area in of.items():
        found[area].append(Act(key, last[key].unit, area, first[key].at, last[key].state))
    return found


class _Book:
    def __init__(self, stream: Stream, staff: Staff, crowd: People, today: date, acts: dict[str, list[Act]]) -> None:
        self.stream, self.staff, self.today, self.acts = stream, staff, today, acts
        self.names = {person.id: f"{person.given_name} {person.family_name}" for person in crowd.persons}
        self.words = table("programmes")
        self.entries: list[Entry] = []
        self.links: list[Link] = []
        self.numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        self.taken: set[UUID] = set()
        self.root = staff.tree.root.unit.number
        # Milestones of the programme of the whole city, which those of sectors may need.
        self.central: dict[str, tuple[UUID, datetime]] = {}
        self.priorities = {told["number"]: self._priority(told) for told in self.words["priority"]}

    def places(self, at: str) -> list[int]:
        """The whole city, or each sector."""
        sectors = [s.unit.number for s in self.staff.tree.sites if s.unit.kind == SECTOR and s.unit.end is None]
        return [self.root] if at == "root" else sectors

    def programme(self, unit: int, told: dict[str, Any]) -> None:
        begun = self.today - timedelta(days=told["begun"])
        at = self.stream.moment(begun - timedelta(days=30))
        owner, chair = self._lead(unit, begun), self.staff.head(unit, self.today)
        before, aimed = told["maturity"]
        planned = {
            "title": told["title"], "description": told["description"], "chair_id": chair,
            "steering_group": "\n".join(dict.fromkeys([self.names[chair], self.names[owner]])),
            "priority_id": self.priorities[told["priority"]], "budget_eur": told["budget"], "starts_on": begun,
            "ends_on": begun + timedelta(days=told["days"]), "baseline": told["baseline"], "target": told["target"],
            "baseline_maturity": before, "target_maturity": aimed, "reached_maturity": None, "state": "planned",
            "outcome": "", "lessons": "", "closed_on": None,
        }  # fmt: skip
        made = self._record("programme", unit, at, owner, planned)
        started = self._then(made, self.stream.moment(begun), "start", state="running")
        known = {CENTRAL + key: goal for key, goal in self.central.items()}
        for stream in told["stream"]:
            known |= self._stream(started, begun, stream, known, closed=told.get("closed", False))
        if unit == self.root:
            self.central = known
        self._decisions(started, begun)
        if told.get("closed"):
            said = {"outcome": self.words["outcome"], "lessons": self.words["lessons"], "reached_maturity": aimed}
            closed = self.stream.moment(started.values["ends_on"])
            self._then(started, closed, "close", state="closed", closed_on=closed.date(), **said)

    def _stream(
        self, programme: Entry, begun: date, told: dict[str, Any], known: dict[str, Any], *, closed: bool
    ) -> dict[str, tuple[UUID, datetime]]:
        unit, at = programme.values["unit_id"], programme.at + MINUTE * 20
        owner = self.staff.member(self.stream, unit, at.date(), self.today, "fi")
        values = {"title": told["title"], "description": "", "programme_id": programme.id}
        made = self._record("workstream", unit, at, owner, values)
        goals: dict[str, tuple[UUID, datetime]] = {}
        for goal in told["goals"]:
            key = self._goal(made, begun, goal, closed=closed)
            goals[goal["key"]] = key, at + MINUTE
            for needed in goal.get("needs", ()):
                other = {**known, **goals}.get(needed)
                if other is not None:
                    self._tie("needs", key, other[0], max(at + MINUTE * 2, other[1]), owner)
        self._gather(made, told["areas"], closed=closed)
        return goals

    def _goal(self, workstream: Entry, begun: date, told: dict[str, Any], *, closed: bool) -> UUID:
        """Reached on its day or a little before, unless it is stuck; moved on the way where the data say so."""
        first = begun + timedelta(days=told["after"])
        values = {
            "title": told["title"], "shows": "", "workstream_id": workstream.id, "due": first, "first_due": first,
            "slipped_days": 0, "state": "open", "reached_on": None, "reason": "",
        }  # fmt: skip
        unit, owner = workstream.values["unit_id"], workstream.values["owner_id"]
        made = self._record("milestone", unit, workstream.at + MINUTE, owner, values)
        key, moved = made.id, told.get("moved", 0)
        announced = first - timedelta(days=12)
        if moved and announced < self.today:
            due = first + timedelta(days=moved)
            words = {"due": due, "slipped_days": moved, "reason": self.words["moved_because"]}
            made = self._then(made, self.stream.moment(announced, made.at), "move", **words)
        day = made.values["due"] - timedelta(days=self.stream.between(0, 6))
        if (day < self.today - timedelta(days=5) and not told.get("stuck")) or closed:
            reached = self.stream.moment(day, made.at)
            self._then(made, reached, "reach", state="reached", reached_on=reached.date())
        return key

    def _gather(self, workstream: Entry, areas: list[str], *, closed: bool) -> None:
        """Actions of the areas at the unit or below it, each in one workstream at most."""
        unit = workstream.values["unit_id"]
        found = [act for area in areas for act in self.acts[area] if self._fits(act, unit, closed=closed)]
        found.sort(key=lambda act: (act.state not in OVER, act.since, act.id))
        over, rest = found[: MOST_GATHERED // 2], found[MOST_GATHERED // 2 :]
        chosen = found[:MOST_GATHERED] if closed else [*over, *rest[-(MOST_GATHERED - len(over)) :]]
        for act in chosen:
            self.taken.add(act.id)
            self._tie("gathers", workstream.id, act.id, max(workstream.at + MINUTE * 5, act.since), workstream.by)

    def _fits(self, act: Act, unit: int, *, closed: bool) -> bool:
        there = unit in self.staff.tree.upwards[act.unit]
        return there and act.id not in self.taken and (not closed or act.state in OVER)

    def _decisions(self, programme: Entry, begun: date) -> None:
        for number, (text, reason) in enumerate(self.words["decisions"]):
            at = self.stream.moment(begun + timedelta(days=5 + 60 * number))
            by = programme.values["owner_id"]
            values = {
                "programme_id": programme.id, "at": at, "on": at.date(), "text": text, "reason": reason,
                "writer_id": by,
            }  # fmt: skip
            self.entries.append(Entry("loggeddecision", self.stream.uuid7(at), at, "decide", by, values))

    def _priority(self, told: dict[str, Any]) -> UUID:
        begin = date(self.today.year, 1, 1)
        at = self.stream.moment(begin - timedelta(days=400))
        finnish, swedish, english = told["name"]
        values = {
            "name_fi": finnish, "name_sv": swedish, "name_en": english, "strategy": self.words["strategy"],
            "source": self.words["source"], "number": told["number"], "valid_from": at.date(), "valid_to": None,
            "meant_share": told["meant"], "confidentiality": 0,
        }  # fmt: skip
        return self._record("priority", self.root, at, None, values).id

    def _lead(self, unit: int, day: date) -> UUID:
        return self.staff.member(self.stream, unit, day, self.today, "fi")

    def _record(self, register: str, unit: int, at: datetime, owner: UUID | None, values: dict[str, Any]) -> Entry:
        fixed = {"unit_id": unit, "serial": next(self.numbers[register])} | ({"owner_id": owner} if owner else {})
        by = owner or self.staff.head(unit, at.date())
        made = Entry(register, self.stream.uuid7(at), at, "add", by, {**fixed, **values})
        self.entries.append(made)
        return made

    def _then(self, entry: Entry, at: datetime, command: str, **changed: Any) -> Entry:
        made = replace(entry, at=at, command=command, values={**entry.values, **changed})
        self.entries.append(made)
        return made

    def _tie(self, kind: Any, a: UUID, b: UUID, at: datetime, by: UUID) -> None:
        self.links.append(Link(self.stream.uuid7(at), kind, a, b, at, by))
