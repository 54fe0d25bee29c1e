"""The areas of organisational security: how each stands over the city, as far as the reader sees."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest
from kivijalka.actions.models import Action
from kivijalka.areas.names import Area
from kivijalka.areas.packs import Pack, packs
from kivijalka.monitoring.models import Indicator
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Link
from kivijalka.reports.views import overdue_of, query_of, rows_at, standing
from kivijalka.risks.models import Risk

MOST = 10
OPEN = ~Q(state=Risk.State.CLOSED)


@require_GET
def areas(request: ActingRequest) -> HttpResponse:
    """Every area with what it covers, its open risks, those that wait for a new look, and whether one is its expert."""
    unit = unit_looked_at(request)
    each = {area.value: Q(areas__contains=[area.value]) for area in Area}
    counts = rows_at(Risk, unit).filter(OPEN).aggregate(
        **{f"{area}_open": Count("pk", filter=one) for area, one in each.items()},
        **{f"{area}_flagged": Count("pk", filter=one & Q(flagged__isnull=False)) for area, one in each.items()},
    )  # fmt: skip
    rows = [(pack, counts[f"{area}_open"], counts[f"{area}_flagged"]) for area, pack in packs().items()]
    mine = _held(_day(request)).filter(person=request.actor.principal).values_list("kind", flat=True)
    context = {"unit": unit, "rows": rows, "mine": set(mine), "query": query_of(request, unit)}
    return render(request, "reports/areas.html", context)


@require_GET
def area_page(request: ActingRequest, area: str) -> HttpResponse:
    """One area's situation: matrix, what waits for its expert, what is overdue, past its limit, and where nothing is known."""
    pack, unit, day = _pack(area), unit_looked_at(request), _day(request)
    risks = rows_at(Risk, unit).filter(areas__contains=[area])
    overdue, overdue_count = overdue_of(_tied(rows_at(Action, unit), "treats", risks), day)
    queue = _first(risks.filter(OPEN & (Q(flagged__isnull=False) | Q(level=""))), F("flagged").asc(nulls_last=True))
    past = Q(state=Indicator.State.FOLLOWED, standing=Indicator.Standing.PAST)
    indicators = _first(_tied(rows_at(Indicator, unit), "watches", risks).filter(past), "value_on")
    without = _first(_units_without(area, unit), "number", most=2 * MOST)
    context = {
        **standing(risks, day),
        "pack": pack,
        "unit": unit,
        "day": day,
        "experts": _experts(pack, day),
        "queue": relate(queue, ["unit"]),
        "overdue": overdue,
        "overdue_count": overdue_count,
        "indicators": indicators,
        "without": without,
        "query": f"{query_of(request, unit)}areas={area}&",
    }
    return render(request, "reports/area.html", context)


@require_GET
def typical(request: ActingRequest, area: str) -> HttpResponse:
    """The area's typical risks: what each is, in how many units it was taken, and by which."""
    pack, unit = _pack(area), unit_looked_at(request)
    taken = rows_at(Risk, unit).filter(starter__in=[one.key for one in pack.starters])
    counts = dict(taken.order_by().values_list("starter").annotate(units=Count("unit", distinct=True)))
    chosen = request.GET.get("starter", "")
    risks = _first(taken.filter(starter=chosen), "-id", most=5 * MOST) if counts.get(chosen) else []
    context = {
        "pack": pack,
        "unit": unit,
        "starters": [(one, counts.get(one.key, 0)) for one in pack.starters],
        "chosen": chosen,
        "risks": relate(risks, ["unit"]),
    }
    return render(request, "reports/typical.html", context)


def _pack(area: str) -> Pack:
    if area not in Area.values:
        raise Http404
    return packs()[Area(area)]


def _day(request: ActingRequest) -> date:
    return timezone.localdate(request.as_of) if request.as_of else timezone.localdate()


def _tied(rows: QuerySet[Any], kind: str, risks: QuerySet[Any]) -> QuerySet[Any]:
    """Of the rows, those that a link of this kind ties to one of the risks."""
    links = Link.objects.seen().filter(kind=kind, until__isnull=True, b__in=risks.order_by().values("pk"))
    return rows.filter(pk__in=links.values("a"))


def _first(rows: QuerySet[Any], order: Any, most: int = MOST) -> list[Any]:
    """The first rows, each with how many there are in all; one query."""
    return list(rows.annotate(of=Window(Count("*"))).order_by(order, "id")[:most])


def _units_without(area: str, unit: Any) -> QuerySet[Unit]:
    """Units in which people work, without an open risk of the area."""
    risks = Risk.objects.seen().filter(OPEN, unit=OuterRef("number"), areas__contains=[area])
    rows = Unit.objects.seen().filter(~Exists(risks), kind=Unit.Kind.UNIT, end__isnull=True)
    return rows.filter(number__in=unit.below) if unit else rows


def _experts(pack: Pack, day: date) -> list[Person]:
    """Who holds the area's role today, anywhere."""
    roles = _held(day).filter(kind=pack.role)
    return list(
        Person.objects.seen().filter(pk__in=roles.values("person")).order_by("family_name", "given_name")[:MOST]
    )


def _held(day: date) -> QuerySet[Role]:
    """Roles that are held on a day."""
    rows: QuerySet[Role] = Role.objects.seen().filter(Q(end__isnull=True) | Q(end__gte=day), start__lte=day)
    return rows
