"""Questions about risks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from kivijalka.access import Actor, owner
from kivijalka.actions.queries import TREATS
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import policy_known
from kivijalka.policy.scales import DIMENSIONS, LEVELS, Scales, Step, Words
from kivijalka.register.command import Option
from kivijalka.register.models import Link
from kivijalka.risks.models import Assessment, Benefit, Level, Risk


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix: how many risks stand there, and the class that the policy gives it."""

    likelihood: int
    impact: int
    count: int
    level: str
    # On the day that it is compared with.
    was: int | None = None

    @property
    def moved(self) -> str:
        """How many more or fewer stand there now, where that is not as many."""
        change = 0 if self.was is None else self.count - self.was
        return f"{change:+d}".replace("-", "−") if change else ""


class AskedToAccept(Func):
    """Whether the acting person is the nearest, at the risk's unit or above it, with the authority for its level."""

    function = "kj.asked_to_accept"
    output_field = BooleanField()

    def __init__(self) -> None:
        super().__init__(F("unit_id"), F("level"), F("owner_id"))


def proposed() -> Q:
    """A risk that its owner proposes to accept."""
    return Q(state="assessed", treatment=Risk.Treatment.ACCEPT)


def asked_of_me() -> Q:
    """Whoever is asked to accept a risk: never its owner."""
    return ~owner() & Q(AskedToAccept())


def without_action() -> Q:
    """A risk that is to be treated, and that no action treats."""
    treated = Link.objects.in_force(TREATS.kind).filter(b=OuterRef("pk"))
    return ~Q(treatment__in=["", Risk.Treatment.ACCEPT]) & ~Q(Exists(treated))


def open_actions(risk: Risk) -> int:
    """How many actions that treat a risk are not finished, also those out of the acting person's reach."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.open_actions(%s)", [risk.pk])
        return int(cursor.fetchone()[0])


def level_words() -> dict[str, dict[Any, str]]:
    """What the policy in force calls the levels, in the reader's language; a class by its words for both kinds of risk."""
    policy, language = policy_known(timezone.localdate()), get_language() or "fi"
    classes = {"level": {level.value: f"{level.label} / {Benefit[level.name].label}" for level in Level}}
    if policy is None:
        return classes
    scales = policy.scales
    return classes | {
        "likelihood": {level: scales.likelihood_in_words(level, language) for level in LEVELS},
        "impact": {level: scales.impact_in_words(level, language) for level in LEVELS},
    }


def meanings() -> dict[str, dict[int, Option]]:
    """What each level of an assessment means by the policy in force: its name, and its sentence."""
    policy, language = policy_known(timezone.localdate()), get_language() or "fi"
    if policy is None:
        return {}
    scales = policy.scales
    found = {"likelihood": {s.level: _option(s, s.name or s.text, language) for s in scales.likelihood}}
    for dimension in scales.dimensions:
        names = scales.impact_levels
        found[dimension.key] = {s.level: _option(s, names[s.level - 1].name, language) for s in dimension.levels}
    return found


def _option(step: Step, name: Words, language: str) -> Option:
    return Option(f"{step.level} {name.in_(language)}", step.text.in_(language))


def latest(risk: Risk) -> dict[str, Any]:
    """The answers of the latest assessment of the current risk: what a new one begins with."""
    rows = Assessment.objects.seen().filter(risk=risk, stage=Assessment.Stage.CURRENT)
    return rows.order_by("-at").values("likelihood", *DIMENSIONS).first() or {}


def accepts_up_to(actor: Actor, unit: int) -> int:
    """The highest class (1 to 4; 0: none) that the principal may accept at a unit, by the policy in force and their roles."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.accepts_up_to(%s, %s)", [actor.principal, unit])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Stand:
    """How many open risks stand at one place of the matrix (None: not assessed), and how many are late for review."""

    sign: str
    likelihood: int | None
    impact: int | None
    level: str
    count: int
    late: int


def stands(risks: QuerySet[Risk], day: date) -> list[Stand]:
    """Open risks by where they stand, in one query that its index answers alone."""
    rows = risks.filter(Risk.IS_OPEN).order_by().values_list("sign", "likelihood", "impact", "level")
    found = rows.annotate(count=Count("*"), late=Count("review", filter=Q(review__lt=day)))
    return [Stand(*row) for row in found]


def matrix(found: list[Stand], scales: Scales, then: list[Stand] | None = None) -> list[list[Cell]]:
    """Threats by likelihood (rows, highest first) and impact (columns); with how many stood there then."""
    counts, before = _threats(found), None if then is None else _threats(then)

    def cell(row: int, column: int) -> Cell:
        was = None if before is None else before[row, column]
        return Cell(row, column, counts[row, column], scales.level(row, column), was)

    return [[cell(row, column) for column in range(1, 6)] for row in range(5, 0, -1)]


def _threats(found: list[Stand]) -> Counter[tuple[int | None, int | None]]:
    counts: Counter[tuple[int | None, int | None]] = Counter()
    for stand in found:
        if stand.sign == Risk.Sign.THREAT:
            counts[stand.likelihood, stand.impact] += stand.count
    return counts


def begun_from(unit: Unit) -> set[str]:
    """Keys of the typical risks that risks of a unit were begun from, closed ones too."""
    return set(Risk.objects.seen().filter(unit=unit.number).exclude(starter="").values_list("starter", flat=True))
