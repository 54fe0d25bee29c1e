"""The situation of a unit: how it stands, what is late. Each number opens its records."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from kivijalka.actions.models import Action
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import policy_in_force
from kivijalka.policy.scales import Scales
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.rows import all_rows
from kivijalka.register.refusal import NotThere
from kivijalka.register.registry import REGISTERS
from kivijalka.risks import queries
from kivijalka.risks.models import Level, Risk

TOP = 10


@login_required
@require_GET
def situation(request: Any) -> HttpResponse:
    """Matrix, top risks and overdue work of a unit and all below it, on any date."""
    day = timezone.localdate(request.as_of) if request.as_of else timezone.localdate()
    unit = _unit(request)
    risks, actions = _rows("risk", unit), _rows("action", unit)
    overdue = actions.filter(state__in=Action.OPEN, due__lt=day)
    by_level = _by_level(risks, day)
    policy = policy_in_force(day)
    scales = policy.scales
    context = {
        "unit": unit,
        "units_below": Unit.objects.seen().filter(parent=unit.number, end__isnull=True) if unit else [],
        "matrix": queries.matrix(risks, scales),
        "scales": _words(scales),
        "levels": [(level, label, by_level.get(level, (0, 0))[0]) for level, label in reversed(Level.choices)],
        "unassessed": by_level.get("", (0, 0))[0],
        "open": sum(count for count, _late in by_level.values()),
        "late_reviews": sum(late for _count, late in by_level.values()),
        "top": relate(_top(risks), ["unit"]),
        "overdue": relate(overdue.order_by("due", "id")[:TOP], ["owner"]),
        "overdue_count": overdue.count(),
        "query": f"unit={unit.code}&" if unit else "",
        "day": day,
        "policy": policy,
    }
    alone = request.headers.get("HX-Target", "").endswith("standing")
    return render(request, "reports/_standing.html" if alone else "reports/situation.html", context)


def _unit(request: HttpRequest) -> Unit | None:
    """The unit that the address asks for; without one, everything within reach."""
    code = request.GET.get("unit", "").split(" ")[0]
    if not code:
        return None
    found: Unit | None = Unit.objects.seen().filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def _rows(register: str, unit: Unit | None) -> QuerySet[Any]:
    params = QueryDict(f"unit={unit.code}" if unit else "")
    return all_rows(REGISTERS[register], params)[0]


def _by_level(risks: QuerySet[Any], day: date) -> dict[str, tuple[int, int]]:
    """Open risks by level, with how many of them are late for review; one query."""
    counted = risks.exclude(state=Risk.State.CLOSED).order_by().values_list("level")
    found = counted.annotate(count=Count("pk"), late=Count("pk", filter=Q(review__lt=day)))
    return {level: (count, late) for level, count, late in found}


def _top(risks: QuerySet[Any]) -> QuerySet[Any]:
    assessed = risks.exclude(state=Risk.State.CLOSED).exclude(level="")
    return assessed.order_by("-level", "-id")[:TOP]


def _words(scales: Scales) -> dict[str, list[tuple[int, str]]]:
    language = translation.get_language() or "fi"
    return {
        "likelihood": [(level, scales.likelihood_name(level, language)) for level in range(5, 0, -1)],
        "impact": [(level, scales.impact_name(level, language)) for level in range(1, 6)],
    }
