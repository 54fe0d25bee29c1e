"""Figures of the units right below one: each gathers what is under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.organisation.models import Unit

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


@dataclass(frozen=True)
class Tree:
    """The unit that figures are of (None: several that have nothing above them), those right below it, of each number
    that is under one of those, which; and those of which the reader may know something."""

    unit: Unit | None
    below: list[Unit]
    under: dict[int, int]
    known: set[int]


@dataclass(frozen=True)
class Layout:
    """The units of a tree before it is said what of them is known."""

    unit: Unit | None
    below: list[Unit]
    under: dict[int, int]

    def known_by(self, actor: Actor, right: str) -> Tree:
        """Whoever holds the right at nothing under a unit knows nothing of it: there, none found is not none."""
        known = {head for number, head in self.under.items() if actor.has_in_reach(right, number)}
        return Tree(self.unit, self.below, self.under, known)


def tree_at(actor: Actor, asked: Unit | None, right: str) -> Tree:
    """What is below a unit, as far as somebody with this right knows it. Two queries."""
    return layout_at(asked).known_by(actor, right)


def layout_at(asked: Unit | None) -> Layout:
    """What is below a unit; without one, below the topmost that is seen, or those where they are several. Two queries."""
    parents: dict[int, int | None] = dict(Unit.objects.seen().values_list("number", "parent_id"))
    tops = [number for number, parent in parents.items() if parent not in parents]
    top = asked.number if asked else tops[0] if len(tops) == 1 else None
    heads = tops if top is None else [number for number, parent in parents.items() if parent == top]
    units = {unit.number: unit for unit in Unit.objects.seen().filter(number__in=[*heads, *([top] if top else [])])}
    return Layout(units.get(top or 0), [units[number] for number in sorted(heads)], _under(set(heads), parents))


def _under(heads: set[int], parents: Mapping[int, int | None]) -> dict[int, int]:
    found = {head: head for head in heads}
    for number in parents:
        way: list[int] = []
        here: int | None = number
        while here is not None and here not in found and here in parents:
            way.append(here)
            here = parents[here]
        if here in found:
            found |= dict.fromkeys(way, found[here])
    return found


def lines_of(
    tree: Tree, found: Iterable[tuple[int, Any]], begin: Callable[[], F], add: Callable[[F, Any], object]
) -> list[Line[F]]:
    """What was found by the number of a unit, gathered: a line for each unit below, one for the unit itself where
    something is found at it, and one for all."""
    figures: dict[int, F] = defaultdict(begin)
    for number, what in found:
        add(figures[tree.under.get(number, ITSELF)], what)
        add(figures[TOTAL], what)
    # A unit that has ended, or that the reader knows nothing of, is told of as long as something is found at it.
    told = {one.number for one in tree.below if one.end is None} & tree.known | figures.keys()
    lines = [Line(one, figures[one.number]) for one in tree.below if one.number in told]
    itself = [Line(tree.unit, figures[ITSELF], is_itself=True)] if tree.unit and ITSELF in figures else []
    return [*itself, *lines, Line(tree.unit, figures[TOTAL], is_total=True)]
