"""Loads the example city into an empty database, with its three years as real history, marked as seed.

Runs as the tables' owner, in one transaction. Versions are copied into the history tables; the present rows and the
nodes are then made of them in sets, while triggers and indexes are at rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection, transaction

from kivijalka.example.loader_rest import at_rest
from kivijalka.example.rows import rows_of
from kivijalka.example.shape import City
from kivijalka.example.suggestions import suggest, suggested_people
from kivijalka.example.versions import Row
from kivijalka.register import past_nodes
from kivijalka.register.graph import NODE, REGISTER_SPAN, node_values
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.register.trail import columns_of, generated_columns

__all__ = ["Loaded", "NotReady", "load", "make_sure_it_is_ready", "suggested_people"]

UNITS, LINKS, ACCOUNTS = "organisation_unit", "register_link", "organisation_account"
KEPT = ["kept_from", "kept_to", "kept_op", "kept_by", "kept_command", "kept_seed"]
# Stemming in three languages is most of the work: worth a second process from the first row on.
TOGETHER = ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size")


class NotReady(Exception):
    """The database cannot take the example city; the text says why and what to do."""


@dataclass(frozen=True)
class Loaded:
    """How many present rows each table got."""

    counts: dict[str, int]


def load(city: City) -> Loaded:
    """Write the city. Raises NotReady, and writes nothing, where anything is there already."""
    with transaction.atomic(), connection.cursor() as cursor:
        make_sure_it_is_ready(cursor)
        # Whoever loads at the same time waits here, and then finds the database filled.
        cursor.execute(f"lock table {UNITS} in access exclusive mode")
        _make_sure_it_is_empty(cursor)
        with at_rest(cursor, _kept_tables(), [NODE, ACCOUNTS]):
            counts = _tables(cursor, city)
            _past_nodes(cursor)
            _accounts(cursor)
        _measure(cursor)
        _codes(cursor)
        cursor.execute("analyze")
        suggest(cursor)
    return Loaded(counts)


def make_sure_it_is_ready(cursor: Any) -> None:
    """Raises NotReady unless the tables stand, are this connection's own, and hold nothing."""
    cursor.execute(
        "select current_user, pg_get_userbyid(relowner), pg_has_role(relowner, 'usage')"
        " from pg_class where oid = to_regclass(%s)",
        [f"public.{UNITS}"],
    )
    row = cursor.fetchone()
    if row is None:
        raise NotReady("The database has no tables yet. Run `./run manage migrate` first.")
    user, owner, is_owner = row
    if not is_owner:
        raise NotReady(f"The example city is loaded as {owner}, who owns the tables; this connection is {user}.")
    _make_sure_it_is_empty(cursor)


def _make_sure_it_is_empty(cursor: Any) -> None:
    for table in _kept_tables():
        cursor.execute(f'select exists (select 1 from "{table}") or exists (select 1 from history."{table}")')
        if cursor.fetchone()[0]:
            raise NotReady(
                f"The database is not empty: {table} has rows. The example city goes into an empty database only;"
                " make a new one, or start the demo over with `./run demo --fresh`."
            )


def _kept_tables() -> list[str]:
    return [model._meta.db_table for model in kept_models()]


def _tables(cursor: Any, city: City) -> dict[str, int]:
    counts = {}
    for table, rows in rows_of(city).items():
        if table == LINKS:
            _nodes(cursor)  # links point at nodes
        _copy_history(cursor, table, rows)
        counts[table] = _present_from_history(cursor, table)
    return counts


def _copy_history(cursor: Any, table: str, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    listed = ", ".join(f'"{name}"' for name in [*first.values, *KEPT])
    with cursor.copy(f'copy history."{table}" ({listed}) from stdin') as copy:
        for values, start, end, op, by, command in chain([first], rows):
            copy.write_row((*values.values(), start, end or "infinity", op, by, command, True))


def _present_from_history(cursor: Any, table: str) -> int:
    generated = generated_columns(cursor, table)
    names = ", ".join(f'"{name}"' for name, _ in columns_of(cursor, table) if name not in generated)
    cursor.execute(
        f'insert into "{table}" ({names}) select {names} from history."{table}" where kept_to = \'infinity\' order by id'
    )
    return int(cursor.rowcount)


def _nodes(cursor: Any) -> None:
    """By way of a table of their own: PostgreSQL computes a new table in parallel, but not what it inserts."""
    columns = "id, register, code, title, unit_number, owner_id, key, words, folded"
    numbers = _numbers(cursor)
    selects = " union all ".join(
        f'select {node_values(register, numbers[register.key], "n")} from "{register.model._meta.db_table}" n'
        for register in REGISTERS.values()
    )
    for setting in TOGETHER:
        cursor.execute(f"set local {setting} = 0")
    cursor.execute(f"create table kj.made_node ({columns}) as {selects}")
    for setting in TOGETHER:
        cursor.execute(f"set local {setting} to default")
    cursor.execute(f"insert into {NODE} ({columns}) select {columns} from kj.made_node order by id")
    cursor.execute("drop table kj.made_node")


def _past_nodes(cursor: Any) -> None:
    numbers = _numbers(cursor)
    for register in REGISTERS.values():
        past_nodes.fill(cursor, register, numbers[register.key] * REGISTER_SPAN)


def _numbers(cursor: Any) -> dict[str, int]:
    cursor.execute("select key, id from register_registernumber")
    return dict(cursor.fetchall())


def _measure(cursor: Any) -> None:
    """Let the tree's own trigger measure it: one statement, whatever it touches."""
    cursor.execute(f"update {UNITS} set parent_id = parent_id where false")


def _accounts(cursor: Any) -> None:
    """Whoever works today may be signed in as in the demo; nobody has a password."""
    cursor.execute(
        f"insert into {ACCOUNTS} (person_id, email, password, is_active)"
        " select id, email, '!' || replace(gen_random_uuid()::text, '-', ''), true"
        ' from organisation_person where "end" is null or "end" >= kj.today()'
    )


def _codes(cursor: Any) -> None:
    """The next record of each register gets a code that nobody has."""
    for register in REGISTERS.values():
        prefix = register.model._meta.get_field("code").prefix
        cursor.execute(
            f"select setval('kj.code_{prefix.lower()}', greatest(1, max(substring(code from %s)::bigint)))"
            f' from "{register.model._meta.db_table}"',
            [f"^{prefix}-([0-9]+)$"],
        )
