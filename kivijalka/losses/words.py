"""Losses as a page tells them: sentences, pictures and tables in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import formats
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from kivijalka.engine import Bounded
from kivijalka.insurance.models import Insurance
from kivijalka.losses.figures import NEGLIGIBLE, YEARS
from kivijalka.losses.queries import GROSS, GROSS_TARGET, NET, NET_TARGET, Losses, Side, UsedUp
from kivijalka.losses.terms import Basis
from kivijalka.register.chart import Line, Lines, euros_in_short, how_often, lines_of, money, percent, seldom

TOLD = (5, 20, 100)
# No limit is never passed: below this the engine tells nothing, which is not the same as nothing at all.
RARER = 1e-9
BASES = {
    Basis.TESTED: gettext_lazy("estimate tested by events"),
    Basis.ESTIMATE: gettext_lazy("estimate that no event has tested"),
    Basis.LEVEL: gettext_lazy("level alone"),
}
SIDES = {
    GROSS: gettext_lazy("now, before insurance"),
    NET: gettext_lazy("now, after insurance"),
    GROSS_TARGET: gettext_lazy("at target, before insurance"),
    NET_TARGET: gettext_lazy("at target, after insurance"),
}


@dataclass(frozen=True)
class Row:
    """What is passed once in so many years (0: the mean), each with the name of its column; and the same as euro."""

    years: int
    cells: list[tuple[str, str]]
    values: list[float | None]

    @property
    def words(self) -> str:
        return seldom(self.years) if self.years else _("on average")


def sentences(losses: Losses) -> list[str]:
    """What a council member reads first."""
    year = losses.year(GROSS)
    if year.is_empty:
        return []
    told = [_("A year's loss is %s on average.") % money(year.mean)]
    for years in TOLD:
        found = year.once_in[years]
        told.append(
            _("Once in %(years)s years the year's loss is over %(money)s.") % {"years": years, "money": bounded(found)}
            if found.value > 0
            else _("Losses come more seldom than once in %s years.") % years
        )
    if year.none >= 0.005:
        share = formats.number_format(round(100 * year.none))
        told.append(_("In %s years of a hundred nothing is lost.") % share)
    return told


def bounded(found: Bounded) -> str:
    """A figure in words, with its bounds where they are not negligible."""
    if found.width <= NEGLIGIBLE:
        return money(found.value)
    values = {"money": money(found.value), "low": money(found.low), "high": money(found.high)}
    return _("%(money)s (surely between %(low)s and %(high)s)") % values


def bases(losses: Losses) -> list[tuple[str, int]]:
    """How many threats rest on what, the best known first."""
    return [(str(words), losses.read.bases[basis]) for basis, words in BASES.items()]


def rests_on(losses: Losses) -> str:
    """How many threats within the reader's reach the figures rest on, and on what those rest."""
    total = len(losses.threats)
    words = ngettext(
        "This rests on %(shown)s open threat within your reach:",
        "This rests on %(shown)s open threats within your reach:",
        total,
    ) % {"shown": formats.number_format(total, force_grouping=True)}
    each = "; ".join(f"{name}: {formats.number_format(count, force_grouping=True)}" for name, count in bases(losses))
    return f"{words} {each}."


def sides_of(losses: Losses) -> list[Side]:
    """The sides that say something of their own: net only where something is insured."""
    return [
        GROSS,
        *([NET] if losses.read.insured else []),
        GROSS_TARGET,
        *([NET_TARGET] if losses.read.insured else []),
    ]


def table(losses: Losses) -> tuple[list[str], list[Row]]:
    """Headings and rows: the mean, then what is passed once in so many years."""
    sides = sides_of(losses)
    years = {side: losses.year(side) for side in sides}
    names = [*(str(SIDES[side]) for side in sides), _("dearest event, now")]

    def row(n: int, cells: list[tuple[str, float | None]]) -> Row:
        told = [(words, name) for (words, _value), name in zip(cells, names, strict=True)]
        return Row(n, told, [value for _words, value in cells])

    def passed(n: int) -> list[tuple[str, float | None]]:
        sums = [years[side].once_in[n] for side in sides]
        dearest = years[GROSS].largest_once_in[n]
        return [*((_cell(found), found.value) for found in sums), (money(dearest), dearest)]

    means = [(money(years[side].mean), years[side].mean) for side in sides]
    return names, [row(0, [*means, ("", None)]), *(row(n, passed(n)) for n in YEARS)]


def _cell(found: Bounded) -> str:
    return bounded(found) if found.value > 0 else money(0)


