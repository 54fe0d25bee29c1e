"""One kind of role, one register: a holder of the role, and rows in reach, at its limit, beyond it, and of their own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.test import Client

from kivijalka.access.expressions import Me
from kivijalka.access.rules import leaves, rights_in
from kivijalka.organisation.grants import KINDS, Kind, granted
from kivijalka.organisation.models import Person, RoleKind, Unit
from kivijalka.register.declare import Register
from kivijalka.register.models import Confidentiality, Record
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors import examples
from tests.doors.expected import Facts, Holder, lets, reaches
from tests.full import FULL
from tests.who import sign_in

ALLOWED, REFUSED, HIDDEN = "allowed", "refused", "hidden"


@dataclass(frozen=True)
class Town:
    """A tree of units: the holder's unit, one below it, one more beside that, and one out of reach."""

    home: Unit
    below: Unit
    beside: Unit
    elsewhere: Unit

    @classmethod
    def built(cls) -> Town:
        # The first by its key, so that example roles get it: a row "one's own" must not widen one's reach.
        RoleKind.objects.create(
            key="0_no_rights", name_fi="Ei oikeuksia", name_sv="Inga rättigheter", name_en="No rights"
        )
        # What is taken to the next level finds somebody there.
        make.holder("chief_executive")
        home = make.unit("Koti", parent=make.sector("Oma toimiala"))
        below, beside = make.unit("Alla", parent=home), make.unit("Vieressä", parent=home)
        return cls(home, below, beside, make.unit("Muualla", parent=make.sector("Toinen toimiala")))

    def holder_of(self, kind: Kind) -> Person:
        """Somebody at home with a kind of role."""
        person = make.person("Hilla Haltija", unit=self.home)
        make.role_of(person, kind.key)
        # So that everybody holds something that may be lent.
        make.role_of(person, "0_no_rights")
        return person


@dataclass(frozen=True)
class Row:
    """A record, where it stands, and what a rule may ask of it."""

    place: str
    record: Any
    facts: Facts


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix: what the declaration says of a door, and what the door did."""

    door: str
    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.door}, {self.place}: {self.expected} by the declaration, {self.found} in fact"


class Visitor(Client):
    """A browser that notes at which doors it has been: the methods and routes of what it asked for."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.visited: set[tuple[str, str]] = set()

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        self.visited.add((request["REQUEST_METHOD"], response.resolver_match.route))
        return response


