"""Where open threats lie: the units right below one, by areas of organisational security."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kivijalka.areas.names import Area
from kivijalka.organisation.below import Line, Tree, lines_of
from kivijalka.risks.models import Level, Risk

# In the place of an area: of none; and the column of all.
NO_AREA, ALL = "empty", ""
COLUMNS = [*Area.values, NO_AREA, ALL]


@dataclass
class Spot:
    """How many open threats there are, by class; "" where nobody has assessed them."""

    by_level: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self.by_level.total()

    @property
    def worst(self) -> str:
        return max(self.by_level, default="")

    @property
    def words(self) -> str:
        """The worst class in words."""
        return str(Level(self.worst).label) if self.worst else ""


Spots = dict[str, Spot]


def heat(risks: QuerySet[Risk], tree: Tree) -> list[Line[Spots]]:
    """A line for each unit below, one for the unit itself where threats stand at it, and one for all; one query."""
    threats = risks.filter(sign=Risk.Sign.THREAT).filter(Risk.IS_OPEN).order_by()
    found = threats.values_list("unit_id", "areas", "level").annotate(count=Count("*"))
    # Thousands of groups, few of them different once they are gathered.
    gathered: Counter[tuple[int, tuple[str, ...], str]] = Counter()
    for number, areas, level, count in found:
        gathered[tree.under.get(number, number), tuple(areas), level] += count
    return lines_of(tree, ((key[0], (*key[1:], count)) for key, count in gathered.items()), _cold, _warm)


def _cold() -> Spots:
    return {column: Spot() for column in COLUMNS}


def _warm(spots: Spots, what: Any) -> None:
    areas, level, count = what
    for column in (*(areas or [NO_AREA]), ALL):
        spots[column].by_level[level] += count


def column_names() -> list[str]:
    """Headings of the columns."""
    return [*(str(label) for label in Area.labels), _("no area"), _("In all")]


def as_table(lines: Sequence[Line[Spots]]) -> tuple[list[str], Iterator[list[Any]]]:
    """Headings and rows of a file: in each column the number, and beside it the worst class in words."""
    names = [name for column in column_names() for name in (column, _("%s: worst class") % column)]
    rows = (
        [
            line.title,
            line.unit.code if line.unit else "",
            *(v for spot in line.figures.values() for v in (spot.count, spot.words)),
        ]
        for line in lines
    )
    return [_("Unit"), capfirst(_("code")), *names], rows
