"""Pictures of figures: drawn as SVG without script or style of their own, each with the table that it is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Point = tuple[float, float]
# A picture as a table: where on the axis, and each figure there with the name of its column.
Rows = list[tuple[str, list[tuple[str, str]]]]
# The picture's own units; it is as wide as there is room.
WIDE, HIGH, LEFT, BOTTOM, EDGE, TOP = 400, 306, 60, 54, 10, 28
LEAST = 1e-4
MOST_TICKS = 4


@dataclass(frozen=True)
class Curve:
    """A falling curve, both axes logarithmic: the picture, and its points as a table in words."""

    picture: SafeString
    x: str
    y: str
    table: list[tuple[str, str]]

    @property
    def columns(self) -> list[str]:
        return [self.y]

    @property
    def rows(self) -> Rows:
        return [(at, [(value, self.y)]) for at, value in self.table]


def curve_of(points: Sequence[Point], *, x: str, y: str) -> Curve:
    """The curve through points (euro, probability), the euro rising."""
    drawn = [(euro, max(p, LEAST)) for euro, p in points if p > 0]
    low, high = drawn[0][0], drawn[-1][0]
    table = [(euros(at), percent(p)) for at, p in ((at, _at(drawn, at)) for at in _ticks(low, high))]
    return Curve(_picture(drawn, low, high, x, y), x, y, table)


def euros(value: float) -> str:
    """Whole euros with their thousands apart, two digits that count."""
    return formats.number_format(about(value), force_grouping=True)


def about(value: float) -> int:
    """An amount to the two digits that count."""
    digits = max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 0
    return int(round(value, -digits))


def euros_in_short(value: float) -> str:
    """Euros beside an axis: from a hundred thousand on in millions, below ten with a tenth where it has one."""
    if value < 1e5:
        return formats.number_format(round(value), force_grouping=True)
    millions = round(value / 1e6, 1)
    places = 0 if millions >= 10 or millions % 1 == 0 else 1
    return _("%s M€") % formats.number_format(millions, decimal_pos=places, force_grouping=True)


def money(value: float) -> str:
    """Euros as one says them: in millions or billions from a million on, two digits that count."""
    whole = about(value)
    if whole < 10**6:
        return _("%s euro") % formats.number_format(whole, force_grouping=True)
    size = 10**9 if whole >= 10**9 else 10**6
    places = 1 if whole < 10 * size and whole % size else 0
    count, one_or_more = (
        formats.number_format(whole / size, decimal_pos=places, force_grouping=True),
        1 + (whole != size),
    )
    if size == 10**9:
        return ngettext("%(count)s billion euro", "%(count)s billion euro", one_or_more) % {"count": count}
    return ngettext("%(count)s million euro", "%(count)s million euro", one_or_more) % {"count": count}


def percent(value: float) -> str:
    """A probability in percent, as exact as it needs to be read."""
    shown = value * 100
    if 0 < shown < 0.005:
        return _("under %s %%") % formats.number_format(0.01, decimal_pos=2)
    places = 0 if shown >= 10 or not shown else 1 if shown >= 1 else 2
    return f"{formats.number_format(round(shown, places), decimal_pos=places)} %"


def how_often(rate: float) -> str:
    """A rate in words: times a year, or once in so many years.

    >>> how_often(3.2), how_often(1.02), how_often(0.04)
    ('3.2 times a year', 'once a year', 'once in 25 years')
    """
    if round(rate, 1) == 1 or round(1 / rate) == 1 > rate:
        return _("once a year")
    if rate > 1:
        shown = formats.number_format(round(rate, 1), decimal_pos=0 if rate >= 10 else 1)
        return _("%s times a year") % shown
    return seldom(round(1 / rate))


def seldom(years: int) -> str:
    """How rarely, in words."""
    return _("once in %s years") % formats.number_format(years, force_grouping=True)


def _power(value: float) -> str:
    """A power of ten in percent, beside an axis: no digit that says nothing."""
    places = max(0, -round(math.log10(value)) - 2)
    return f"{formats.number_format(value * 100, decimal_pos=places)} %"


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


def _where(a: Point, b: Point, p: float) -> Point:
    """Where the line of the logarithms from a to b comes down to p."""
    share = math.log(p / a[1]) / math.log(b[1] / a[1])
    return math.exp(math.log(a[0]) + share * math.log(b[0] / a[0])), p


def _picture(points: Sequence[Point], low: float, high: float, x: str, y: str) -> SafeString:
    frame = _Frame(low, high, LEAST)
    return _drawn(x, y, frame.axes(), format_html('<polyline points="{}"/>', frame.line(points)))


@dataclass(frozen=True)
class Line:
    """One falling curve of several: its name, its points (euro, probability) with the euro rising, and how it is drawn:
    plain, dashed or dotted."""

    name: str
    points: Sequence[Point]
    look: str = "plain"


@dataclass(frozen=True)
class Lines:
    """Several curves in one picture: each has a letter in it; the table tells the same, a column for each, and `values` are
    its figures."""

    picture: SafeString
    x: str
    y: str
    names: list[tuple[str, str]]
    table: list[tuple[str, list[str]]]
    values: list[tuple[float, list[float]]]
    has_limits: bool = False

    @property
    def columns(self) -> list[str]:
        return [name for _letter, name in self.names]

    @property
    def rows(self) -> Rows:
        return [(at, list(zip(shares, self.columns, strict=True))) for at, shares in self.table]


DASHES = {"plain": "none", "dashed": "7 4", "dotted": "2 4"}
RAREST = 1e-3  # once in a thousand years: as far down as several curves are drawn


def lines_of(
    lines: Sequence[Line],
    x: str,
    y: str,
    *,
    limits: Sequence[Point] = (),
    band: tuple[Sequence[Point], Sequence[Point]] | None = None,
) -> Lines:
    """Curves over the same euro. `limits` are points that none should pass; `band` the low and the high end of a surface."""
    low, high = lines[0].points[0][0], max([lines[0].points[-1][0], *(1.1 * euro for euro, _p in limits)])
    frame = _Frame(low, high, RAREST)
    letters = [chr(ord("A") + place) for place in range(len(lines))]
    parts = [frame.band(*band)] if band else []
    parts += [frame.curve(line, letter, place) for place, (line, letter) in enumerate(zip(lines, letters, strict=True))]
    steps = [frame.limit(*point) for point in limits if low <= point[0] <= high]
    at = _ticks(low, high)
    values = [(v, [_at_or_none(line.points, v) for line in lines]) for v in at]
    table = [(euros_in_short(v), [percent(share) for share in shares]) for v, shares in values]
    names = [(letter, line.name) for letter, line in zip(letters, lines, strict=True)]
    return Lines(_drawn(x, y, frame.axes(), *parts, *steps), x, y, names, table, values, bool(steps))


def _at_or_none(points: Sequence[Point], x: float) -> float:
    """The curve at x; nothing where it has come down to nothing."""
    drawn = [(euro, p) for euro, p in points if p > 0]
    return _at(drawn, x) if drawn and drawn[0][0] <= x <= drawn[-1][0] else 0.0


def _drawn(x: str, y: str, *parts: SafeString) -> SafeString:
    """The picture with the words of its axes: over the one, under the other."""
    return format_html(
        '<svg class="kj-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<text x="0" y="14">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>',
        WIDE, HIGH, f"{y} / {x}", format_html_join("", "{}", ((part,) for part in parts)), y, WIDE - EDGE, HIGH - 6, x,
    )  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """Both axes, logarithmic: euro from `low` to `high`, probability from 1 down to `least`."""

    low: float
    high: float
    least: float

    def across(self, euro: float) -> float:
        return round(LEFT + (WIDE - LEFT - EDGE) * math.log(euro / self.low) / math.log(self.high / self.low), 1)

    def down(self, p: float) -> float:
        return round(TOP + (HIGH - BOTTOM - TOP) * math.log(max(p, self.least)) / math.log(self.least), 1)

    def line(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.across(euro)},{self.down(p)}" for euro, p in points)

    def axes(self) -> SafeString:
        floor, down, across = HIGH - BOTTOM, self.down, self.across
        levels = [10.0**-k for k in range(round(-math.log10(self.least)) + 1)]
        rows = format_html_join(
            "",
            '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
            ((LEFT, down(p), WIDE - EDGE, down(p), LEFT - 8, down(p) + 4, _power(p)) for p in levels),
        )
        columns = format_html_join(
            "",
            '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>',
            (
                (across(v), TOP, across(v), floor, across(v), floor + 20, euros_in_short(v))
                for v in _ticks(self.low, self.high)
            ),
        )
        return format_html("<g>{}{}</g>", rows, columns)

    def curve(self, line: Line, letter: str, place: int) -> SafeString:
        """As far down as there is room, with its letter where the others have theirs not."""
        shown = [point for point in line.points if point[1] >= self.least]
        if not shown:
            return SafeString("")
        below = [point for point in line.points if 0 < point[1] < self.least][:1]
        shown += [_where(shown[-1], point, self.least) for point in below]
        level = 0.6 / 4.0**place
        euro, p = min(shown, key=lambda point: abs(math.log(point[1] / level)))
        return format_html(
            '<polyline class="kj-chart__{}" stroke-dasharray="{}" points="{}"/>'
            '<text class="kj-chart__letter" x="{}" y="{}">{}</text>',
            line.look,
            DASHES[line.look],
            self.line(shown),
            min(self.across(euro) + 5, WIDE - 12),
            self.down(p) - 4,
            letter,
        )

    def band(self, low: Sequence[Point], high: Sequence[Point]) -> SafeString:
        """What lies between two curves."""
        around = [*low, *reversed(high)]
        return format_html('<polygon class="kj-chart__band" points="{}"/>', self.line(around))

    def limit(self, euro: float, p: float) -> SafeString:
        """A step that a curve should stay left of and below."""
        at, level = self.across(euro), self.down(p)
        path = f"{at},{level} {WIDE - EDGE},{level}"
        return format_html(
            '<polyline class="kj-chart__limit" points="{}"/><circle cx="{}" cy="{}" r="4"/>', path, at, level
        )


def line_of(points: Sequence[Point], *, x: str, y: str) -> Curve:
    """The line through points with plain axes from nothing on, such as what is left with each budget."""
    wide, high = (max(ends, default=0) or 1.0 for ends in zip(*points, strict=True))

    def across(value: float) -> float:
        return round(LEFT + (WIDE - LEFT - EDGE) * value / wide, 1)

    def down(value: float) -> float:
        return round(TOP + (HIGH - BOTTOM - TOP) * (1 - value / high), 1)

    floor = HIGH - BOTTOM
    rows = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        ((LEFT, down(v), WIDE - EDGE, down(v), LEFT - 8, down(v) + 4, words) for v, words in _even(high)),
    )
    columns = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((across(v), TOP, across(v), floor, across(v), floor + 20, words) for v, words in _even(wide * 0.97)),
    )
    line = " ".join(f"{across(a)},{down(b)}" for a, b in points)
    picture = _drawn(x, y, format_html('<g>{}{}</g><polyline points="{}"/>', rows, columns, line))
    return Curve(picture, x, y, [(euros(a), euros(b)) for a, b in points])


def _even(top: float) -> list[tuple[float, str]]:
    """Round amounts from nothing up to `top`, evenly apart, three to six of them, in words."""
    power = 10.0 ** math.floor(math.log10(top))
    step = next(size * power for size in (0.2, 0.5, 1, 2) if top / (size * power) <= 5)
    places = max(0, -math.floor(math.log10(step / 1e6))) if top >= 1e6 else 0
    found = [step * k for k in range(int(top / step) + 1)]
    if top < 1e6:
        return [(v, formats.number_format(round(v), force_grouping=True)) for v in found]
    return [(0.0, "0"), *((v, _("%s M€") % formats.number_format(v / 1e6, decimal_pos=places)) for v in found[1:])]
