"""Figures of the units right below one: each gathers what is under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from kivijalka.organisation.models import Unit
from kivijalka.register.doors.filters import NumbersBelow

F = TypeVar("F")
# Numbers of the lines that are no unit right below.
ITSELF, TOTAL = -1, -2


@dataclass(frozen=True)
class Line(Generic[F]):
    """A unit with its figures. `is_itself`: without the units below it; `is_total`: with them, the last line."""

    unit: Unit | None
    figures: F
    is_itself: bool = False
    is_total: bool = False

    @property
    def asked(self) -> dict[str, str]:
        """What a list asks to show what is counted here."""
        code = {"unit": self.unit.code} if self.unit else {}
        return code | ({"unit_alone": code["unit"]} if self.is_itself else {})

    @property
    def title(self) -> str:
        return (
            _("In all") if self.is_total else _("%s, the unit itself") % self.unit if self.is_itself else str(self.unit)
        )

    @property
    def leads_down(self) -> bool:
        return not (self.is_itself or self.is_total)


def begun_at(asked: Unit | None) -> tuple[Unit | None, list[Any]]:
    """The unit that figures are of, and those right below it, each with the numbers of all that is under it.

    Without one: the topmost that is seen; where several are, those, below nothing.
    """
    unit = asked
    if unit is None:
        tops = list(Unit.objects.seen().exclude(parent__in=Unit.objects.seen().values("number")))
        if len(tops) != 1:
            return None, _numbered(number__in=[top.number for top in tops])
        unit = tops[0]
    return unit, _numbered(parent=unit.number)


def _numbered(**asked: Any) -> list[Any]:
    return list(Unit.objects.seen().filter(**asked).annotate(below=NumbersBelow("number")).order_by("number"))


def lines_of(
    unit: Unit | None,
    below: Sequence[Any],
    found: Iterable[tuple[int, Any]],
    begin: Callable[[], F],
    add: Callable[[F, Any], object],
) -> list[Line[F]]:
    """What was found by the number of a unit, gathered: a line for each unit below, one for the unit itself where
    something is found at it, and one for all."""
    under = {number: one.number for one in below for number in one.below}
    figures: dict[int, F] = defaultdict(begin)
    for number, what in found:
        add(figures[under.get(number, ITSELF)], what)
        add(figures[TOTAL], what)
    # A unit that has ended is told of as long as something is found at it.
    lines = [Line(one, figures[one.number]) for one in below if one.end is None or one.number in figures]
    itself = [Line(unit, figures[ITSELF], is_itself=True)] if unit and ITSELF in figures else []
    return [*itself, *lines, Line(unit, figures[TOTAL], is_total=True)]
