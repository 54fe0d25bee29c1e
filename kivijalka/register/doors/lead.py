"""What a record's page leads to: the verb that comes next and why, by what the register declares to wait; and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.register.declare import SOON, Register, Waits
from kivijalka.register.doors.show import Verb, verbs_of
from kivijalka.register.doors.values import in_words

# So many verbs stand side by side; more are opened.
FEW = 2


@dataclass(frozen=True)
class Lead:
    """The next step as the one primary button, a sentence why, what stands beside it, and what is opened."""

    next: Verb | None
    why: str
    is_late: bool
    beside: list[Verb]
    more: list[Verb]


def waiting_of(register: Register[Any]) -> dict[str, Any]:
    """Annotations of a record: for each thing that the register has waiting, whether it is in that state."""
    return {
        _name(number): ExpressionWrapper(waits.when(), BooleanField()) for number, waits in enumerate(register.waits)
    }


def lead_of(register: Register[Any], record: Any, today: date) -> Lead:
    """What comes next of a record read with `waiting_of`: what waits now, in the declared order, first what this person may
    do. Where a register has nothing waiting, its primary verb."""
    verbs = verbs_of(register, record)
    waits = [waits for number, waits in enumerate(register.waits) if getattr(record, _name(number))]
    now = [one for one in waits if (day := _due(record, one)) is None or day <= today + SOON]
    possible = {verb.name: verb for verb in verbs}
    first = next((one for one in now if one.verb in possible), now[0] if now else None)
    if register.waits:
        following = possible.get(first.verb) if first else None
    else:
        following = next((verb for verb in verbs if verb.primary), None)
    rest = [verb for verb in verbs if verb != following]
    near = rest if len(rest) <= FEW else [verb for verb in rest if verb.name == "edit" or verb.primary]
    day = _due(record, first) if first else None
    return Lead(
        next=following,
        why=_why(record, first, following, waits),
        is_late=day is not None and day < today,
        beside=near,
        more=[verb for verb in rest if verb not in near],
    )


def _why(record: Any, first: Waits | None, following: Verb | None, waits: list[Waits]) -> str:
    """What waits, whether or not this person may do it; else what comes later."""
    if first is not None:
        return _dated(record, first) if following else _("Waits for somebody else: %s") % _dated(record, first)
    later = min(waits, key=lambda one: _due(record, one) or date.max, default=None)
    return _("Nothing waits now. Next: %s") % _dated(record, later) if later else ""


def _dated(record: Any, waits: Waits) -> str:
    day = _due(record, waits)
    return f"{waits.question}, {in_words(day)}" if day else str(waits.question)


def _due(record: Any, waits: Waits) -> date | None:
    found: date | datetime | None = getattr(record, waits.due) if waits.due else None
    return timezone.localdate(found) if isinstance(found, datetime) else found


def _name(number: int) -> str:
    return f"waits_{number}"
