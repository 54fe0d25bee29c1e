"""The kinds of reports: what each is called, what it says, and in which formats it is had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from kivijalka.publishing.queries import RIGHT
from kivijalka.reports.documents import (
    action_report,
    board_report,
    decision_note,
    one_risk,
    public_extract,
    unit_report,
)
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import Document

ALL_FORMATS = ("pdf", "docx", "xlsx")


@dataclass(frozen=True)
class Kind:
    """A kind of report. `heavy`: over many risks it takes longer than one waits for a page.
    `of_unit`: it is of a unit and all below, not of records that one names. `right`: what one
    must hold to make it; everybody, if none is named."""

    name: Any
    says: Any
    make: Callable[[Asked], Document]
    formats: tuple[str, ...] = ALL_FORMATS
    heavy: bool = False
    of_unit: bool = True
    right: str = ""


KINDS = {
    "unit-short": Kind(
        _("Risk report, two pages"),
        _("For a management team: how we stand, what moved, what is late."),
        unit_report.short,
    ),
    "unit-full": Kind(
        _("Risk report, full"),
        _("For an expert: the same, and every open risk and action."),
        unit_report.full,
        heavy=True,
    ),
    "actions": Kind(
        _("Follow-up of actions"),
        _("What is late, what comes, what slipped, and what became of the effects."),
        action_report.follow_up,
        heavy=True,
    ),
    "board": Kind(
        _("Half-yearly report to a board"),
        _("Two days side by side: what rose, what is highest, what ends, where actions are late."),
        board_report.half_year,
        heavy=True,
    ),
    "public": Kind(
        _("Public extract"),
        _("For everybody: the records that were chosen to be published. Made by whoever may publish."),
        public_extract.extract,
        right=RIGHT,
    ),
    "risk": Kind(
        _("One risk on one page"),
        _("What it is, how it stands, what is done about it."),
        one_risk.one_risk,
        of_unit=False,
    ),
    "note": Kind(
        _("Risk note of a decision proposal"),
        _("The risks of a case, as an attachment of its proposal."),
        decision_note.note,
        formats=("pdf", "docx"),
        of_unit=False,
    ),
}
