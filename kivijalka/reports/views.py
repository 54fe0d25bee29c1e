"""The situation of a unit: how it stands, what is late. Each number opens its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Window
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from kivijalka.access import looking_back
from kivijalka.access.request import ActingRequest, day_of
from kivijalka.actions.models import Action
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.policy.queries import changed_between, policy_known
from kivijalka.policy.scales import Scales
from kivijalka.programmes.models import Programme
from kivijalka.programmes.standing import OPEN, standings
from kivijalka.register.doors import compare
from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.doors.related import relate, together
from kivijalka.register.models import Record
from kivijalka.register.refusal import Refused
from kivijalka.risks import queries
from kivijalka.risks.models import Benefit, Level, Risk, level_badge

Sign = Risk.Sign
TOP = 10
# What a list of open risks is asked.
OPEN_RISKS = urlencode({"state": Risk.OPEN}, doseq=True)


@require_GET
def situation(request: ActingRequest) -> HttpResponse:
    """Matrix, top risks and overdue work of a unit and all below it, on any date; compared with another, the matrix alone."""
    day = day_of(request)
    unit = unit_looked_at(request)
    risks = rows_at(Risk, unit)
    then = earlier(request, unit)
    context = {
        **standing(queries.stands(risks, day), day, then.stands),
        "then": then,
        "unit": unit,
        "query": query_of(request, unit),
        "day": day,
    }
    if then.stands is not None:
        return render(request, "reports/situation_compared.html", context)
    context |= _besides(risks, unit, day)
    alone = request.headers.get("HX-Target", "").endswith("standing")
    template = "reports/_standing.html" if alone else "reports/situation.html"
    return render(request, template, context, status=422 if then.form.errors else 200)


def _besides(risks: QuerySet[Any], unit: Unit | None, day: date) -> dict[str, Any]:
    """What stands below the matrix: the highest threats, what is overdue, change programmes, units below."""
    overdue, overdue_count = overdue_of(rows_at(Action, unit), day)
    programmes = standings(rows_at(Programme, unit), day)
    with together():
        top = relate(top_threats(risks), ["unit"])
        relate([row.programme for row in programmes[:TOP]], ["unit"])
    return {
        "units_below": Unit.objects.seen().filter(parent=unit.number, end__isnull=True) if unit else [],
        "top": top,
        "overdue": relate(overdue, ["owner"]),
        "overdue_count": overdue_count,
        "programmes": programmes[:TOP],
        "programme_count": len(programmes),
        "open_programmes": OPEN,
        "open_states": Action.OPEN,
    }


@dataclass
class Earlier:
    """The day that a situation is compared with, if one is asked for: how open risks stood, and what changed since."""

    form: RegisterForm
    since: date | None = None
    stands: list[queries.Stand] | None = None
    meanwhile: Sequence[str] = ()


def earlier(request: ActingRequest, unit: Unit | None) -> Earlier:
    """How open risks stood on the day that the address asks for; one query, and those of looking back."""
    found = Earlier(compare.since_form(request.GET if request.GET.get(compare.SINCE) else None))
    found.form.fields[compare.SINCE].required = False
    if not found.form.is_bound or not found.form.is_valid():
        return found
    try:
        moment = compare.moment_before(found.form.cleaned_data[compare.SINCE], request.as_of or timezone.now())
    except Refused as refused:
        found.form.refuse(refused)
        return found
    found.since = timezone.localdate(moment)
    with looking_back(request.actor, moment):
        found.stands = queries.stands(rows_at(Risk, unit), found.since)
    found.meanwhile = changed_between(found.since, day_of(request))
    return found


def standing(found: list[queries.Stand], day: date, then: list[queries.Stand] | None = None) -> dict[str, Any]:
    """What the matrix shows: open risks by where they stand, in the policy of the day, and how many stood there then."""
    counts = Counter[tuple[str, str]]()
    for stand in found:
        counts[stand.sign if stand.level else "", stand.level] += stand.count
    policy = policy_known(day)
    return {
        "matrix": queries.matrix(found, policy.scales, then) if policy else [],
        "scales": _words(policy.scales) if policy else {},
        "levels": [(level, label, counts[Sign.THREAT, level]) for level, label in reversed(Level.choices)],
        "benefits": [
            (level_badge(Sign.OPPORTUNITY, level), level, label, counts[Sign.OPPORTUNITY, level])
            for level, label in reversed(Benefit.choices)
            if counts[Sign.OPPORTUNITY, level]
        ],
        "unassessed": counts["", ""],
        "open": counts.total(),
        "open_risks": OPEN_RISKS,
        "late_reviews": sum(stand.late for stand in found),
        "policy": policy,
    }


def query_of(request: ActingRequest, unit: Unit | None) -> str:
    """What every link into a list begins with: the unit and the moment that this page looks at."""
    kept = {"unit": unit.code if unit else "", "as_of": request.GET.get("as_of", "")}
    return "".join(f"{urlencode({name: text})}&" for name, text in kept.items() if text)


def rows_at(model: type[Record], unit: Any) -> QuerySet[Any]:
    """What of a register belongs to the unit or one below it."""
    rows = model.objects.seen()
    return rows.filter(unit__in=unit.below) if unit else rows


def overdue_of(actions: QuerySet[Any], day: date) -> tuple[list[Action], int]:
    """The longest overdue, and how many there are; one query."""
    late = actions.filter(state__in=Action.OPEN, due__lt=day)
    rows: list[Any] = list(late.annotate(of=Window(Count("*"))).order_by("due", "id")[:TOP])
    return rows, rows[0].of if rows else 0


def top_threats(risks: QuerySet[Any]) -> QuerySet[Any]:
    """The highest open threats."""
    assessed = risks.filter(sign=Sign.THREAT).filter(Risk.IS_OPEN).exclude(level="")
    return assessed.order_by("-level", "-id")[:TOP]


def _words(scales: Scales) -> dict[str, list[tuple[int, str]]]:
    language = translation.get_language() or "fi"
    return {
        "likelihood": [(level, scales.likelihood_name(level, language)) for level in range(5, 0, -1)],
        "impact": [(level, scales.impact_name(level, language)) for level in range(1, 6)],
    }
