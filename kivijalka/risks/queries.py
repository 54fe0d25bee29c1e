"""Questions about risks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, QuerySet

from kivijalka.policy.scales import Scales
from kivijalka.risks.models import Risk


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix: how many risks stand there, and the class that the policy gives it."""

    likelihood: int
    impact: int
    count: int
    level: str


def open_actions(risk: Risk) -> int:
    """How many actions that treat a risk are not finished, also those out of the acting person's reach."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.open_actions(%s)", [risk.pk])
        return int(cursor.fetchone()[0])


def matrix(risks: QuerySet[Risk], scales: Scales) -> list[list[Cell]]:
    """Risks by likelihood (rows, highest first) and impact (columns), in one query."""
    counted = risks.exclude(state=Risk.State.CLOSED).filter(likelihood__isnull=False, impact__isnull=False)
    found = counted.order_by().values_list("likelihood", "impact").annotate(count=Count("pk"))
    counts = {(likelihood, impact): count for likelihood, impact, count in found}
    return [
        [Cell(row, column, counts.get((row, column), 0), scales.level(row, column)) for column in range(1, 6)]
        for row in range(5, 0, -1)
    ]
