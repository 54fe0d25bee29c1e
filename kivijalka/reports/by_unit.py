"""Pages of figures by unit: threats by area, effects of actions. Each number opens its records, each unit its own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.actions.models import Action
from kivijalka.organisation.below import Line, tree_at
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.downloads import download
from kivijalka.register.doors.files.write import TYPES, WRITERS
from kivijalka.register.doors.place import kept
from kivijalka.reports import effects, heat
from kivijalka.reports.views import rows_at
from kivijalka.risks.models import Level, Risk


@require_GET
def heat_page(request: ActingRequest) -> HttpResponse:
    """Open threats of the units right below, by area of security: how many and the worst class; each opens its list."""
    unit, lines = _heat(request)

    def address(line: Line[Any], column: str) -> str:
        areas = {"areas": column} if column else {}
        return _listed(request, "risks", line, {**areas, "sign": Risk.Sign.THREAT, "state": Risk.OPEN})

    context = {
        "unit": unit,
        "lines": [(line, [(spot, address(line, column)) for column, spot in line.figures.items()]) for line in lines],
        "columns": heat.column_names(),
        "levels": Level.choices,
        "total": lines[-1].figures[heat.ALL].count,
        "file": kept(request, f"{reverse('heat-file')}?{urlencode(lines[-1].asked)}"),
    }
    return render(request, "reports/heat.html", context)


@require_GET
def heat_file(request: ActingRequest) -> HttpResponse:
    """The same as a file for spreadsheets."""
    unit, lines = _heat(request)
    with WRITERS["csv"](*heat.as_table(lines)) as made:
        return download(
            made.read(), f"heat-{unit.code if unit else 'all'}-{day_of(request).isoformat()}.csv", TYPES["csv"]
        )


@require_GET
def effects_page(request: ActingRequest) -> HttpResponse:
    """Of actions done: of how many the effect was asked for, measured and reached; and what was expected, beside it."""
    asked = unit_looked_at(request)
    tree = tree_at(request.actor, asked, "action.view")
    actions, day = rows_at(Action, asked), day_of(request)

    def cells(line: Line[effects.Effects]) -> list[tuple[int, str, Any]]:
        counts = (line.figures.done, line.figures.asked, line.figures.measured, line.figures.reached)
        addresses = (_listed(request, "actions", line, query) for query in effects.filters(day))
        return list(zip(counts, addresses, effects.COLUMNS, strict=True))

    lines = effects.effects(actions, tree, day)
    context = {
        "unit": tree.unit,
        "lines": [(line, cells(line)) for line in lines],
        "names": effects.COLUMNS,
        "total": lines[-1].figures,
        "measured": effects.measured(actions),
        "shown": effects.SHOWN,
    }
    return render(request, "reports/effects.html", context)


def _heat(request: ActingRequest) -> tuple[Unit | None, list[Line[heat.Spots]]]:
    asked = unit_looked_at(request)
    tree = tree_at(request.actor, asked, "risk.view")
    return tree.unit, heat.heat(rows_at(Risk, asked), tree)


def _listed(request: ActingRequest, path: str, line: Line[Any], asked: Mapping[str, Any]) -> str:
    """The list of what a number counts."""
    return kept(request, f"{reverse('list', args=[path])}?{urlencode({**line.asked, **asked}, doseq=True)}")
