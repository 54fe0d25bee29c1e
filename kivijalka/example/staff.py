"""Finds who could act: somebody in service, at the right unit, with the right role, on the day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kivijalka.example.people import People
from kivijalka.example.policy import AUTHORITY
from kivijalka.example.shape import Language, Level, RoleKind
from kivijalka.example.stream import Stream
from kivijalka.example.units import Tree

TRIES = 6


@dataclass(frozen=True, slots=True)
class Term:
    """One role of one person: from the first day to before the last."""

    person: UUID
    language: Language
    start: date
    end: date

    def covers(self, first: date, last: date) -> bool:
        return self.start <= first and last < self.end


class Staff:
    """The terms of all roles, by unit."""

    def __init__(self, grown: Tree, crowd: People) -> None:
        self.tree = grown
        self.terms: dict[tuple[int, RoleKind], list[Term]] = defaultdict(list)
        self.ends = {person.id: person.end or date.max for person in crowd.persons}
        languages: dict[UUID, Language] = {person.id: person.language for person in crowd.persons}
        for role in crowd.roles:
            kind: RoleKind = "employee" if role.kind == "partner_member" else role.kind
            term = Term(role.person, languages[role.person], role.start, role.end or date.max)
            self.terms[role.unit, kind].append(term)

    def head(self, unit: int, day: date, besides: UUID | None = None) -> UUID:
        """Who leads the unit on the day, or the next one up who is somebody else than `besides`."""
        return self._upwards(unit, ("unit_head",), day, besides) or self.head(self.tree.root.unit.number, day)

    def acceptor(self, unit: int, level: Level, day: date, owner: UUID | None) -> UUID | None:
        """Who may accept a risk of that level on the day: with the authority, at or above the unit, never the owner."""
        return self._upwards(unit, AUTHORITY[level], day, owner)

    def member(self, stream: Stream, unit: int, first: date, last: date, language: Language) -> UUID:
        """Somebody who serves at the unit from the first day to the last and, if it is easy, speaks the language."""
        terms = self.terms[unit, "employee"]
        found: UUID | None = None
        for _ in range(TRIES if terms else 0):
            term = stream.pick(terms)
            if term.covers(first, last):
                found = term.person
                if term.language == language:
                    return found
        return found or self._any_member(stream, unit, first, last)

    def _any_member(self, stream: Stream, unit: int, first: date, last: date) -> UUID:
        for number in self.tree.upwards[unit]:
            serving = [term.person for term in self.terms[number, "employee"] if term.covers(first, last)]
            if serving:
                return stream.pick(serving)
        raise LookupError(f"nobody above unit {unit} serves from {first} to {last}: the city has too few people")

    def _upwards(self, unit: int, kinds: tuple[RoleKind, ...], day: date, besides: UUID | None) -> UUID | None:
        for number in self.tree.upwards[unit]:
            for kind in kinds:
                for term in self.terms.get((number, kind), ()):
                    if term.covers(day, day) and term.person != besides:
                        return term.person
        return None
