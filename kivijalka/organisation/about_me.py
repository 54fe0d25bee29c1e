"""What comes with entering: where the acting person works, and for whom they may act. No query of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from kivijalka.access import Actor
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.history import document_of

ABOUT_ME = "about_me"
ASKED = "kj.about_me()"


@dataclass(frozen=True)
class StandsIn:
    """Somebody whose delegation to the acting person is in force: who, what they are called, and its last day."""

    person: UUID
    name: str
    end: date


def own_unit(actor: Actor) -> Unit | None:
    """The unit where the acting person works, as far as its code and names go."""
    unit = _told(actor)["unit"]
    return Unit(**unit) if unit else None


def stands_in_for(actor: Actor) -> list[StandsIn]:
    """For whom the acting person may act today, by name."""
    rows = _told(actor)["stands_in_for"]
    return [StandsIn(UUID(row["person"]), row["name"], date.fromisoformat(row["end"])) for row in rows]


def _told(actor: Actor) -> dict[str, Any]:
    told: dict[str, Any] = document_of(actor.memo[ABOUT_ME])
    return told
