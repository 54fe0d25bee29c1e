"""Decisions about workshops that need no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Reason

# How many answered so: by likelihood and impact.
Cells = Mapping[tuple[int, int], int]


def why_not_ask(not_assessable: list[str]) -> Reason | None:
    """Why risks may not be asked about; their codes. None: they may."""
    if not_assessable:
        text = _("You may not assess %s, or it is closed: take it off the workshop, or ask its unit for the right.")
        return Reason("not_assessable", text % ", ".join(sorted(not_assessable)))
    return None


def why_not_agree(is_agreed: bool) -> Reason | None:
    """Why no shared assessment can be recorded. None: it can."""
    if is_agreed:
        text = _(
            "A shared assessment of this risk was recorded already in this workshop. It stands on the risk's page."
        )
        return Reason("agreed", text, field="risk")
    return None


def why_not_oneself(on_behalf_of: UUID | None) -> Reason | None:
    """Why whoever stands in for another may not take part in their place. None: nobody stands in."""
    if on_behalf_of is not None:
        text = _("Everybody takes part as themselves. Act as yourself again, then go on.")
        return Reason("not_oneself", text)
    return None


def disagreement(cells: Cells, level_of: Callable[[int, int], str]) -> tuple[int, float]:
    """How far answers are apart: in classes of risk, then as the mean distance of two of them on the matrix.

    The distance is that of likelihoods plus that of impacts, over all pairs of different participants.
    """
    classes = [int(level_of(*place)[:1]) for place in cells]
    answers = sum(cells.values())
    if answers < 2:
        return 0, 0.0
    apart = sum(
        here * there * (abs(a[0] - b[0]) + abs(a[1] - b[1]))
        for (a, here), (b, there) in product(cells.items(), cells.items())
    )
    return max(classes) - min(classes), apart / (answers * (answers - 1))


def middle(counts: Mapping[int, int]) -> int | None:
    """The median of levels, the higher of two; None of nothing."""
    levels = sorted(level for level, times in counts.items() for _ in range(times))
    return levels[len(levels) // 2] if levels else None
