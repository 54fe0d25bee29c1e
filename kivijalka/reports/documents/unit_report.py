"""The risk report of a unit: two pages for a management team, or all of it for an expert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _

from kivijalka.actions.models import Action
from kivijalka.organisation.below import Line, Tree
from kivijalka.register.doors.values import in_words
from kivijalka.register.fields import end_of
from kivijalka.reports import effects, heat
from kivijalka.reports.documents import parts
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.losses_part import losses, losses_in_short
from kivijalka.reports.documents.model import (
    Block,
    Document,
    Head,
    Paragraph,
    Said,
    Section,
    Table,
    said,
)
from kivijalka.reports.documents.provenance import provenance
from kivijalka.reports.views import rows_at, top_threats
from kivijalka.risks.models import Risk

# How far back the report looks for what moved, unless it is told a day.
SINCE = timedelta(days=91)
FEW, SOME = 5, 10


def short(asked: Asked) -> Document:
    """How the unit stands, what moved, what is late: on two pages."""
    look = parts.Look.at(asked)
    since = asked.given.get("since") or asked.day - SINCE
    found = parts.movement_of(asked, end_of(since))
    late = parts.Look(**{**look.__dict__, "overdue": look.overdue[:FEW]})
    return report(
        asked,
        _("Risk report"),
        _("for a management team"),
        [
            *parts.headline(look),
            Section(_("How threats stand"), parts.matrix(look)),
            Section(_("Highest threats"), highest(asked, look, SOME)),
            Section(_("What moved"), parts.movement(asked, found, since)),
            *losses_in_short(asked),
            Section(_("What is late or ends"), [*parts.overdue(late), *parts.lapses(look, FEW)]),
            provenance(asked),
        ],
    )


def highest(asked: Asked, look: parts.Look, most: int) -> list[Block]:
    """The threats of the highest classes."""
    caption = _("Open threats of the highest classes, the newest first")
    table = parts.risk_table(asked, caption, top_threats(look.risks)[:most])
    return [table] if table.rows else [Paragraph(_("No assessed threats."))]


def full(asked: Asked) -> Document:
    """All that the short one tells, and every open risk and action, the units below, and the effects of actions."""
    look = parts.Look.at(asked)
    since = asked.given.get("since") or asked.day - SINCE
    found = parts.movement_of(asked, end_of(since))
    tree = asked.tree("risk.view")
    open_risks = look.risks.filter(Risk.IS_OPEN).order_by("-level", "id")
    threats, chances = (open_risks.filter(sign=sign) for sign in Risk.Sign.values)
    open_actions = look.actions.filter(state__in=Action.OPEN).order_by("due", "id")
    return report(
        asked,
        _("Risk report"),
        _("in full"),
        [
            *parts.headline(look),
            Section(_("How risks stand"), [*parts.matrix(look), parts.classes(look)]),
            Section(_("What moved"), [*parts.movement(asked, found, since), *parts.risen(asked, found, SOME)]),
            *losses(asked),
            Section(_("Threats by unit and area"), [heat_table(asked, tree, look)]),
            Section(_("What ends"), parts.lapses(look, 10 * SOME)),
            Section(
                _("Open threats"), _all(parts.risk_table(asked, _("All of them, the highest class first"), threats))
            ),
            Section(_("Open opportunities"), _all(parts.risk_table(asked, _("All of them, the best first"), chances))),
            Section(
                _("Open actions"), _all(parts.action_table(asked, _("All of them, by their due date"), open_actions))
            ),
            Section(_("Effects of actions"), [effects_table(asked)]),
            provenance(asked),
        ],
    )


def _all(table: Table) -> Sequence[Block]:
    return [table] if table.rows else [Paragraph(_("None."))]


def report(asked: Asked, name: str, depth: str, blocks: Sequence[Block]) -> Document:
    """A report of what is asked, under its name; `depth` says for whom or how far."""
    return Document(
        title=f"{name}: {asked.place}",
        subtitle=", ".join(filter(None, [in_words(asked.day), depth])),
        author=asked.place,
        language=asked.language,
        moment=asked.moment,
        footer=f"{name}: {asked.place}, {in_words(asked.day)}",
        blocks=blocks,
    )


def heat_table(asked: Asked, tree: Tree, look: parts.Look) -> Table:
    """Open threats of the units below by area, with the worst class; as on the page of the same name."""
    lines = heat.heat(look.risks, tree)
    heads = [Head(_("Unit"), width=4), *(Head(name, is_number=True, width=1) for name in heat.column_names())]
    return Table(
        _("Number of open threats. The small number tells the worst class: 1 low, 2 moderate, 3 high, 4 critical"),
        heads,
        [_warm(asked, line) for line in lines],
    )


def _warm(asked: Asked, line: Line[heat.Spots]) -> list[Said]:
    return [
        Said(line.title, is_strong=line.is_total),
        *(_spot(asked, line, area, one) for area, one in line.figures.items()),
    ]


def _spot(asked: Asked, line: Line[heat.Spots], area: str, spot: heat.Spot) -> Said:
    if not spot.count:
        return said(0)
    areas = {"areas": area} if area else {}
    href = asked.list("risks", **{**line.asked, **areas, **parts.THREATS})
    return Said(said(spot.count).words, href, spot.worst, value=spot.count)


def effects_table(asked: Asked) -> Table:
    """Of actions done: of how many the effect was asked for, measured, and as expected; by unit."""
    tree = asked.tree("action.view")
    lines = effects.effects(rows_at(Action, asked.unit), tree, asked.day)
    heads = [Head(_("Unit"), width=3), *(Head(str(name), is_number=True, width=1) for name in effects.COLUMNS)]
    return Table(_("Actions done, and what became of their effect"), heads, [_effect(asked, line) for line in lines])


def _effect(asked: Asked, line: Line[effects.Effects]) -> list[Said]:
    one = line.figures
    cells = zip((one.done, one.asked, one.measured, one.reached), effects.filters(asked.day), strict=True)
    counts = [asked.count(count, "actions", **{**line.asked, **query}) for count, query in cells]
    return [Said(line.title, is_strong=line.is_total), *counts]
