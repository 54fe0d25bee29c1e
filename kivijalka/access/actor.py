"""The acting person: entered once per transaction, known to the database as well as to Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

Span = tuple[int, int]


@dataclass(frozen=True)
class Actor:
    """Who acts, on whose behalf, through which door, at which moment.

    `person` is the one who acts; `on_behalf_of` the absent person whose delegation is used, or None. `door` names the
    way in (page, api, import, job, command line) and goes into the history; `as_of` is the past moment looked at.
    `token` is what a program acts with; `narrow`, that it reaches less than its holder. `reaches` and `names` are the
    database's answers: spans of access keys by right; what the person, and who they act for, are called. `memo` is what
    was asked along, once for all of the transaction.
    """

    person: UUID | None
    on_behalf_of: UUID | None = None
    door: str = "page"
    as_of: datetime | None = None
    token: UUID | None = None
    narrow: bool = False
    reaches: dict[str, list[Span]] = field(default_factory=dict, compare=False, repr=False)
    names: tuple[str | None, str | None] = field(default=(None, None), compare=False, repr=False)
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def principal(self) -> UUID | None:
        """The person whose records count as one's own. A token narrowed to some of the roles' reach owns nothing."""
        return self.token if self.narrow else self.on_behalf_of or self.person

    def reach(self, right: str) -> list[Span]:
        """Half-open spans of access keys within which this actor holds `right`. Empty: nowhere."""
        return self.reaches.get(right, [])

    def has_in_reach(self, right: str, key: int) -> bool:
        """Whether the right reaches an access key; a unit's number is the key of what is public there. For what a page says
        and shows; what is done to a record, the database decides."""
        return any(low <= key < high for low, high in self.reach(right))

    def holds(self, right: str) -> bool:
        """Whether the right is held anywhere at all; for menus, never for a decision on a record."""
        return bool(self.reach(right))


NOBODY = Actor(person=None)
# What rooms above want to know in every transaction: SQL by name, asked in the same statement as who acts.
ASKED_ALONG: dict[str, str] = {}
_current: ContextVar[Actor] = ContextVar("kivijalka_actor", default=NOBODY)


def current_actor() -> Actor:
    """The actor of the transaction under way; nobody outside of one."""
    return _current.get()


@contextmanager
def acting(
    person: UUID | None,
    *,
    on_behalf_of: UUID | None = None,
    door: str = "page",
    as_of: datetime | None = None,
    token: UUID | None = None,
) -> Iterator[Actor]:
    """Open a transaction in which this person acts, as the role that owns nothing.

    With `as_of` the transaction is read-only and every table shows its rows of that moment.
    A delegation or token that is not in force gives no reach at all.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _settings() if nested else None
        actor = _enter(person, on_behalf_of, door, as_of, token)
        former = _current.set(actor)
        try:
            yield actor
        finally:
            _current.reset(former)
        # After an error the savepoint's rollback puts them back; a statement of ours would only hide the error.
        if before is not None and not connection.needs_rollback:
            _restore(before)


@contextmanager
def looking_back(actor: Actor, moment: datetime) -> Iterator[Actor]:
    """The same person, at a past moment. What was asked along is known already, and stays as it is now."""
    with acting(
        actor.person, on_behalf_of=actor.on_behalf_of, door=actor.door, token=actor.token, as_of=moment
    ) as then:
        then.memo.update(actor.memo)
        yield then


def say_command(name: str) -> None:
    """Tell the history which command the following writes belong to."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('kj.command', %s, true)", [name])


@contextmanager
def for_actor(actor: Actor) -> Iterator[None]:
    """What is worded inside is worded as for this actor; who acts in the database stays who it is."""
    former = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(former)


@contextmanager
def for_all() -> Iterator[None]:
    """What is made inside is made once for everybody: it does not depend on who happens to act when it is."""
    with for_actor(NOBODY):
        yield


# Settings of a transaction; they end with it, so only a nested actor has to put back what it found.
_NAMES = ("kj.person", "kj.principal", "kj.token", "kj.door", "kj.command", "kj.as_of", "search_path", "role")


def _settings() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _NAMES))
        return list(cursor.fetchone())


def _restore(values: list[str]) -> None:
    """Put back what an enclosing transaction had set; the role last, when the rest may still be set."""
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"set_config('{name}', %s, true)" for name in _NAMES), values)


def _enter(
    person: UUID | None, on_behalf_of: UUID | None, door: str, as_of: datetime | None, token: UUID | None
) -> Actor:
    """Tell the database who acts, in one statement: reach, moment, and the role that owns nothing."""
    moment = as_of.isoformat() if as_of else ""
    path = "asof, public" if as_of else "public"
    # Never back to writing: a token that only reads has said so before.
    reads = ", set_config('transaction_read_only', 'on', true)" if as_of else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "select kj.enter(%s, %s, %s, %s), kj.acting_names(), current_setting('kj.principal'),"
            " set_config('kj.as_of', %s, true), set_config('search_path', %s, true),"
            f" set_config('role', 'kj_app', true){reads}{''.join(f', {sql}' for sql in ASKED_ALONG.values())}",
            [person, on_behalf_of, door, token, moment, path],
        )
        row = cursor.fetchone()
    found, names, principal = row[:3]
    along = row[len(row) - len(ASKED_ALONG) :]
    groups = json.loads(found) if isinstance(found, str) else found
    # None where a token leaves nothing of a right.
    spans = {right: group["spans"] or [] for group in groups for right in group["rights"]}
    return Actor(
        person=person,
        on_behalf_of=on_behalf_of,
        door=door,
        as_of=as_of,
        token=token,
        narrow=token is not None and principal == str(token),
        reaches={right: [(low, high) for low, high in found] for right, found in spans.items()},
        names=(names[0], names[1]),
        memo=dict(zip(ASKED_ALONG, along, strict=True)),
    )
