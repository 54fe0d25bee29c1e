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
from kivijalka.register.chart import how_often, money, percent
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
        "rests_on": words.rests_on(losses),
        "may_see": request.actor.holds("risk.view"),
        **({} if is_empty else _told(losses)),
    }
    return render(request, "losses/losses.html", context)


@require_GET
def deeper_page(request: ActingRequest) -> HttpResponse:
    """What takes longer to reckon: common causes, what is not known, what open actions take off. A script asks for it
    alone, to show it below the curve."""
    day = day_of(request)
    losses = losses_of(unit_looked_at(request), day)
    is_empty = losses.year(GROSS).is_empty
    is_part = "HX-Request" in request.headers
    context = {
        "unit": losses.unit,
        "day": day,
        "is_empty": is_empty,
        "rests_on": words.rests_on(losses),
        "heading": "h3" if is_part else "h2",
        **({} if is_empty else _deeper(losses)),
    }
    return render(request, "losses/_deeper.html" if is_part else "losses/deeper.html", context)


def _deeper(losses: Losses) -> dict[str, Any]:
    chart, rows, struck = words.picture_with_causes(losses)
    band, ranges = words.picture_of_band(losses)
    return {
        "struck": struck,
        "causes": words.cause_names(losses),
        "causes_chart": chart,
        "causes_rows": rows,
        "band_chart": band,
        "ranges": ranges,
        "used_up": words.used_up(losses),
        "treated": _treated(losses),
    }


def _treated(losses: Losses) -> list[dict[str, Any]]:
    """The threats of which most goes away at their target, with the open actions that are to bring them there."""
    gaps = [gap for gap in losses.gaps() if gap.actions]
    relate([gap.risk for gap in gaps], ["unit"])
    return [
        {
            "risk": gap.risk,
            "off": money(gap.off),
            "actions": [
                (action, None if (off := gap.off_by(action)) is None else money(off)) for action in gap.actions
            ],
        }
        for gap in gaps
    ]


def _told(losses: Losses) -> dict[str, Any]:
    names, rows = words.table(losses)
    return {
        "sentences": words.sentences(losses),
        "limits": words.against_limits(losses),
        "gains": money(losses.read.gains) if losses.read.opportunities else "",
        "chart": words.picture(losses, words.limits_of(losses)),
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
            "often": how_often(share.loss.now.often),
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
