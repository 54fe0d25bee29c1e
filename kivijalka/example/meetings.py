"""Meetings of the sectors' management teams: two with their minutes, and one that is prepared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from kivijalka.example.people import People
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import Entry
from kivijalka.example.sources import table
from kivijalka.example.staff import Staff
from kivijalka.example.stream import Stream

# Days from today, and how many matters were taken up.
HELD, COMING = ((-120, 5), (-45, 6)), (6, 4)
INVITED = timedelta(days=9)
MINUTE = timedelta(minutes=1)
SECTOR = "sector"


def meetings(seed: int, staff: Staff, crowd: People, today: date, lives: Sequence[RiskLife]) -> list[Entry]:
    """All of them, of the same seed the same."""
    book = _Book(Stream(seed, "meetings"), staff, crowd, today)
    for site in staff.tree.sites:
        if site.unit.kind == SECTOR and site.unit.end is None:
            book.of_sector(site.unit.number, lives)
    return book.entries


class _Book:
    def __init__(self, stream: Stream, staff: Staff, crowd: People, today: date) -> None:
        self.stream, self.staff, self.today = stream, staff, today
        self.names = {person.id: f"{person.given_name} {person.family_name}" for person in crowd.persons}
        self.entries: list[Entry] = []
        self.meetings, self.decisions = count(1), count(1)
        self.words = table("meetings")

    def of_sector(self, sector: int, lives: Sequence[RiskLife]) -> None:
        """The meetings of one sector, over its highest risks; none is taken up twice."""
        found = [life for life in lives if sector in self.staff.tree.upwards[life.unit] and life.assessed_at]
        found.sort(key=lambda life: (life.fields["level"] not in ("critical", "high"), life.fields["code"]))
        rest = iter(found)
        for days, matters in HELD:
            self._held(
                sector,
                self.today + timedelta(days=days),
                list(_first(rest, matters, self.today + timedelta(days=days))),
            )
        self._prepared(sector, list(_first(rest, COMING[1], self.today)))

    def _held(self, sector: int, day: date, lives: list[RiskLife]) -> None:
        begin = self.stream.moment(day)
        closed = begin + MINUTE * 90
        planned, secretary = self._planned(sector, begin.date(), begin - INVITED, lives)
        meeting: UUID = planned.id
        for number, life in enumerate(lives, start=1):
            at = begin + MINUTE * number * 9
            item = self._item(meeting, number, planned.at + MINUTE, secretary, life)
            if self.stream.happens(0.6):
                self._said(meeting, item, at, secretary, self.stream.pick(self.words["said"]))
            self._decided(planned, item, at + MINUTE, secretary, life)
        own = self._item(meeting, len(lives) + 1, planned.at + MINUTE, secretary, None)
        self._said(meeting, own, closed - MINUTE, secretary, self.stream.pick(self.words["said"]))
        over = {**planned.values, "matters": len(lives) + 1, "arranged": 1, "state": "closed", "closed_at": closed}
        self.entries.append(replace(planned, at=closed, command="close", by=secretary, values=over))
        if self.stream.happens(0.5):
            self._said(meeting, None, closed + timedelta(days=1), secretary, self.words["correction"], after=True)

    def _prepared(self, sector: int, lives: list[RiskLife]) -> None:
        at = self.stream.moment(self.today - timedelta(days=4))
        planned, secretary = self._planned(sector, self.today + timedelta(days=COMING[0]), at, lives)
        for number, life in enumerate(lives, start=1):
            self._item(planned.id, number, at + MINUTE, secretary, life)
        drawn = {**planned.values, "matters": len(lives), "arranged": 1}
        self.entries.append(replace(planned, at=at + MINUTE, command="draw_up", by=secretary, values=drawn))

    def _planned(self, sector: int, day: date, at: datetime, lives: list[RiskLife]) -> tuple[Entry, UUID]:
        chair = self.staff.head(sector, day)
        secretary = self.staff.member(self.stream, sector, at.date(), self.today, "fi")
        heads = dict.fromkeys([chair, *(self.staff.head(life.unit, day) for life in lives)])
        present = [*(self.names[person] for person in heads), self.words["guest"]]
        values = {
            "unit_id": sector, "serial": next(self.meetings), "owner_id": secretary, "chair_id": chair, "day": day,
            "title": f"{self.words['title']} {day.day}.{day.month}.{day.year}", "present": "\n".join(present),
            "state": "planned", "closed_at": None, "matters": 0, "arranged": 0,
        }  # fmt: skip
        made = Entry("meeting", self.stream.uuid7(at), at, "add", secretary, values)
        self.entries.append(made)
        return made, secretary

    def _item(self, meeting: UUID, number: int, at: datetime, by: UUID, life: RiskLife | None) -> UUID:
        """A risk that had come since the last meeting, or a matter of the meeting's own."""
        title = f"{life.fields['code']} {life.fields['title']}" if life else self.stream.pick(self.words["own"])
        values = {
            "meeting_id": meeting, "number": number, "title": title[:300], "record_id": life.id if life else None,
            "why": "risk.came" if life else "", "was": "", "now": "", "day": None,
        }  # fmt: skip
        return self._part("item", at, by, "draw_up", values)

    def _said(
        self, meeting: UUID, item: UUID | None, at: datetime, by: UUID, text: str, *, after: bool = False
    ) -> None:
        values = {"meeting_id": meeting, "item_id": item, "at": at, "writer_id": by, "text": text}
        self._part("entry", at, by, "note", {**values, "is_correction": after})

    def _decided(self, meeting: Entry, item: UUID, at: datetime, by: UUID, life: RiskLife) -> None:
        """Two of three decisions are to be carried out, and of old ones most were."""
        is_noted = self.stream.happens(0.33)
        due = at.date() + timedelta(days=40)
        doer = None if is_noted else self.staff.head(life.unit, self.today)
        level = max(1, int(life.fields["confidentiality"]))
        values = {
            "unit_id": life.unit, "confidentiality": level, "serial": next(self.decisions),
            "text": self.stream.pick(self.words["noted" if is_noted else "decided"]), "owner_id": doer,
            "due": None if is_noted else due, "meeting_id": meeting.id, "item_id": item, "recorded_by_id": by,
            "state": "noted" if is_noted else "to_do", "outcome": "",
        }  # fmt: skip
        made = Entry("decision", self.stream.uuid7(at), at, "decide", by, values)
        self.entries.append(made)
        if doer and due < self.today and self.stream.happens(0.8):
            done = {**values, "state": "done", "outcome": self.words["outcome"]}
            self.entries.append(
                replace(made, at=self.stream.moment(due, at), command="carry_out", by=doer, values=done)
            )

    def _part(self, name: str, at: datetime, by: UUID, command: str, values: dict[str, Any]) -> UUID:
        key = self.stream.uuid7(at)
        self.entries.append(Entry(name, key, at, command, by, values))
        return key


def _first(lives: Iterator[RiskLife], most: int, day: date) -> Iterator[RiskLife]:
    """The next few that had been assessed by a day."""
    for life in lives:
        if life.assessed_at and life.assessed_at.date() < day - INVITED:
            yield life
            most -= 1
        if not most:
            return
