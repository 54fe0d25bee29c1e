"""The losses of a unit: what a year costs, which risks it rests on, what each unit below adds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.losses import words
from kivijalka.losses.queries import GROSS, Losses, losses_of, named
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.register.chart import money, percent
from kivijalka.register.doors.related import relate

MOST_UNITS = 30


@require_GET
def losses_page(request: ActingRequest) -> HttpResponse:
    """The curve of a unit and all below it, on any date, of what the reader sees."""
    day = day_of(request)
    unit = unit_looked_at(request)
    losses = losses_of(unit, day)
    is_empty = losses.year(GROSS).is_empty
    context = {
        "unit": losses.unit,
        "day": day,
        "losses": losses,
        "is_empty": is_empty,
        "bases": words.bases(losses),
        "may_see": request.actor.holds("risk.view"),
        **({} if is_empty else _told(losses)),
    }
    return render(request, "losses/losses.html", context)


def _told(losses: Losses) -> dict[str, Any]:
    names, rows = words.table(losses)
    return {
        "sentences": words.sentences(losses),
        "chart": words.picture(losses),
        "target_chart": words.picture_of_target(losses),
        "names": names,
        "rows": rows,
        "top": _top(losses),
        "units": _units(losses)[:MOST_UNITS],
    }


def _top(losses: Losses) -> list[dict[str, Any]]:
    """The risks that add most to the worst years, with their records."""
    shares, whole = losses.top(), losses.places()
    records: dict[UUID, Any] = named(shares)
    relate(list(records.values()), ["unit"])
    return [
        {
            "risk": records[share.loss.risk],
            "basis": words.BASES[share.loss.basis],
            "often": words.how_often(share.loss.now.rate.mean),
            "event": money(share.loss.now.severity.mean),
            "mean": money(share.mean),
            "of_mean": percent(share.mean / whole.mean[0]),
            "of_tail": percent(share.tail / whole.tail[0]),
        }
        for share in shares
        if share.loss.risk in records
    ]


def _units(losses: Losses) -> list[dict[str, Any]]:
    """The units below, those first that add most to the worst years; last what is the unit's own."""
    parts = losses.places()
    order = sorted(range(1, 1 + len(losses.below)), key=lambda place: -parts.tail[place])
    lines: list[tuple[Any, float, float]] = [
        (losses.below[place - 1], parts.mean[place], parts.tail[place]) for place in order if parts.mean[place] > 0
    ]
    own = parts.mean[0] - sum(mean for _unit, mean, _tail in lines)
    if lines and losses.unit and own > 1e-6 * parts.mean[0]:
        lines.append((None, own, parts.tail[0] - sum(tail for _unit, _mean, tail in lines)))
    return [
        {
            "unit": unit,
            "mean": money(mean),
            "of_mean": percent(mean / parts.mean[0]),
            "of_tail": percent(tail / parts.tail[0]),
        }
        for unit, mean, tail in lines
    ]
