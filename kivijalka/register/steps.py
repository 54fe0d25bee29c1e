"""A step: all that a person did in one go, one record or many. It is undone as a whole by whoever did it.

The trail knows a step by its transaction. Undoing writes what stood there before, as the acting person and through the
same policies, guards and constraints as any write of theirs. It is refused once anybody has changed a record since.
What made a record is not undone, nor what is final: both are taken back by verbs of their own. (What an import brought is
removed as a whole: `imports.py`.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access.actor import say_command
from kivijalka.register.command import translated
from kivijalka.register.models import Kept, Link, Node, SeenQuerySet
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS, kept_models

NAME = "undo"
# Written by the acting person, not by an import, as part of one transaction. A restored database counts its transactions
# anew, hence the moment.
MINE = "kept_by = kj.person() and kept_for is not distinct from kj.behalf() and kept_door <> 'import'"
ITS = f"{MINE} and kept_xid = %s::text::xid8 and kept_from between %s - interval '1 hour' and %s + interval '1 hour'"


@dataclass(frozen=True)
class Built:
    """A record that somebody changed, or referred to, since: `by` is None where no person is known."""

    node: Node | None
    what: str
    by: Any
    since: datetime | None


class BuiltOn(Refused):
    """It cannot be undone any more: its records were built on. Each row is a record's id, what was done, by whom, when."""

    def __init__(self, rows: Sequence[tuple[UUID, str, UUID | None, datetime | None]]) -> None:
        super().__init__(
            _("Others have built on these records since. Nothing was undone: mend the records themselves."),
            code="state",
        )
        nodes = Node.objects.in_bulk([row[0] for row in rows])
        persons = REGISTERS["person"].model._default_manager.in_bulk([row[2] for row in rows if row[2]])
        self.built = [Built(nodes.get(pk), what, persons.get(by), since) for pk, what, by, since in rows]


@dataclass(frozen=True)
class Written:
    """A row that a step wrote: the entries of the trail that are its first and last version by it."""

    model: type[Kept]
    id: UUID
    record: UUID
    first: int
    last: int
    made: bool
    command: str


@dataclass(frozen=True)
class Step:
    """What was written in one go. `command` is what all of it was done by."""

    at: datetime
    rows: list[Written]

    @property
    def command(self) -> str:
        return self.rows[0].command

    @property
    def label(self) -> Any:
        """What it is called: the verb, as of the register that it belongs to."""
        for register in REGISTERS.values():
            if register.model is self.rows[0].model and self.command in register.all_commands:
                return register.all_commands[self.command].label
        return {"link": _("Link"), "unlink": _("End the link")}.get(self.command, _("Undo"))


