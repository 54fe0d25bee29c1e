"""Parts that several kinds of reports have in common. Each asks what a page asks; nothing is counted a second way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet, Window
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kivijalka.actions.models import Action
from kivijalka.policy.queries import changed_between
from kivijalka.register.doors.compare import Moved, moved
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import text_of
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import (
    NOTHING,
    Block,
    Figure,
    Figures,
    Head,
    Paragraph,
    Said,
    Table,
    said,
)
from kivijalka.reports.views import overdue_of, rows_at, standing
from kivijalka.risks import queries
from kivijalka.risks.models import Level, Risk
from kivijalka.risks.registers import risks as register_of_risks

OPEN = {"state": list(Risk.OPEN)}
THREATS = {**OPEN, "sign": Risk.Sign.THREAT.value}
# How far ahead a report looks for what lapses and what is due.
AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class Look:
    """What nearly every report begins with, asked once: how open risks stand, and what is overdue."""

    asked: Asked
    risks: QuerySet[Risk]
    actions: QuerySet[Action]
    found: dict[str, Any]
    overdue: list[Action]
    overdue_count: int

    @classmethod
    def at(cls, asked: Asked) -> Look:
        """Two queries, and one for the owners of what is overdue."""
        risks, actions = rows_at(Risk, asked.unit), rows_at(Action, asked.unit)
        found = standing(queries.stands(risks, asked.day), asked.day)
        overdue, count = overdue_of(actions, asked.day)
        return cls(asked, risks, actions, found, relate(overdue, ["owner", "unit"]), count)


def headline(look: Look) -> list[Block]:
    """The sentence and the numbers that a report opens with."""
    asked, found = look.asked, look.found
    worst = {level: count for level, _label, count in found["levels"]}
    day = asked.day.isoformat()
    figures = [
        Figure(asked.count(found["open"], "risks", **OPEN), _("open risks")),
        Figure(
            asked.count(worst[Level.CRITICAL], "risks", **THREATS, level=Level.CRITICAL.value), _("critical threats")
        ),
        Figure(asked.count(found["late_reviews"], "risks", **OPEN, review_lt=day), _("late reviews")),
        Figure(asked.count(look.overdue_count, "actions", state=list(Action.OPEN), due_lt=day), _("overdue actions")),
    ]
    return [Paragraph(_sentence(look, worst)), Figures(figures)]


def _sentence(look: Look, worst: dict[str, int]) -> str:
    found = look.found
    if not found["open"]:
        return _("No open risk is recorded here.")
    count = found["open"]
    first = ngettext(
        "%(place)s: %(count)s open risk. Critical threats %(critical)s, high ones %(high)s.",
        "%(place)s: %(count)s open risks. Critical threats %(critical)s, high ones %(high)s.",
        count,
    ) % {
        "place": look.asked.place,
        "count": said(count).words,
        "critical": said(worst[Level.CRITICAL]).words,
        "high": said(worst[Level.HIGH]).words,
    }
    if not found["unassessed"]:
        return first
    rest = ngettext("%s is not assessed yet.", "%s are not assessed yet.", found["unassessed"])
    return f"{first} {rest % said(found['unassessed']).words}"


def matrix(look: Look) -> list[Block]:
    """Threats by likelihood and impact; each number leads to its risks."""
    if look.found["policy"] is None:
        return [Paragraph(_("No risk policy is in force on this day: there is no matrix."), is_note=True)]
    likelihoods = dict(look.found["scales"]["likelihood"])
    heads = [Head(_("Likelihood / impact"), width=2)]
    heads += [Head(f"{level} {name}", width=1) for level, name in look.found["scales"]["impact"]]
    rows = [
        [Said(f"{row[0].likelihood} {likelihoods[row[0].likelihood]}"), *(_cell(look.asked, cell) for cell in row)]
        for row in look.found["matrix"]
    ]
    caption = _(
        "Number of open threats by likelihood and impact. The small number tells the class: 1 low, 2 moderate, 3 high, 4 critical"
    )
    return [Table(caption, heads, rows, is_matrix=True)]


def _cell(asked: Asked, cell: Any) -> Said:
    href = asked.list("risks", **THREATS, likelihood=cell.likelihood, impact=cell.impact) if cell.count else ""
    return Said(said(cell.count).words, href, cell.level, value=cell.count)


def classes(look: Look) -> Table:
    """How many there are of each class, threats and opportunities."""
    found, asked = look.found, look.asked
    rows = [
        [Said(str(label), level=level), asked.count(count, "risks", **THREATS, level=level)]
        for level, label, count in found["levels"]
    ]
    good = {**OPEN, "sign": Risk.Sign.OPPORTUNITY.value}
    rows += [
        [Said(str(label), level=badge), asked.count(count, "risks", **good, level=level)]
        for badge, level, label, count in found["benefits"]
    ]
    rows.append([Said(_("not yet assessed")), said(found["unassessed"])])
    return Table(_("Open risks by class"), [Head(_("Class"), width=1), Head(_("Open risks"), is_number=True)], rows)


def risk_table(asked: Asked, caption: str, rows: Iterable[Risk]) -> Table:
    """Risks, one a row: what, where, whose, how it stands and what is done with it. Two queries besides."""
    heads = [
        Head(capfirst(_("code"))),
        Head(_("Risk"), width=5),
        Head(_("Unit"), width=3),
        Head(_("Owner"), is_name=True, width=3),
        Head(_("Class")),
        Head(_("Treatment")),
        Head(_("Next review")),
    ]
    return Table(caption, heads, [_of_risk(asked, risk) for risk in relate(rows, ["unit", "owner"])])


def _of_risk(asked: Asked, risk: Risk) -> list[Said]:
    return [
        asked.named(risk),
        Said(risk.title),
        said(text_of(risk, "unit")),
        said(text_of(risk, "owner")),
        class_of(risk),
        said(risk.get_treatment_display()),
        said(risk.review),
    ]


def class_of(risk: Risk) -> Said:
    """Its class in words, coloured; a dash where nobody has assessed it."""
    return Said(risk.get_level_display(), level=risk.badge_of("level")) if risk.level else NOTHING


def action_table(asked: Asked, caption: str, rows: Iterable[Action]) -> Table:
    """Actions, one a row. Two queries besides."""
    heads = [
        Head(capfirst(_("code"))),
        Head(_("Action"), width=5),
        Head(_("Unit"), width=3),
        Head(_("Owner"), is_name=True, width=3),
        Head(_("Due date")),
        Head(_("State")),
        Head(_("Done, %"), is_number=True),
    ]
    lines = [
        [
            asked.named(row),
            Said(row.title),
            said(text_of(row, "unit")),
            said(text_of(row, "owner")),
            said(row.due),
            said(row.get_state_display()),
            said(row.progress),
        ]
        for row in relate(rows, ["unit", "owner"])
    ]
    return Table(caption, heads, lines)


def overdue(look: Look) -> list[Block]:
    """The longest overdue actions, and how many there are."""
    if not look.overdue:
        return [Paragraph(_("No action is overdue."))]
    caption = first_of(len(look.overdue), look.overdue_count, _("Actions that are overdue, the longest first"))
    return [action_table(look.asked, caption, look.overdue)]


def lapses(look: Look, most: int) -> list[Block]:
    """Acceptances that end within three months, the next first."""
    until = look.asked.day + AHEAD
    rows, count = first_and_count(
        look.risks.filter(state=Risk.State.ACCEPTED, accepted_until__lt=until).order_by("accepted_until", "id"), most
    )
    if not rows:
        return [Paragraph(_("No acceptance ends within three months."))]
    lines = [
        [
            look.asked.named(risk),
            Said(risk.title),
            said(text_of(risk, "unit")),
            class_of(risk),
            said(risk.accepted_until),
        ]
        for risk in relate(rows, ["unit"])
    ]
    heads = [Head(capfirst(_("code"))), Head(_("Risk"), width=5), Head(_("Unit"), width=3), Head(_("Class"))]
    heads.append(Head(_("Accepted until")))
    all_of = look.asked.count(count, "risks", state=Risk.State.ACCEPTED.value, accepted_until_lt=until.isoformat())
    words = [Said(_("Acceptances that end within three months: ")), all_of]
    return [Paragraph(words), Table(first_of(len(rows), count, _("The next to end")), heads, lines)]


def first_and_count(rows: QuerySet[Any], most: int) -> tuple[list[Any], int]:
    """The first rows, and how many there are; one query."""
    found = list(rows.annotate(of=Window(Count("*")))[:most])
    return found, found[0].of if found else 0


def first_of(shown: int, count: int, words: str) -> str:
    """A caption that tells how many of how many are shown."""
    if shown >= count:
        return words
    return _("%(words)s: %(shown)s of %(count)s") % {"words": words, "shown": shown, "count": said(count).words}


MOVES = {
    "rose": gettext_lazy("rose in class"),
    "fell": gettext_lazy("fell in class"),
    "came": gettext_lazy("new"),
    "left": gettext_lazy("closed or left"),
}


def movement_of(asked: Asked, since: datetime) -> Moved:
    """How open risks stand now and stood then; two queries."""
    return moved(register_of_risks, asked.actor, partial(_open, asked), since)


def _open(asked: Asked) -> QuerySet[Any]:
    rows: QuerySet[Any] = rows_at(Risk, asked.unit).filter(Risk.IS_OPEN)
    return rows


def movement(asked: Asked, found: Moved, since: date) -> list[Block]:
    """How many rose, fell, came and left since a day; the number leads to the comparison of the two lists."""
    href = asked.page("compare", "risks", **OPEN, since=since.isoformat())
    counts = {name: len(getattr(found, name)) for name in MOVES}
    figures = [Figure(said(counts[name], href if counts[name] else ""), str(words)) for name, words in MOVES.items()]
    meanwhile = [Paragraph(sentence) for sentence in changed_between(since, asked.day)]
    compared = Paragraph(_("Open risks compared with how they stood on %s:") % said(since).words)
    return [compared, Figures(figures), *meanwhile]


def risen(asked: Asked, found: Moved, most: int) -> list[Block]:
    """Risks whose class rose, and new ones, the highest first."""
    keys = sorted([*found.rose, *found.came], key=lambda pk: (found.after[pk][1], pk), reverse=True)
    keys = [pk for pk in keys if found.after[pk][1] or pk in found.rose][:most]
    rows = Risk.objects.seen().in_bulk(keys)
    if not rows:
        return [Paragraph(_("No class rose, and no assessed risk is new."))]
    heads = [Head(capfirst(_("code"))), Head(_("Risk"), width=5), Head(_("Unit"), width=3), Head(_("Was"))]
    heads.append(Head(_("Is")))
    lines = []
    for risk in relate([rows[pk] for pk in keys if pk in rows], ["unit"]):
        was = found.before.get(risk.pk, (0, ""))[1]
        before = _class(risk, was) if risk.pk in found.before else Said(_("new"))
        lines.append([asked.named(risk), Said(risk.title), said(text_of(risk, "unit")), before, class_of(risk)])
    return [Table(_("What rose or is new, the highest first"), heads, lines)]


def _class(risk: Risk, level: str) -> Said:
    if not level:
        return NOTHING
    former = Risk(sign=risk.sign, level=level)
    return class_of(former)
