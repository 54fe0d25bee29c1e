"""The areas of organisational security: how each stands over the city, as far as the reader sees."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Window
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kivijalka.access import at_unit
from kivijalka.access.request import ActingRequest, day_of
from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.areas.names import Area
from kivijalka.areas.packs import Pack, packs
from kivijalka.monitoring.models import Indicator
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Link
from kivijalka.reports.views import OPEN_RISKS, query_of, rows_at, standing
from kivijalka.risks.models import Risk
from kivijalka.risks.queries import Stand

MOST = 10
# What an area's page asks of its risks, however many there are, in one query.
TOLD = ("pk", "code", "title", "unit_id", "sign", "likelihood", "impact", "level", "review", "flagged")

# And what it names of others.
NAMED: dict[Any, tuple[str, ...]] = {
    Action: ("code", "title", "due"),
    Indicator: ("code", "title", "value", "measured_in", "limit"),
}


@require_GET
def areas(request: ActingRequest) -> HttpResponse:
    """Every area with what it covers, its open risks, those that wait for a new look, and whether one is its expert."""
    unit = unit_looked_at(request)
    each = {area.value: Q(areas__contains=[area.value]) for area in Area}
    counts = rows_at(Risk, unit).filter(Risk.IS_OPEN).aggregate(
        **{f"{area}_open": Count("pk", filter=one) for area, one in each.items()},
        **{f"{area}_flagged": Count("pk", filter=one & Q(flagged__isnull=False)) for area, one in each.items()},
    )  # fmt: skip
    rows = [(pack, counts[f"{area}_open"], counts[f"{area}_flagged"]) for area, pack in packs().items()]
    mine = _held(day_of(request)).filter(person=request.actor.principal).values_list("kind", flat=True)
    context = {
        "unit": unit,
        "rows": rows,
        "mine": set(mine),
        "query": query_of(request, unit),
        "open_risks": OPEN_RISKS,
    }
    return render(request, "reports/areas.html", context)


@require_GET
def area_page(request: ActingRequest, area: str) -> HttpResponse:
    """One area's situation: matrix, what waits for its expert, what is overdue, past its limit, and where nothing is known."""
    pack, unit, day = _pack(area), unit_looked_at(request), day_of(request)
    risks = list(rows_at(Risk, unit).filter(Risk.IS_OPEN, areas__contains=[area]).values_list(*TOLD, named=True))
    tied = _tied([risk.pk for risk in risks], _late(unit, day), _past_limit(unit))
    queue = sorted((risk for risk in risks if risk.flagged or not risk.level), key=_longest_flagged)
    context = {
        **standing(_stands(risks, day), day),
        "pack": pack,
        "unit": unit,
        "day": day,
        "experts": _experts(pack, day),
        "queue": relate(_shown(Risk, queue[:MOST], ("code", "title", "unit_id", "flagged")), ["unit"]),
        "queue_count": len(queue),
        "overdue": tied[Action],
        "indicators": tied[Indicator],
        "most": MOST,
        "without": _first(_units_without({risk.unit_id for risk in risks}, unit), "number", most=2 * MOST),
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


def _late(unit: Any, day: date) -> QuerySet[Any]:
    """Actions that are overdue, the longest first."""
    return rows_at(Action, unit).filter(state__in=Action.OPEN, due__lt=day).order_by("due", "id")


def _past_limit(unit: Any) -> QuerySet[Any]:
    """Indicators past their limit, the longest first."""
    past = Q(state=Indicator.State.FOLLOWED, standing=Indicator.Standing.PAST)
    return rows_at(Indicator, unit).filter(past).order_by("value_on", "id")


def _tied(risks: list[Any], *those: QuerySet[Any]) -> dict[Any, list[Any]]:
    """Of the few that ask for something, by their model, those that treat or watch one of the risks. Their links are asked
    by key: a join takes seconds in the past."""
    found = {rows.model: list(rows.only(*NAMED[rows.model])) for rows in those}
    keys = [one.pk for ones in found.values() for one in ones]
    links = Link.objects.in_force(TREATS.kind, "watches").filter(a__in=keys)
    area = set(risks)
    ours = {a for a, b in links.values_list("a", "b") if b in area}
    return {model: [one for one in ones if one.pk in ours] for model, ones in found.items()}


def _stands(risks: list[Any], day: date) -> list[Stand]:
    return [
        Stand(risk.sign, risk.likelihood, risk.impact, risk.level, 1, int(bool(risk.review and risk.review < day)))
        for risk in risks
    ]


def _longest_flagged(risk: Any) -> tuple[date, Any]:
    """What asks for a new look comes first, the longest so; then what nobody has assessed."""
    return risk.flagged or date.max, risk.pk


def _shown(model: Any, rows: list[Any], names: tuple[str, ...]) -> list[Any]:
    """Records as a page names them."""
    return [model(pk=row.pk, **{name: getattr(row, name) for name in names}) for row in rows]


def _first(rows: QuerySet[Any], order: Any, most: int = MOST) -> list[Any]:
    """The first rows, each with how many there are in all; one query."""
    return list(rows.annotate(of=Window(Count("*"))).order_by(order, "id")[:most])


def _units_without(having: set[int], unit: Any) -> QuerySet[Unit]:
    """Units in which people work and whose risks the reader may see, without those that have one."""
    working = Unit.objects.seen().filter(at_unit("risk.view", "number"), kind=Unit.Kind.UNIT, end__isnull=True)
    rows: QuerySet[Unit] = working.exclude(number__in=having)
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