def entry_of(model: type[Kept], pk: UUID) -> int | None:
    """The entry of the trail that this transaction wrote of a row: by it the step is found again."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'select max(kept_no) from history."{model._meta.db_table}" where id = %s and kept_xid = pg_current_xact_id()',
            [pk],
        )
        found: int | None = cursor.fetchone()[0]
        return found


def step_of(entry: int) -> Step:
    """The acting person's own step that an entry of the trail belongs to; another's is not there."""
    asked = [f"select kept_xid::text, kept_from from {table} where kept_no = %s and {MINE}" for table, _ in _tables()]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(asked), [entry] * len(asked))
        row = cursor.fetchone()
        if row is None:
            raise NotThere
        xid, at = row
        asked = [
            f"select {number}, id, {record}, min(kept_no), max(kept_no), bool_or(kept_op <> 'U'), max(kept_command)"
            f" from {table} where {ITS} group by 1, 2, 3"
            for number, (table, record) in enumerate(_tables())
        ]
        cursor.execute(" union all ".join(asked) + " order by 4", [xid, at, at] * len(asked))
        models = kept_models()
        return Step(at, [Written(models[number], *rest) for number, *rest in cursor.fetchall()])


@cache
def _tables() -> list[tuple[str, str]]:
    """Each table of the history, and the column of the record that its rows belong to."""
    return [
        (
            f'history."{model._meta.db_table}"',
            "a_id" if model is Link else f"{model.belongs_to}_id" if model.belongs_to else "id",
        )
        for model in kept_models()
    ]


def may_undo(model: type[Kept], name: str) -> bool:
    """Whether what a command wrote into rows of a model can be undone at all."""
    if name == NAME:
        return True
    if model is Link:
        return name in ("link", "unlink")
    commands = (register.all_commands.get(name) for register in REGISTERS.values() if register.model is model)
    return any(command is not None and not command.final for command in commands)


def undo(step: Step) -> None:
    """Put back what stood there before, all of it. Raises BuiltOn with what somebody changed since."""
    if any((row.made and row.model is not Link) or not may_undo(row.model, row.command) for row in step.rows):
        text = _(
            "This is not undone. What was decided or made stays in the history, and is taken back by a verb of its own."
        )
        raise Refused(text, code="state")
    with transaction.atomic():
        say_command(NAME)
        for model in dict.fromkeys(row.model for row in step.rows):
            rows = [row for row in step.rows if row.model is model]
            translated(lambda model=model, rows=rows: _put_back(model, rows))  # type: ignore[misc]


def _put_back(model: type[Kept], rows: list[Written]) -> None:
    # The policy of the table lets through whoever may do anything to the row; undoing a verb asks for its own right.
    for name in {row.command for row in rows}:
        ids = {row.id for row in rows if row.command == name}
        if SeenQuerySet(model).may(name).filter(pk__in=ids).count() < len(ids):
            raise _no_right()
    made = [row for row in rows if row.made]
    changed = [row for row in rows if not row.made]
    done = Link.objects.in_force().filter(pk__in=[row.id for row in made]).update(until=timezone.now()) if made else 0
    done += _restore(model, changed) if changed else 0
    if done < len(rows):
        raise _why_not(model, rows)


def _restore(model: type[Kept], rows: list[Written]) -> int:
    """Rows that are as the step left them become what they were before it; how many."""
    columns = _columns(model)
    values = ", ".join(f"{column} = before.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'update "{model._meta.db_table}" t set {values} from {_own(model)}'
            f' join lateral (select * from history."{model._meta.db_table}" h where h.id = step.id and h.kept_no < step.first'
            " order by h.kept_no desc limit 1) before on true"
            f" where t.id = step.id and {_row('t', columns)} is not distinct from {_row('own', columns)}",
            _listed(rows),
        )
        return int(cursor.rowcount)


def _why_not(model: type[Kept], rows: list[Written]) -> Refused:
    """Somebody has changed one of them since, or this person may not write it any more."""
    columns = _columns(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f'select step.id, latest.kept_by, latest.kept_from from {_own(model)} join "{model._meta.db_table}" t on t.id = step.id'
            f" join history.\"{model._meta.db_table}\" latest on latest.id = t.id and latest.kept_to = 'infinity'"
            f" where {_row('t', columns)} is distinct from {_row('own', columns)}",
            _listed(rows),
        )
        found = cursor.fetchall()
    if not found:
        return _no_right()
    records = {row.id: row.record for row in rows}
    return BuiltOn([(records[pk], "changed", by, since) for pk, by, since in found])


def _no_right() -> Refused:
    return Refused(_("You do not have the right to do this here."), code="no_right")


def _own(model: type[Kept]) -> str:
    """The rows of a step with their last version by it."""
    return (
        "unnest(%s::uuid[], %s::bigint[], %s::bigint[]) as step (id, first, last)"
        f' join history."{model._meta.db_table}" own on own.kept_no = step.last'
    )


def _listed(rows: Sequence[Written]) -> list[list[Any]]:
    return [[row.id for row in rows], [row.first for row in rows], [row.last for row in rows]]


def _columns(model: type[Kept]) -> list[str]:
    fields = (field for field in model._meta.concrete_fields if not field.generated)
    return [f'"{field.column}"' for field in fields if field.name not in ("id", "version")]


def _row(alias: str, columns: Iterable[str]) -> str:
    return f"row({', '.join(f'{alias}.{column}' for column in columns)})"
