"""The situation of a unit: how it stands, what is late. Each number opens its records."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from kivijalka.actions.models import Action
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import policy_in_force
from kivijalka.policy.scales import Scales
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
    late_reviews = risks.exclude(state=Risk.State.CLOSED).filter(review__lt=day)
    counts = dict(risks.exclude(state=Risk.State.CLOSED).order_by().values_list("level").annotate(count=Count("pk")))
    context = {
        "unit": unit,
        "units_below": Unit.objects.seen().filter(parent=unit.number, end__isnull=True) if unit else [],
        "matrix": queries.matrix(risks, policy_in_force(day).content),
        "scales": _words(day),
        "levels": [(level, label, counts.get(level, 0)) for level, label in reversed(Level.choices)],
        "unassessed": counts.get("", 0),
        "open": sum(counts.values()),
        "top": risks.exclude(state=Risk.State.CLOSED).exclude(level="").order_by("-level", "review", "id")[:TOP],
        "overdue": overdue.order_by("due", "id")[:TOP],
        "overdue_count": overdue.count(),
        "late_reviews": late_reviews.count(),
        "query": f"unit={unit.code}&" if unit else "",
        "day": day,
    }
    return render(request, "reports/situation.html", context)


def _unit(request: HttpRequest) -> Unit | None:
    """The unit that the address asks for; without one, everything within reach."""
    code = request.GET.get("unit", "").split(" ")[0]
    if not code:
        return None
    found = Unit.objects.seen().filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def _rows(register: str, unit: Unit | None) -> QuerySet[Any]:
    params = QueryDict(f"unit={unit.code}" if unit else "")
    return all_rows(REGISTERS[register], params)[0]


def _words(day: date) -> dict[str, list[tuple[int, str]]]:
    language = translation.get_language() or "fi"
    scales = Scales(policy_in_force(day).content)
    return {
        "likelihood": [(level, scales.likelihood_name(level, language)) for level in range(5, 0, -1)],
        "impact": [(level, scales.impact_name(level, language)) for level in range(1, 6)],
    }
