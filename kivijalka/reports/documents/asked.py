"""What a report is asked: of which unit, of which moment, for whom, in which language; and where its words lead to."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.rules import rights_in
from kivijalka.actions.models import Action
from kivijalka.controls.models import Control
from kivijalka.organisation.below import Layout, Tree, layout_at
from kivijalka.organisation.models import Person, Unit
from kivijalka.programmes.models import Milestone, Priority, Programme, Workstream
from kivijalka.publishing.models import Publication
from kivijalka.register.models import SPAN, Confidentiality
from kivijalka.register.refusal import Reason, Refused, refuse
from kivijalka.reports.documents.model import Said, said
from kivijalka.risks.models import Risk

# Whose right to see decides what a report tells.
RESTS_ON: tuple[Any, ...] = (
    Risk,
    Action,
    Control,
    Programme,
    Workstream,
    Milestone,
    Priority,
    Publication,
    Unit,
    Person,
)


@dataclass(frozen=True)
class Asked:
    """Everything that a report is made from. `as_of` is the moment as addresses have it; `unit` knows the numbers below
    it (None: all within reach); `site` and `address` are where it was asked, `mark` is of the reader's reach, `given` is
    what its kind asks besides."""

    actor: Actor
    moment: datetime
    as_of: str
    unit: Any
    language: str
    site: str
    address: str
    mark: str
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return timezone.localdate(self.moment)

    @cached_property
    def layout(self) -> Layout:
        """The units below it; two queries, once."""
        return layout_at(self.unit)

    def tree(self, right: str) -> Tree:
        """The units below it, as far as the reader has this right there."""
        return self.layout.known_by(self.actor, right)

    @property
    def place(self) -> str:
        """What it is of, in words."""
        return str(self.unit) if self.unit else str(_("Everything within the reader's reach"))

    def list(self, path: str, **query: Any) -> str:
        """A list of a register at this unit, as it stood."""
        return self.page("list", path, **query)

    def page(self, name: str, *args: Any, **query: Any) -> str:
        """A page of the site, for this unit and moment."""
        unit = {"unit": self.unit.code} if self.unit else {}
        asked = urlencode({**unit, "as_of": self.as_of, **query}, doseq=True)
        return f"{self.site}{reverse(name, args=args)}?{asked}"

    def record(self, record: Any) -> str:
        """The page of a record, as it stood."""
        return f"{self.site}{record.get_absolute_url()}?{urlencode({'as_of': self.as_of})}"

    def named(self, record: Any) -> Said:
        """A record by its code, leading to it."""
        return Said(str(record.code), self.record(record))

    def count(self, number: int, path: str, **query: Any) -> Said:
        """A number that leads to the records which it counts; none leads nowhere."""
        return said(number, self.list(path, **query) if number else "")


def mark_of(actor: Actor) -> str:
    """A mark of who reads and how far they see, after one of what decides that: `rules-reach`. The same as long as all are, over
    the units that there were at the moment looked at: one that was added since changes nothing of the past. One query."""
    numbers = sorted(Unit.objects.seen().values_list("number", flat=True))
    rights = sorted({right for model in RESTS_ON for right in rights_in(model.access.see)})
    reach = [
        [right, level, _reached(numbers, actor.reach(right), level)] for right in rights for level in Confidentiality
    ]
    return f"{_short(rights)[:4]}-{_short([str(actor.principal), actor.names, reach])}"


def _short(told: Any) -> str:
    return sha256(json.dumps(told).encode()).hexdigest()[:16]


def _reached(numbers: list[int], spans: list[tuple[int, int]], level: int) -> list[int]:
    """Which of the units' numbers spans of access keys hold at a level of confidentiality."""
    found: set[int] = set()
    for low, high in spans:
        found.update(numbers[bisect_left(numbers, low - level * SPAN) : bisect_left(numbers, high - level * SPAN)])
    return sorted(found)


# Why a report is not made again from its address: its records would be others. It is made anew for the reader of now.
OTHERS = ("release", "reach")


def same_reach(actor: Actor, mark: str) -> str:
    """The mark of the reader's reach. Refuse to make again what was made for another: it would not be the same."""
    present = mark_of(actor)
    if mark and mark != present:
        refuse(_why_not_again(mark, present))
    return present


def _why_not_again(mark: str, present: str) -> Reason:
    """Which of the two parts of the marks differs."""
    if mark.rpartition("-")[0] != present.rpartition("-")[0]:
        words = _(
            "This report was made by another release of Kivijalka, in which other rights decided what a report tells. Whether it "
            "would be the same cannot be said. Your roles have nothing to do with it."
        )
        return Reason("release", words, field="reach")
    words = _(
        "This report was made for another reach than you have now: your roles have changed since, or it was somebody "
        "else's. It cannot be made the same."
    )
    return Reason("reach", words, field="reach")


def was_there(unit: Any, day: date) -> None:
    """Refuse a unit that had ended, or had not begun."""
    if unit is None:
        return
    if unit.end is not None and unit.end < day:
        words = _("The unit %(unit)s ended on %(day)s. Choose a day on which it was there.")
        raise Refused(words % {"unit": unit, "day": said(unit.end).words}, code="ended", field="unit")
    if unit.start > day:
        words = _("The unit %(unit)s began on %(day)s. Choose a day on which it was there.")
        raise Refused(words % {"unit": unit, "day": said(unit.start).words}, code="not_begun", field="unit")


def something_recorded() -> None:
    """Refuse a moment before the first record."""
    if not Unit.objects.seen().exists():
        raise Refused(
            _("Nothing that you may see was recorded by that day yet. Choose a later one."),
            code="before",
            field="as_of",
        )
