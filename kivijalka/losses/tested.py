"""Where rooms that know what did happen put in what they have learned of a risk: the events correct its estimate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from kivijalka.losses.terms import Terms

# Each gives, of these risks, those that events have tested, with their terms as corrected; one question at most, of the
# acting person's reach and moment. Put in by the room's `apps.py`, as panels are.
CORRECTIONS: list[Callable[[Collection[UUID]], Mapping[UUID, Terms]]] = []


def tested(risks: Collection[UUID]) -> dict[UUID, Terms]:
    """The corrected terms of those of the risks that events have tested."""
    found: dict[UUID, Terms] = {}
    for correct in CORRECTIONS:
        found.update(correct(risks))
    return found
