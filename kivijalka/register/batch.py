"""Many commands at once: what they write is gathered, and sent to the database a table at a time.

Whatever asks the database in between finds what was written before: a question sends first what is gathered. The
database's own rules (policies, constraints, triggers) see the same rows as if each had been written by itself; when
one of them refuses, the writes sent together are refused together, and who began them tries in smaller portions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models.expressions import DatabaseDefault

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 500
# Of most values nothing is to be prepared; asking each field would take as long as all else.
SAME_IN_JSON = {str, int, bool, type(None)}


class Batch:
    """Rows to insert and to update, in the order in which their tables were first written."""

    def __init__(self, *, rehearsed: bool) -> None:
        self.rehearsed = rehearsed
        self.answers: dict[Any, Any] = {}
        self._inserts: dict[Any, dict[UUID, Any]] = {}
        self._updates: dict[Any, dict[UUID, Any]] = {}
        self._ids: list[UUID] = []
        self._new: set[int] = set()
        self._sending = False

    def insert(self, row: Any) -> None:
        """A new row. It has its id at once; what else the database gives it, whoever wants it reads anew."""
        row.pk = row.pk if isinstance(row.pk, UUID) else self._id()
        if self.rehearsed and hasattr(row, "code"):
            # A rehearsal takes no numbers out of the register's sequence.
            row.code = f"~{row.pk.hex[-19:]}"
        row._state.adding = False
        given = frozenset(name for name, value in vars(row).items() if isinstance(value, DatabaseDefault))
        self._inserts.setdefault((type(row), given), {})[row.pk] = row
        self._new.add(id(row))

    def update(self, row: Any, names: frozenset[str]) -> None:
        """Columns of a row that is there."""
        if id(row) in self._new:
            return
        gathered = self._updates.setdefault((type(row), names), {})
        if gathered.get(row.pk, row) is not row:
            self.send()
            gathered = self._updates.setdefault((type(row), names), {})
        gathered[row.pk] = row

    def send(self) -> None:
        """Write what is gathered."""
        inserts, updates, self._inserts, self._updates, self._new = self._inserts, self._updates, {}, {}, set()
        with self._aside():
            for (model, names), rows in updates.items():
                _update(model, names, list(rows.values()))
            for (model, given), rows in inserts.items():
                _insert(model, given, list(rows.values()))

    def before(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around each question to the database: what was written comes first."""
        if not self._sending and (self._inserts or self._updates):
            self.send()
        return execute(sql, params, many, context)

    def _id(self) -> UUID:
        if not self._ids:
            with self._aside(), connection.cursor() as cursor:
                cursor.execute("select uuidv7() from generate_series(1, %s)", [AT_ONCE])
                self._ids = [row[0] for row in reversed(cursor.fetchall())]
        return self._ids.pop()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Statements of the batch's own, before which nothing is sent."""
        self._sending = True
        try:
            yield
        finally:
            self._sending = False


_current: ContextVar[Batch | None] = ContextVar("kivijalka_batch", default=None)


def under_way() -> Batch | None:
    """The batch that writes go into, if many commands run at once."""
    return _current.get()


@contextmanager
def together(*, rehearsed: bool = False) -> Iterator[Batch]:
    """Gather the writes of the block and send them at its end. An error on the way drops what is not sent."""
    batch = Batch(rehearsed=rehearsed)
    token = _current.set(batch)
    try:
        with connection.execute_wrapper(batch.before):
            yield batch
            batch.send()
    finally:
        _current.reset(token)


def once(question: Callable[P, T]) -> Callable[P, T]:
    """A question whose answer is the same for each of many commands: it is asked once while they run together."""

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        batch = _current.get()
        if batch is None:
            return question(*args, **kwargs)
        key = (question, args, tuple(kwargs.items()))
        if key not in batch.answers:
            batch.answers[key] = question(*args, **kwargs)
        found: T = batch.answers[key]
        return found

    return asked


def written(row: Any) -> list[Any]:
    """The columns of a row that are written, not computed; its id among them."""
    return [field for field in row._meta.concrete_fields if not field.generated]


def _insert(model: Any, given: frozenset[str], rows: list[Any]) -> None:
    """All columns but those that the database gives a value."""
    fields = [field for field in written(model) if field.attname not in given]
    columns = ", ".join(_quoted(field) for field in fields)
    # Returning asks whether the person may see what they wrote, as for a single row.
    _send(
        f"insert into {_table(model)} ({columns}) select {columns} from {{rows}} returning id", fields, rows, add=True
    )


def _update(model: Any, names: frozenset[str], rows: list[Any]) -> None:
    fields = [field for field in written(model) if field.name in names]
    columns = ", ".join(f"{_quoted(field)} = v.{_quoted(field)}" for field in fields)
    key = model._meta.pk
    statement = f"update {_table(model)} t set {columns} from {{rows}} where t.{_quoted(key)} = v.{_quoted(key)}"
    _send(statement, [key, *fields], rows, add=False)


def _send(statement: str, fields: list[Any], rows: list[Any], *, add: bool) -> None:
    """One statement for many rows: their values travel as one text, and stand in it as a table."""
    values = [{field.column: _prepared(field, field.pre_save(row, add)) for field in fields} for row in rows]
    types = ", ".join(f"{_quoted(field)} {field.db_type(connection)}" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(rows=f"json_to_recordset(%s::json) as v ({types})"), [json.dumps(values, default=str)]
        )
        if cursor.rowcount != len(rows):
            raise DatabaseError("Some of the rows may not be written, or are not there any more.")


def _prepared(field: Any, value: Any) -> Any:
    return value if type(value) in SAME_IN_JSON else field.get_prep_value(value)


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)
