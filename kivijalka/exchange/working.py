"""Who works here, and how somebody does no longer or does again: the same for every system that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.organisation import commands
from kivijalka.organisation.registers import persons as register


def in_force() -> Q:
    """What has not ended: a unit, or the work of a person."""
    return Q(end__isnull=True) | Q(end__gte=timezone.localdate())


def leave_at_once(actor: Actor, persons: Sequence[Any]) -> list[Any]:
    """From this moment on they reach nothing: yesterday was the last day. What each of them gave, or why not."""
    day = timezone.localdate() - timedelta(days=1)
    staying = [person for person in persons if person.end is None and person.start <= day]
    others = [person for person in persons if person not in staying and (person.end is None or person.end > day)]
    answers = commands.leave.on_each(actor, [(person, {"on": day}) for person in staying]) if staying else []
    edits = [(person, {"end": day, **_begins(person, day)}) for person in others]
    return answers + (register.all_commands["edit"].on_each(actor, edits) if edits else [])


def _begins(person: Any, day: date) -> dict[str, date]:
    """Who came today began before they left."""
    return {"start": day} if person.start > day else {}


def begin_without_roles(person: UUID) -> None:
    """Who comes back begins without the roles that they had."""
    say_command("edit")
    with connection.cursor() as cursor:
        cursor.execute("select kj.end_roles_of(%s)", [person])
