"""The follow-up of actions: what is late, what comes, what slipped, and what became of the effect of what was done."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kivijalka.actions.models import Action
from kivijalka.reports import effects
from kivijalka.reports.documents import parts
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import (
    NOTHING,
    Block,
    Document,
    Figure,
    Figures,
    Head,
    Paragraph,
    Said,
    Section,
    Table,
)
from kivijalka.reports.documents.provenance import provenance
from kivijalka.reports.documents.unit_report import effects_table, report
from kivijalka.reports.views import rows_at

OPEN = {"state": list(Action.OPEN)}


def follow_up(asked: Asked) -> Document:
    """Every open action that asks for something, and the effects of those done."""
    actions, day, until = rows_at(Action, asked.unit), asked.day, asked.day + parts.AHEAD
    opened = actions.filter(state__in=Action.OPEN).order_by("due", "id")
    late, coming = opened.filter(due__lt=day), opened.filter(due__gte=day, due__lt=until)
    slipping = opened.filter(postponements__gte=2)
    unmeasured = actions.filter(state=Action.State.DONE, effect_asked_on__lte=day).order_by("effect_asked_on", "id")
    return report(
        asked,
        _("Follow-up of actions"),
        "",
        [
            _figures(asked, actions),
            Section(_("Overdue"), _table(asked, _("The longest overdue first"), late)),
            Section(_("Due within three months"), _table(asked, _("By their due date"), coming)),
            Section(_("Postponed more than once"), _table(asked, _("Open actions that slip"), slipping)),
            Section(
                _("Done, and the effect not measured yet"), _table(asked, _("The longest waiting first"), unmeasured)
            ),
            Section(_("Effects of actions"), [effects_table(asked), *_measured(asked, actions)]),
            provenance(asked),
        ],
    )


def _figures(asked: Asked, actions: QuerySet[Action]) -> Figures:
    """One query."""
    from django.db.models import Count

    day, until = asked.day, asked.day + parts.AHEAD
    is_open = Q(state__in=Action.OPEN)
    found = actions.aggregate(
        all=Count("pk", filter=is_open),
        late=Count("pk", filter=is_open & Q(due__lt=day)),
        coming=Count("pk", filter=is_open & Q(due__gte=day, due__lt=until)),
        slipping=Count("pk", filter=is_open & Q(postponements__gte=2)),
    )
    today, then = day.isoformat(), until.isoformat()
    return Figures(
        [
            Figure(asked.count(found["all"], "actions", **OPEN), _("open actions")),
            Figure(asked.count(found["late"], "actions", **OPEN, due_lt=today), _("overdue actions")),
            Figure(
                asked.count(found["coming"], "actions", **OPEN, due_gte=today, due_lt=then),
                _("due within three months"),
            ),
            Figure(
                asked.count(found["slipping"], "actions", **OPEN, postponements_gte=2), _("postponed more than once")
            ),
        ]
    )


def _table(asked: Asked, caption: str, rows: QuerySet[Action]) -> list[Block]:
    table = parts.action_table(asked, caption, rows)
    return [table] if table.rows else [Paragraph(_("None."))]


def _measured(asked: Asked, actions: QuerySet[Action]) -> list[Block]:
    """The actions measured last, and the risks that they treat: before, aimed at, and since."""
    heads = [Head(capfirst(_("code"))), Head(_("Action"), width=4), Head(_("Risk"))]
    heads += [Head(name) for name in (_("Was"), _("Aimed at"), _("Since"))]
    rows = [
        [asked.named(one.action), Said(one.action.title), asked.named(step.risk), *map(_class, step.classes)]
        for one in effects.measured(actions)
        for step in one.steps
    ]
    return [Table(_("Classes of the risks that were treated, the latest first"), heads, rows)] if rows else []


def _class(found: effects.Class | None) -> Said:
    return Said(found.words, level=found.badge) if found else NOTHING
