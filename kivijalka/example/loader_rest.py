"""Puts what slows a bulk load aside and back again: triggers, forced row security, indexes, foreign keys.

All inside the caller's transaction: who stops in the middle leaves everything as it was. Indexes are built, and
foreign keys and exclusions checked, over all rows at once, by more than one process where the server allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# Each process that builds an index in parallel wants 32 MB.
MEMORY = "set local maintenance_work_mem = '128MB'"
INDEXES = """
    select format('drop index %%s', c.oid::regclass), pg_get_indexdef(c.oid)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any(%s::regclass[]) and not i.indisunique
        and not exists (select 1 from pg_constraint k where k.conindid = c.oid)
    order by c.oid
"""
CONSTRAINTS = """
    select format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
        format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where conrelid = any(%s::regclass[]) and contype = any(%s) order by oid
"""
FOREIGN_KEY, EXCLUSION = "f", "x"


@contextmanager
def at_rest(cursor: Any, kept: Sequence[str], others: Sequence[str]) -> Iterator[None]:
    """`kept` are tables with a history, which rests too."""
    histories = [f'history."{table}"' for table in kept]
    tables = [f'"{table}"' for table in [*kept, *others]] + histories
    forced = _forced(cursor, tables)
    triggered = [*(f'"{table}"' for table in kept), *histories]
    for table in triggered:
        cursor.execute(f"alter table {table} disable trigger user")
    # COPY is refused under row-level security, also to an owner who is let through.
    for table in forced:
        cursor.execute(f"alter table {table} no force row level security")
    aside = _put_aside(cursor, tables)
    yield
    cursor.execute(MEMORY)
    for statement in aside:
        cursor.execute(statement)
    for table in forced:
        cursor.execute(f"alter table {table} force row level security")
    for table in triggered:
        cursor.execute(f"alter table {table} enable trigger user")


def _forced(cursor: Any, tables: Sequence[str]) -> list[str]:
    cursor.execute(
        "select oid::regclass::text from pg_class where oid = any(%s::regclass[]) and relforcerowsecurity",
        [list(tables)],
    )
    return [row[0] for row in cursor.fetchall()]


def _put_aside(cursor: Any, tables: Sequence[str]) -> list[str]:
    """Drops what can be built later; the statements that bring it back, in the order in which they work."""
    found: list[tuple[str, str]] = []
    for query, values in (
        (INDEXES, [list(tables)]),
        (CONSTRAINTS, [list(tables), [EXCLUSION]]),
        (CONSTRAINTS, [list(tables), [FOREIGN_KEY]]),
    ):
        cursor.execute(query, values)
        found += cursor.fetchall()
    for drop, _ in reversed(found):
        cursor.execute(drop)
    return [create for _, create in found]
