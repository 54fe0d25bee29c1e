"""Questions about workshops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.queries import decided
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.rows import found
from kivijalka.workshops import rules
from kivijalka.workshops.models import Answer, Question, Workshop


@dataclass
class Spread:
    """One question: how many have answered and, once the answers are closed, how many chose each likelihood and impact."""

    question: Question
    answers: int = 0
    cells: Counter[tuple[int, int]] = field(default_factory=Counter)

    def of(self, place: int) -> Counter[int]:
        """How many chose each likelihood (0) or impact (1)."""
        found: Counter[int] = Counter()
        for cell, times in self.cells.items():
            found[cell[place]] += times
        return found

    @property
    def likelihood(self) -> int | None:
        return rules.middle(self.of(0))

    @property
    def impact(self) -> int | None:
        return rules.middle(self.of(1))


def workshop_seen(pk: UUID | str) -> Workshop:
    """The workshop alone, without what it points at."""
    workshop: Workshop = found(Workshop.objects.seen(), pk)
    return workshop


def questions(workshop: Workshop) -> list[Spread]:
    """What the workshop asks, in the order in which it does, with what the acting person may know of the answers."""
    asked = Question.objects.seen().filter(workshop=workshop).order_by("id")
    found = {question.pk: Spread(question) for question in relate(asked, ["risk", "assessment"])}
    with connection.cursor() as cursor:
        cursor.execute("select question, likelihood, impact, answers from kj.spread(%s)", [workshop.pk])
        for question, likelihood, impact, answers in cursor.fetchall():
            spread = found.get(question)
            if spread is not None:
                spread.answers += answers
                if likelihood is not None:
                    spread.cells[likelihood, impact] += answers
    return list(found.values())


def most_disputed_first(spreads: Iterable[Spread], policy: PolicyVersion) -> list[Spread]:
    """Those whose answers are furthest apart first."""
    level = policy.scales.level
    return sorted(spreads, key=lambda spread: rules.disagreement(spread.cells, level), reverse=True)


def own_answers(questions: Iterable[Question]) -> dict[UUID, Answer]:
    """What the acting person has answered, by question."""
    rows = Answer.objects.seen().filter(question__in=[question.pk for question in questions])
    return {answer.question_id: answer for answer in rows}


def policy_of(workshop: Workshop) -> PolicyVersion | None:
    """The version that the workshop was opened under: what its levels are called."""
    return next((version for version in decided() if version.pk == workshop.policy_version_id), None)
