"""The acting person: entered once per transaction, known to the database as well as to Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

Span = tuple[int, int]


@dataclass(frozen=True)
class Actor:
    """Who acts, on whose behalf, and through which door.

    `person` is the one who acts; `on_behalf_of` is the absent person whose delegation is used, or None. `door` names the
    way in (page, api, import, job, command line) and goes into the history. Roles and reach are the database's answers.
    """

    person: UUID | None
    on_behalf_of: UUID | None = None
    door: str = "page"
    reaches: dict[str, list[Span]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def principal(self) -> UUID | None:
        """The person whose roles and records count."""
        return self.on_behalf_of or self.person

    def reach(self, right: str) -> list[Span]:
        """Half-open spans of access keys within which this actor holds `right`. Empty: nowhere."""
        return self.reaches.get(right, [])

    def holds(self, right: str) -> bool:
        """Whether the right is held anywhere at all; for menus, never for a decision on a record."""
        return bool(self.reach(right))


NOBODY = Actor(person=None)
_current: ContextVar[Actor] = ContextVar("kivijalka_actor", default=NOBODY)


def current_actor() -> Actor:
    """The actor of the transaction under way; nobody outside of one."""
    return _current.get()


@contextmanager
def acting(
    person: UUID | None, *, on_behalf_of: UUID | None = None, door: str = "page", as_of: datetime | None = None
) -> Iterator[Actor]:
    """Open a transaction in which this person acts, as the role that owns nothing.

    With `as_of` the transaction is read-only and every table shows its rows of that moment.
    A delegation that is not in force gives no reach at all.
    """
    with transaction.atomic():
        before = _settings()
        actor = _enter(person, on_behalf_of, door)
        if as_of is not None:
            _go_back_to(as_of)
        token = _current.set(actor)
        try:
            yield actor
        finally:
            _current.reset(token)
            if not connection.needs_rollback and not connection.errors_occurred:
                _restore(before)


def say_command(name: str) -> None:
    """Tell the history which command the following writes belong to."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('kj.command', %s, true)", [name])


_NAMES = ("role", "kj.person", "kj.principal", "kj.door", "kj.command", "kj.as_of", "search_path")


def _settings() -> list[str]:
    """What an enclosing transaction had set: a nested actor must leave no trace in it."""
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _NAMES))
        return list(cursor.fetchone())


def _restore(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("reset role")
        changes = ", ".join(f"set_config('{name}', %s, true)" for name in _NAMES[1:])
        cursor.execute(f"select {changes}, set_config('role', %s, true)", [*values[1:], values[0]])


def _enter(person: UUID | None, on_behalf_of: UUID | None, door: str) -> Actor:
    with connection.cursor() as cursor:
        cursor.execute("select kj.enter(%s, %s, %s)", [person, on_behalf_of, door])
        found = cursor.fetchone()[0]
        cursor.execute("set local role kj_app")
    groups = json.loads(found) if isinstance(found, str) else found
    reaches = {right: [(low, high) for low, high in group["spans"]] for group in groups for right in group["rights"]}
    return Actor(person=person, on_behalf_of=on_behalf_of, door=door, reaches=reaches)


def _go_back_to(moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('kj.as_of', %s, true), set_config('search_path', 'asof, public', true)",
            [moment.isoformat()],
        )
        # Ends with the (sub)transaction by itself, so it needs no restoring.
        cursor.execute("set transaction read only")
