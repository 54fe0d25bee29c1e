"""A workshop for programs: what it asks and how that is answered, and one's own answers. Joining takes a person and a code."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from kivijalka.access.request import ActingRequest
from kivijalka.policy.scales import LEVELS
from kivijalka.register.doors.api import query, shapes
from kivijalka.register.doors.api.operations import Id, named
from kivijalka.register.doors.api.reading import Body
from kivijalka.register.doors.api.site import Api
from kivijalka.workshops import answering, forms, queries
from kivijalka.workshops.models import Workshop
from kivijalka.workshops.queries import Spread

CHOICES = [(level, str(level)) for level in LEVELS]


class Levels(BaseModel):
    """A likelihood and an impact."""

    likelihood: int
    impact: int


class Place(Levels):
    """How many answered so."""

    answers: int


class Question(BaseModel):
    """A risk as the workshop asks about it, one's own answer, and how many have answered; what, once the answers are closed."""

    id: UUID
    sign: str
    title: str
    cause: str
    event: str
    consequence: str
    mine: Levels | None
    answers: int
    spread: list[Place]
    assessment: UUID | None


class Questions(BaseModel):
    """What a workshop asks, in its order."""

    items: list[Question]


class Given(shapes.Given):
    """An answer to a question; it replaces one's former answer."""

    question: str = shapes.described(_("Id of the question"))
    likelihood: int = shapes.described(_("Likelihood"), words=CHOICES)
    impact: int = shapes.described(_("Impact"), words=CHOICES)


def open_api(api: Api) -> None:
    """Add the list of questions, and the answer to one."""
    add = partial(api.add, tag=_("Workshop"))
    path, label = "/workshops/{id}/questions", _("What the workshop asks, and how it is answered")
    add("get", path, named(asked, id=Id), {200: Questions}, "workshop_questions", label)
    path, label = "/workshops/{id}/answers", _("Answer, as oneself, in a workshop that one has joined")
    add("post", path, named(answered, id=Id), {200: Question}, "workshop_answer", label, body=Given)


def asked(request: ActingRequest, id: str) -> dict[str, Any]:
    query.check(request)
    return {"items": _shown(queries.workshop_seen(id))}


def answered(request: ActingRequest, id: str) -> dict[str, Any]:
    query.check(request)
    workshop, body = queries.workshop_seen(id), Body(request, Given)
    given = body.fitting(forms.answer_form(queries.policy_of(workshop), body.values))
    levels = {name: given[name] for name in ("likelihood", "impact")}
    answering.answer(request.actor, workshop, given["question"], **levels)
    return next(item for item in _shown(workshop) if item["id"] == given["question"])


def _shown(workshop: Workshop) -> list[dict[str, Any]]:
    spreads = queries.questions(workshop)
    mine = queries.own_answers(spread.question for spread in spreads)
    return [_question(spread, mine.get(spread.question.pk)) for spread in spreads]


def _question(spread: Spread, mine: Any) -> dict[str, Any]:
    question = spread.question
    return {
        **{name: getattr(question, name) for name in ("id", "sign", "title", "cause", "event", "consequence")},
        "mine": {"likelihood": mine.likelihood, "impact": mine.impact} if mine else None,
        "answers": spread.answers,
        "spread": [
            {"likelihood": likelihood, "impact": impact, "answers": times}
            for (likelihood, impact), times in sorted(spread.cells.items())
        ],
        # Not of a risk that the reader does not see.
        "assessment": question.assessment_id if question.assessment else None,
    }
