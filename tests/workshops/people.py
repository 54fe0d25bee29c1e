"""A workshop with people in it: what its tests begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.models import Link
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from kivijalka.workshops import answering, codes, commands
from kivijalka.workshops.models import Question, Workshop
from tests import factories as make


@dataclass
class Room:
    """An open workshop about some risks of a unit, and who leads it."""

    workshop: Workshop
    leader: Person
    risks: list[Risk]

    @property
    def code(self) -> str:
        return codes.code_of(self.workshop.pk)

    def question(self, number: int = 0) -> Question:
        return Question.objects.get(workshop=self.workshop, risk=self.risks[number])

    def joined(self, person: Person | None = None) -> Person:
        """Somebody of another unit who has joined."""
        someone = person or make.person(unit=make.unit())
        with acting(someone.pk) as actor:
            answering.join(actor, self.code)
        return someone

    def answers(self, person: Person, likelihood: int, impact: int, number: int = 0) -> None:
        question = self.question(number)
        with acting(person.pk) as actor:
            answering.answer(actor, self.workshop, question.pk, likelihood=likelihood, impact=impact)

    def do(self, verb: Any, person: Person | None = None, **inputs: Any) -> Any:
        """Whoever leads it, or somebody else, does a verb."""
        with acting((person or self.leader).pk) as actor:
            return verb(actor, Workshop.objects.get(pk=self.workshop.pk), **inputs)

    def closed(self) -> Room:
        self.do(commands.close_answers)
        return self


def planned(*risks: Risk, leader: Person | None = None, **given: Any) -> Room:
    """A workshop that is not open yet."""
    leader = leader or make.holder(unit=make.unit())
    values = {"title": "Koulun riskit", "held_on": make.in_days(0), "owner": leader, "unit_id": leader.unit_id, **given}
    workshop = make.fresh(Workshop.objects.create(**values))
    found = list(risks) or [make.risk(f"Riski {number}", unit=unit_of(leader), event="Sattuu.") for number in (1, 2)]
    for risk in found:
        make.link(commands.ASKS_ABOUT, workshop, risk)
    return Room(workshop, leader, found)


def opened(*risks: Risk, **given: Any) -> Room:
    """A workshop that is open for answers."""
    room = planned(*risks, **given)
    room.do(commands.open_answers)
    return room


def unit_of(person: Person) -> Any:
    return REGISTERS["unit"].model._default_manager.get(number=person.unit_id)


def links_to(risk: Risk) -> int:
    return Link.objects.filter(b=risk.pk, kind=commands.ASKS_ABOUT, until__isnull=True).count()