def picture(losses: Losses, limits: Sequence[tuple[float, float]] = ()) -> Lines:
    """The curves of now: the year's sum before and after insurance, and its dearest event."""
    x = losses.drawn
    lines = [
        _line(_("The year's sum, before insurance"), x, losses.exceedances(x)),
        *(
            [_line(_("The year's sum, after insurance"), x, losses.exceedances(x, NET), "dashed")]
            if losses.read.insured
            else []
        ),
        _line(_("The year's dearest event"), x, losses.largest_exceedances(x), "dotted"),
    ]
    return lines_of(lines, *_axes(), limits=limits)


def picture_of_target(losses: Losses) -> Lines:
    """The curves of the year's sum now and when all risks are at their targets."""
    x = losses.drawn
    lines = [
        _line(_("Now"), x, losses.exceedances(x)),
        _line(_("At target"), x, losses.exceedances(x, GROSS_TARGET), "dashed"),
    ]
    return lines_of(lines, *_axes())


def picture_with_causes(losses: Losses) -> tuple[Lines | None, list[tuple[str, str, str]], int]:
    """The curve where each risk comes by itself and the one with common causes, what both say of rare years, and how many
    risks name a cause. None where no risk names one of the policy's."""
    if not losses.struck:
        return None, [], 0
    alone = losses.year(GROSS)
    x = losses.drawn
    found = losses.with_causes(x)
    lines = [
        _line(_("Each risk by itself"), x, losses.exceedances(x)),
        _line(_("With common causes"), x, found.exceedances, "dashed"),
    ]
    rows = [(seldom(n), money(alone.once_in[n].value), money(found.once_in[n])) for n in YEARS]
    return lines_of(lines, *_axes()), rows, found.struck


def cause_names(losses: Losses) -> list[str]:
    """The common causes that are reckoned with, in the policy's words, with how often each comes."""
    language = get_language() or "fi"
    names = {cause.key: cause.name.in_(language) for cause in losses.causes}
    return [f"{names[cause.key]} ({how_often(cause.rate)})" for cause in losses.struck]


def picture_of_band(losses: Losses) -> tuple[Lines, list[tuple[int, str, str, str]]]:
    """The curve in the band of what is not known of how often risks happen; and the band of what is told in words."""
    year = losses.year(GROSS)
    x = losses.drawn
    band = losses.band(x)
    low, high = _line("", x, band.low).points, _line("", x, band.high).points
    line = _line(_("The year's sum, before insurance"), x, losses.exceedances(x))
    ends = {n: band.once_in(n) for n in TOLD}
    rows = [(n, money(year.once_in[n].value), money(ends[n][0]), money(ends[n][1])) for n in TOLD]
    return lines_of([line], *_axes(), band=(low, high)), rows


def used_up(losses: Losses) -> list[tuple[Insurance, str]]:
    """Insurances that pay no more than so much in a year, each with how often that is used up, the oftenest first."""
    found = sorted(losses.used_up(), key=lambda one: -one.probability)
    return [(one.insurance, _used_up(one)) for one in found]


def _used_up(one: UsedUp) -> str:
    most = money(float(one.insurance.aggregate_eur or 0))
    if one.probability < RARER:
        return _("It pays no more than %s in a year, which what it covers here does not use up.") % most
    values = {"most": most, "chance": percent(one.probability), "beyond": money(one.beyond)}
    return (
        _(
            "It pays no more than %(most)s in a year. What it covers here uses that up with a probability of %(chance)s; what"
            " goes beyond it, %(beyond)s a year on average, is borne besides the figures after insurance."
        )
        % values
    )


def limits_of(losses: Losses) -> list[tuple[float, float]]:
    """The policy's limits of a year's loss for such a unit: euro, and the probability with which a year may pass it."""
    return [(limit.eur, 1 / limit.years) for limit in losses.limits]


def against_limits(losses: Losses) -> list[tuple[str, bool]]:
    """Each limit in words, and whether the curve keeps it."""
    found = []
    for limit in losses.limits:
        share = float(losses.exceedances(np.array([float(limit.eur)]))[0])
        keeps = share <= 1 / limit.years
        values = {"money": money(limit.eur), "years": formats.number_format(limit.years)}
        text = (
            _("Within the appetite: not over %(money)s oftener than once in %(years)s years.")
            if keeps
            else _("Over the appetite: not over %(money)s oftener than once in %(years)s years.")
        )
        chance = _("A year passes it with a probability of %s.") % percent(max(share, RARER))
        found.append((f"{text % values} {chance}", keeps))
    return found


def _axes() -> tuple[str, str]:
    return _("Loss, €"), _("Probability in a year")


def _line(name: str, x: Any, p: Any, look: str = "plain") -> Line:
    return Line(name, [(float(a), float(b)) for a, b in zip(np.asarray(x), np.asarray(p), strict=True)], look)


__all__ = ["bases", "bounded", "euros_in_short", "picture", "picture_of_target", "sentences", "table"]