class Scene:
    """Everything that the doors are tried with. Made as the tables' owner; undone after the test."""

    def __init__(self, register: Register[Any], kind: Kind, town: Town, person: Person | None = None) -> None:
        self.register, self.kind, self.town = register, kind, town
        self.model: type[Any] = register.model
        self.person = person or town.holder_of(kind)
        reached = (town.home, town.below, town.beside) if kind.below else (town.home,)
        self.holder = Holder(self.person.pk, kind, frozenset(unit.number for unit in reached))
        self.rows = [self.row(place) for place in self.places()]
        # Of this transaction's own moment: what was written in it is there already.
        self.moment = database_now()

    @cached_property
    def client(self) -> Visitor:
        return sign_in(Visitor(headers={"accept-language": "en"}), self.person)

    def places(self) -> list[str]:
        """Where a row of this register can stand towards the holder."""
        found = ["in reach", "out of reach"]
        if issubclass(self.model, Record):
            found.append("at the limit")
            if self.kind.level < Confidentiality.SECRET:
                found.append("too confidential")
        if not self.kind.below:
            found.append("below")
        return [*found, "one's own"] if self.model.owner_column else found

    def wishes(self, place: str) -> dict[str, Any]:
        """What an example row needs to stand at a place."""
        near = self.town.below if self.kind.below else self.town.home
        unit = {"out of reach": self.town.elsewhere, "one's own": self.town.elsewhere, "below": self.town.below}
        level = {
            "in reach": Confidentiality.INTERNAL,
            "out of reach": Confidentiality.PUBLIC,
            "below": Confidentiality.PUBLIC,
            "at the limit": self.kind.level,
            "one's own": Confidentiality.SECRET,
        }.get(place, self.kind.level + 1)
        at = unit.get(place, near)
        person = self.person if place == "one's own" else make.person(unit=at)
        return {"unit": at, "person": person, "level": level}

    def row(self, place: str, **given: Any) -> Row:
        wishes = self.wishes(place)
        return self._row(place, examples.row_of(self.model, **wishes, given=given))

    @property
    def past(self) -> dict[str, Any]:
        """The query of a page that looks at what there was."""
        return {"as_of": self.moment.isoformat()}

    def row_for(self, command: Any, place: str) -> Row:
        """A row at a place, in a state in which the command can be done: the one that is there, if it fits."""
        [there] = [row for row in self.rows if row.place == place]
        if self.model._default_manager.filter(command.when, pk=there.record.pk).exists():
            return there
        return self._row(place, examples.in_state(self.model, command, **self.wishes(place)))

    def _row(self, place: str, record: Any) -> Row:
        return Row(place, record, facts_of(record))

    def sees(self, row: Row) -> bool:
        return lets(self.register.access.see, self.holder, row.facts)

    def shown(self, row: Row) -> str:
        return ALLOWED if self.sees(row) else HIDDEN

    def may(self, row: Row, verb: str) -> str:
        """What a verb on a row comes to: done, refused, or no such record."""
        return self.judged(row, self.register.access.may(verb))

    def judged(self, row: Row, rule: Q) -> str:
        if not self.sees(row):
            return HIDDEN
        return ALLOWED if lets(rule, self.holder, row.facts) else REFUSED

    def telling(self, rule: Q) -> list[Row]:
        """A row for each thing that a rule can come to: enough for doors that only carry what commands and raw SQL try on
        every row. Registers and roles take turns in which, so that each place comes round at each door."""
        by_outcome: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_outcome[self.judged(row, rule)].append(row)
        return self.rows if FULL else [rows[self.turn % len(rows)] for rows in by_outcome.values()]

    @property
    def turn(self) -> int:
        """A number that differs from one register and role to the next."""
        return list(REGISTERS).index(self.register.key) + KINDS.index(self.kind)

    def places_for(self, verb: str) -> list[str]:
        """A place for each thing that a verb on a row there can come to."""
        rule = self.register.access.add if verb == "add" else self.register.access.may(verb)
        return [row.place for row in self.telling(rule)]

    @property
    def may_add_somewhere(self) -> bool:
        """Whether the kind of role gives the right to add at all, wherever it is held; or one may add what is one's own."""
        rule = self.register.access.add
        return self.register.adds and (self._gives_any(rule) or any(isinstance(leaf, Me) for leaf in leaves(rule)))

    @property
    def may_import(self) -> bool:
        """Whether the kind of role gives a right to add or to change at all: owning a record opens no import."""
        return self._gives_any(self.register.access.add) or self._gives_any(self.register.access.write)

    @property
    def may_change_somewhere(self) -> bool:
        """Whether the kind of role gives a right to change anything at all, or owning does."""
        rule = self.register.access.write
        return self._gives_any(rule) or any(isinstance(leaf, Me) for leaf in leaves(rule))

    def _gives_any(self, rule: Q) -> bool:
        return any(granted(self.kind, right) for right in rights_in(rule))

    def asked(self, right: str, row: Row) -> bool:
        """Whether the holder has a right at a row's place that no rule of a register asks for."""
        return reaches(right, self.holder, row.facts)

    def inputs(self, command: Any) -> dict[str, Any]:
        person = make.person(unit=self.town.beside)
        return examples.inputs_of(command, unit=self.town.beside, person=person, mine=self.person)

    def new(self, place: str) -> tuple[dict[str, Any], str]:
        """Values for a new row at a place, and what adding it should come to: it must be seen as well."""
        values, facts = self.values(place)
        access = self.register.access
        if "confidentiality" not in self.register.writable:
            facts = replace(facts, level=Confidentiality.INTERNAL)
        # A register that is added to on a page of its own has no door for it here.
        may = self.register.adds and lets(access.add, self.holder, facts) and lets(access.see, self.holder, facts)
        return values, ALLOWED if may else REFUSED

    def values(self, place: str) -> tuple[dict[str, Any], Facts]:
        """Values for a new row at a place, in a new unit below, so that nothing of it is there twice."""
        wishes = self.wishes(place)
        new = make.unit(parent=wishes["unit"])
        values = examples.values_of(self.model, **{**wishes, "unit": new})
        at = (wishes["unit"] if self.kind.below else new).number
        named = {f"{name}_id": value.pk for name, value in values.items() if isinstance(value, Person)}
        owner = named.pop(self.model.owner_column or "", None)
        return values, Facts(at, values.get("confidentiality", 0), owner, others=named)


def tells_of(record: Any, content: str) -> bool:
    """Whether a page or document tells of a record: by its id, or its code and no other that begins or ends alike."""
    return str(record.pk) in content or re.search(rf"(?<![\w-]){re.escape(record.code)}(?!\w)", content) is not None


def facts_of(record: Any) -> Facts:
    """What a rule may ask of a record of a register."""
    model = type(record)
    owner = getattr(record, model.owner_column) if model.owner_column else None
    # A unit is reached where the one above it is; its own number is new to the holder's list.
    unit = record.parent_id if model is Unit else record.unit_id
    people = [
        f.attname for f in model._meta.concrete_fields if f.related_model is Person and f.attname != model.owner_column
    ]
    others = {name: getattr(record, name) for name in people}
    return Facts(unit, getattr(record, "confidentiality", 0), owner, others=others)


def database_now() -> datetime:
    """The moment of the transaction under way."""
    with connection.cursor() as cursor:
        cursor.execute("select transaction_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens in the block did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
