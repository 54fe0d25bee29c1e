"""How change programmes go, as a report tells it: milestones, what slips, money and benefit; figures of the pages of each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kivijalka.policy.queries import policy_known
from kivijalka.programmes.benefit import Benefit
from kivijalka.programmes.models import Milestone, Programme
from kivijalka.programmes.money import Given
from kivijalka.programmes.progress import Goal
from kivijalka.programmes.standing import OPEN, All, Standing, all_of
from kivijalka.register.chart import about
from kivijalka.reports.documents import parts
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import NOTHING, Block, Head, Paragraph, Said, Section, Table, said
from kivijalka.reports.views import rows_at

MOST, SOME = 30, 10
STATES = [state.value for state in OPEN]


def change_programmes(asked: Asked, since: date) -> list[Block]:
    """Programmes of the unit and all below it that are not ended, and those that ended since a day; none where there are none.
    Nine queries."""
    found = all_of(rows_at(Programme, asked.unit), asked.day, since)
    ended = _ended(asked, found.ended, since)
    if not found.rows:
        return [Section(_("Change programmes"), ended)] if ended else []
    blocks = [_sentence(asked, found), _progress(asked, found), *_slips(asked, found), _money(asked, found)]
    return [Section(_("Change programmes"), [*blocks, *_benefit(asked, found), *ended, _page(asked)])]


def _ended(asked: Asked, found: list[Programme], since: date) -> list[Block]:
    """What came of each that ended since a day."""
    if not found:
        return []
    heads = [
        Head(capfirst(_("code"))),
        Head(_("Programme"), width=4),
        Head(_("Ended on")),
        Head(_("Should have ended on")),
    ]
    heads += [Head(_("Budget, €"), is_number=True, width=2), Head(capfirst(_("what came of it")), width=6)]
    caption = parts.first_of(min(len(found), MOST), len(found), _("Programmes that ended since %s") % said(since).words)
    return [Table(caption, heads, [_came(asked, one) for one in found[:MOST]])]


def _came(asked: Asked, one: Programme) -> list[Said]:
    budget = _euros(one.budget_eur, asked.record(one))
    return [asked.named(one), Said(one.title), said(one.closed_on), said(one.ends_on), budget, said(one.outcome)]


def _sentence(asked: Asked, found: All) -> Paragraph:
    number = len(found.rows)
    words = ngettext(
        "%(count)s programme is planned or under way. Milestones: %(of)s, of which %(reached)s reached and %(late)s overdue.",
        "%(count)s programmes are planned or under way. Milestones: %(of)s, of which %(reached)s reached and %(late)s overdue.",
        number,
    )
    counts = {name: said(count).words for name, count in {**found.counts, "count": number}.items()}
    return Paragraph(Said(words % counts, asked.list("programmes", state=STATES)))


def _progress(asked: Asked, found: All) -> Table:
    heads = [Head(capfirst(_("code"))), Head(_("Programme"), width=5), Head(_("Ends on"))]
    heads += [Head(name, is_number=True) for name in (_("Milestones"), _("Reached"), _("Overdue"), _("Moved"))]
    heads.append(Head(_("Waiting for a late one"), is_number=True, width=2))
    caption = parts.first_of(min(len(found.rows), MOST), len(found.rows), _("Programmes, the next to end first"))
    return Table(caption, heads, [_stands(asked, row) for row in found.rows[:MOST]])


def _stands(asked: Asked, row: Standing) -> list[Said]:
    counts, page = row.progress.counts, asked.page("programme-progress", row.programme.pk)
    numbers = [counts[name] for name in ("of", "reached", "late", "moved", "held_up")]
    return [
        asked.named(row.programme),
        Said(row.programme.title),
        said(row.programme.ends_on),
        *(said(number, page if number else "") for number in numbers),
    ]


def _slips(asked: Asked, found: All) -> list[Block]:
    """Milestones that are late, were moved, or wait for a late one."""
    slips = found.slips
    if not slips:
        return [Paragraph(_("No milestone slips: none is overdue, was moved, or waits for a late one."))]
    heads = [Head(capfirst(_("code"))), Head(_("Milestone"), width=8), Head(_("Programme"), width=7)]
    heads += [Head(_("First due date"), width=4), Head(_("Due date"))]
    heads += [Head(_("Overdue, days"), is_number=True, width=3), Head(_("Waits for"))]
    caption = parts.first_of(min(len(slips), SOME), len(slips), _("Milestones that slip, the longest overdue first"))
    return [Table(caption, heads, [_slip(asked, goal, programme) for goal, programme in slips[:SOME]])]


def _slip(asked: Asked, goal: Goal, programme: Programme) -> list[Said]:
    one: Milestone = goal.milestone
    holding = goal.held_up_by
    waits = Said(", ".join(str(other.code) for other in holding), asked.record(holding[0])) if holding else NOTHING
    return [
        asked.named(one),
        Said(one.title),
        Said(programme.title),
        said(one.first_due),
        said(one.due),
        said(goal.late_days),
        waits,
    ]


def _money(asked: Asked, found: All) -> Table:
    """The share of the money that each priority gets, as on the page of the same name."""
    heads = [Head(_("Priority"), width=4)]
    names = (_("Programmes"), _("Budgets, €"), _("Share, %"), _("Actions, €"), _("Share, %"), _("Meant, %"))
    heads += [Head(name, is_number=True) for name in names]
    rows = [_given(asked, *told) for told in found.shares.told]
    page = asked.page("money-by-priority")
    budget, cost = _euros(found.shares.budget, page), _euros(found.shares.cost, page)
    whole = [Said(_("In all"), is_strong=True), asked.count(len(found.rows), "programmes", state=STATES)]
    return Table(_("Money by priority"), heads, [*rows, [*whole, budget, NOTHING, cost, NOTHING, NOTHING]])


def _given(asked: Asked, row: Given, share: float | None, cost_share: float | None) -> list[Said]:
    priority, page = row.priority, asked.page("money-by-priority")
    of = priority.code if priority else "empty"
    none = Said(_("A priority that you do not see") if row.is_hidden else _("No priority named"))
    return [
        Said(str(priority), asked.record(priority)) if priority else none,
        said(row.programmes) if row.is_hidden else asked.count(row.programmes, "programmes", priority=of, state=STATES),
        _euros(row.budget, page),
        _percent(share),
        _euros(row.actions.planned, page),
        _percent(cost_share),
        said(priority.meant_share if priority else None),
    ]


def _benefit(asked: Asked, found: All) -> list[Block]:
    """What each programme costs and changes; where no policy is in force, only what it costs."""
    heads = [Head(capfirst(_("code"))), Head(_("Programme"), width=5)]
    names = (
        _("Budget, €"),
        _("Actions, €"),
        _("Of these done, €"),
        _("Loss before"),
        _("Expected off"),
        _("Measured off"),
    )
    heads += [Head(name, is_number=True, width=2) for name in names]
    caption = parts.first_of(
        min(len(found.rows), MOST),
        len(found.rows),
        _("What programmes cost, and what they take off the losses of a year, €"),
    )
    table = Table(caption, heads, [_gain(asked, row) for row in found.rows[:MOST]])
    policy = policy_known(asked.day)
    if policy is None:
        return [table, Paragraph(_("No risk policy is in force: losses cannot be told."), is_note=True)]
    words = _(
        "Of the risks that a programme's actions treat, by the ranges that %(policy)s gives to the levels of assessments. "
        "Before: the last assessment before it began. Expected: what its actions say that they take off. Measured: by the "
        "last assessment since an action was done and its effect measured; a dash where nothing has been measured yet, below zero "
        "where more is lost than before."
    )
    return [table, Paragraph(words % {"policy": policy}, is_note=True)]


def _gain(asked: Asked, row: Standing) -> list[Said]:
    money, page = row.progress.money, asked.page("programme-progress", row.programme.pk)
    return [
        asked.named(row.programme),
        Said(row.programme.title),
        _euros(row.programme.budget_eur, asked.record(row.programme)),
        _euros(money.planned, page),
        _euros(money.done, page),
        *_losses(row.benefit, asked.page("programme-benefit", row.programme.pk)),
    ]


def _losses(benefit: Benefit | None, page: str) -> list[Said]:
    if benefit is None or not benefit.changes:
        return [NOTHING] * 3
    measured = _rounded(benefit.measured, page) if benefit.measured_risks else NOTHING
    return [_rounded(benefit.before, page), _rounded(benefit.expected, page), measured]


def _page(asked: Asked) -> Paragraph:
    return Paragraph(Said(_("The same on pages: what slips, over all milestones of the unit"), asked.page("slipping")))


def _euros(amount: Decimal | None, href: str) -> Said:
    """An amount that somebody entered, in whole euros."""
    return NOTHING if amount is None else said(round(amount), href if amount else "")


def _rounded(amount: float, href: str) -> Said:
    """An amount that was reckoned, to the two digits that count."""
    return said(-about(-amount) if amount < 0 else about(amount), href)


def _percent(share: float | None) -> Said:
    return NOTHING if share is None else said(round(share))
