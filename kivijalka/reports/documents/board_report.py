"""The half-yearly report to a board: two days side by side, what rose, what is highest, what ends, who is late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from kivijalka.access import looking_back
from kivijalka.actions.models import Action
from kivijalka.organisation.below import Tree, lines_of
from kivijalka.register.fields import end_of
from kivijalka.reports.documents import parts
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.losses_part import losses
from kivijalka.reports.documents.model import Block, Document, Head, Paragraph, Said, Section, Table, said
from kivijalka.reports.documents.programmes_part import change_programmes
from kivijalka.reports.documents.provenance import provenance
from kivijalka.reports.documents.unit_report import heat_table, highest, report
from kivijalka.reports.views import rows_at, standing
from kivijalka.risks import queries
from kivijalka.risks.models import Risk

SINCE = timedelta(days=182)
SOME = 10


def half_year(asked: Asked) -> Document:
    """How risks stand against half a year ago."""
    look = parts.Look.at(asked)
    since = asked.given.get("since") or asked.day - SINCE
    moved = parts.movement_of(asked, end_of(since))
    tree = asked.tree("risk.view")
    return report(
        asked,
        _("Half-yearly report on risks"),
        _("compared with %s") % said(since).words,
        [
            *parts.headline(look),
            Section(_("How risks stand"), [*parts.matrix(look), _side_by_side(asked, look, since)]),
            Section(_("What moved"), [*parts.movement(asked, moved, since), *parts.risen(asked, moved, SOME)]),
            Section(_("Highest threats"), highest(asked, look, SOME)),
            *losses(asked),
            Section(_("Threats by unit and area"), [heat_table(asked, tree, look)]),
            Section(_("Acceptances that end"), parts.lapses(look, SOME)),
            Section(_("Overdue actions"), _overdue(asked, look)),
            *change_programmes(asked, since),
            provenance(asked),
        ],
    )


def _side_by_side(asked: Asked, look: parts.Look, since: date) -> Table:
    """Open threats by class then and now; one query more."""
    with looking_back(asked.actor, end_of(since)):
        then = standing(queries.stands(rows_at(Risk, asked.unit), since), since)
    before = {level: count for level, _label, count in then["levels"]}
    rows = [
        [
            Said(str(label), level=level),
            said(before[level], _as_then(asked, since, level) if before[level] else ""),
            asked.count(count, "risks", **parts.THREATS, level=level),
        ]
        for level, label, count in look.found["levels"]
    ]
    rows.append([Said(_("not yet assessed")), said(then["unassessed"]), said(look.found["unassessed"])])
    heads = [Head(_("Open threats"), width=1), Head(said(since).words, is_number=True)]
    heads.append(Head(said(asked.day).words, is_number=True))
    return Table(_("Open threats by class on the two days"), heads, rows)


def _as_then(asked: Asked, since: date, level: str) -> str:
    return asked.list("risks", **{**parts.THREATS, "level": level, "as_of": since.isoformat()})


def _overdue(asked: Asked, look: parts.Look) -> list[Block]:
    """How many are late in each unit below, and the longest overdue; two queries, and those of the units."""
    if not look.overdue_count:
        return [Paragraph(_("No action is overdue."))]
    tree = asked.tree("action.view")
    return [_by_unit(asked, look, tree), *parts.overdue(look)]


def _by_unit(asked: Asked, look: parts.Look, tree: Tree) -> Table:
    late = look.actions.filter(state__in=Action.OPEN, due__lt=asked.day).order_by()
    found = late.values_list("unit_id").annotate(count=Count("*"))
    lines = lines_of(tree, found, lambda: [0], _add)
    query: dict[str, Any] = {"state": list(Action.OPEN), "due_lt": asked.day.isoformat()}
    rows = [
        [
            Said(line.title, is_strong=line.is_total),
            asked.count(line.figures[0], "actions", **{**line.asked, **query}),
        ]
        for line in lines
    ]
    return Table(_("Overdue actions by unit"), [Head(_("Unit"), width=1), Head(_("Number"), is_number=True)], rows)


def _add(figures: list[int], count: int) -> None:
    figures[0] += count
