"""Pictures of figures: drawn as SVG without script or style of their own, each with the table that it is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Point = tuple[float, float]
# The picture's own units; it is as wide as there is room.
WIDE, HIGH, LEFT, BOTTOM, EDGE = 400, 270, 60, 36, 10
LEAST = 1e-4
MOST_TICKS = 4


@dataclass(frozen=True)
class Curve:
    """A falling curve, both axes logarithmic: the picture, and its points as a table in words."""

    picture: SafeString
    x: str
    y: str
    table: list[tuple[str, str]]


def curve_of(points: Sequence[Point], *, x: str, y: str) -> Curve:
    """The curve through points (euro, probability), the euro rising."""
    drawn = [(euro, max(p, LEAST)) for euro, p in points if p > 0]
    low, high = drawn[0][0], drawn[-1][0]
    table = [(euros(at), percent(p)) for at, p in ((at, _at(drawn, at)) for at in _ticks(low, high))]
    return Curve(_picture(drawn, low, high, f"{y} / {x}"), x, y, table)


def euros(value: float) -> str:
    """Whole euros with their thousands apart, two digits that count."""
    digits = max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 0
    return formats.number_format(int(round(value, -digits)), force_grouping=True)


def percent(value: float) -> str:
    """A probability in percent, as exact as it needs to be read."""
    shown = value * 100
    places = 0 if shown >= 10 else 1 if shown >= 1 else 2
    return f"{formats.number_format(round(shown, places), decimal_pos=places)} %"


def _ticks(low: float, high: float) -> list[float]:
    """Powers of ten between the ends; where those are few, their halves too; where there are none, the ends."""
    powers = [10.0**k for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    found = [p for p in powers if low <= p <= high]
    if len(found) < 3:
        found = sorted({p * m for p in powers for m in (1, 2, 5) if low <= p * m <= high})
    if not found:
        return [low, high]
    return found[:: math.ceil(len(found) / MOST_TICKS)]


def _at(points: Sequence[Point], x: float) -> float:
    """The curve at x, along straight lines of the logarithms."""
    for (a, p), (b, q) in zip(points, points[1:], strict=False):
        if a <= x <= b:
            share = math.log(x / a) / math.log(b / a)
            return math.exp(math.log(p) + share * math.log(q / p))
    return points[-1][1]


def _picture(points: Sequence[Point], low: float, high: float, title: str) -> SafeString:
    def across(value: float) -> float:
        return round(LEFT + (WIDE - LEFT - EDGE) * math.log(value / low) / math.log(high / low), 1)

    def down(value: float) -> float:
        return round(EDGE + (HIGH - BOTTOM - EDGE) * math.log(value) / math.log(LEAST), 1)

    line = " ".join(f"{across(euro)},{down(p)}" for euro, p in points)
    floor = HIGH - BOTTOM
    levels = [1.0, 0.1, 0.01, 0.001, LEAST]
    rows = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        ((LEFT, down(p), WIDE - EDGE, down(p), LEFT - 8, down(p) + 4, percent(p)) for p in levels),
    )
    columns = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((across(v), EDGE, across(v), floor, across(v), floor + 20, euros(v)) for v in _ticks(low, high)),
    )
    return format_html(
        '<svg class="kj-chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><g>{}{}</g><polyline points="{}"/></svg>',
        WIDE,
        HIGH,
        title,
        rows,
        columns,
        line,
    )
