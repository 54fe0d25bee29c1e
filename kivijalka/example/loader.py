"""Loads the example city into an empty database, with its three years as real history, marked as seed.

Runs as the tables' owner, in one transaction. Versions are copied into the history tables; the present rows and the
nodes are then made of them in sets, with the triggers of history and graph at rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from kivijalka.example.rows import Row, rows_of
from kivijalka.example.shape import City
from kivijalka.register.graph import NODE, node_values
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.register.trail import columns_of, generated_columns

KEPT = ["kept_from", "kept_to", "kept_op", "kept_by", "kept_command", "kept_seed"]


class NotEmpty(Exception):
    """The database holds something already."""


@dataclass(frozen=True)
class Loaded:
    """How many present rows each table got."""

    counts: dict[str, int]


def load(city: City) -> Loaded:
    """Write the city. Raises NotEmpty, and writes nothing, where there are units already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select exists (select 1 from organisation_unit)")
        if cursor.fetchone()[0]:
            raise NotEmpty("The database is not empty: the example city is loaded into an empty one only.")
        counts = {}
        with _at_rest(cursor):
            for table, rows in rows_of(city).items():
                if table == "register_link":
                    _nodes(cursor)  # links point at nodes
                _copy_history(cursor, table, rows)
                counts[table] = _present_from_history(cursor, table)
        _measure(cursor)
        _accounts(cursor)
        _codes(cursor)
        _suggestions(cursor)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return Loaded(counts)


@contextmanager
def _at_rest(cursor: Any) -> Iterator[None]:
    """Triggers of history and graph off, and FORCE too, since COPY is refused under row-level security."""
    tables = [model._meta.db_table for model in kept_models()]
    both = [f'"{table}"' for table in tables] + [f'history."{table}"' for table in tables] + [NODE]
    for table in tables:
        cursor.execute(f'alter table "{table}" disable trigger user')
    for table in both:
        cursor.execute(f"alter table {table} no force row level security")
    yield
    cursor.execute("set constraints all immediate")
    for table in both:
        cursor.execute(f"alter table {table} force row level security")
    for table in tables:
        cursor.execute(f'alter table "{table}" enable trigger user')


def _copy_history(cursor: Any, table: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if not rows:
        return
    names = list(rows[0].values)
    listed = ", ".join(f'"{name}"' for name in [*names, *KEPT])
    with cursor.copy(f'copy history."{table}" ({listed}) from stdin') as copy:
        for row in rows:
            kept = (row.start, row.end or "infinity", row.op, row.by, row.command, True)
            copy.write_row([*row.values.values(), *kept])


def _present_from_history(cursor: Any, table: str) -> int:
    generated = generated_columns(cursor, table)
    names = ", ".join(f'"{name}"' for name, _ in columns_of(cursor, table) if name not in generated)
    cursor.execute(
        f'insert into "{table}" ({names}) select {names} from history."{table}" where kept_to = \'infinity\' order by id'
    )
    return int(cursor.rowcount)


def _nodes(cursor: Any) -> None:
    cursor.execute("select key, id from register_registernumber")
    numbers = dict(cursor.fetchall())
    for register in REGISTERS.values():
        values = node_values(register, numbers[register.key], "n")
        cursor.execute(
            f"insert into {NODE} (id, register, code, title, unit_number, owner_id, key, words, folded)"
            f' select {values} from "{register.model._meta.db_table}" n'
        )


def _measure(cursor: Any) -> None:
    """Let the tree's own trigger measure it: one statement, whatever it touches."""
    cursor.execute("alter table organisation_unit disable trigger bump")
    cursor.execute("update organisation_unit set parent_id = parent_id")
    cursor.execute("alter table organisation_unit enable trigger bump")


def _accounts(cursor: Any) -> None:
    """Everybody may be signed in as in the demo; nobody has a password."""
    cursor.execute(
        "insert into organisation_account (person_id, email, password, is_active)"
        " select id, email, '!' || md5(random()::text), true from organisation_person where \"end\" is null"
    )


def _codes(cursor: Any) -> None:
    for register in REGISTERS.values():
        prefix = register.model._meta.get_field("code").prefix.lower()
        cursor.execute(
            f"select setval('kj.code_{prefix}', greatest(1, max(substring(code from '[0-9]+$')::bigint)))"
            f' from "{register.model._meta.db_table}"'
        )


def _suggestions(cursor: Any) -> None:
    """People whom the demo's sign-in page offers, one for each kind of role; exists in an example database only."""
    cursor.execute(
        """
        create or replace function kj.suggested_people() returns table (id uuid, name text, role text, unit text)
        language sql stable security definer set search_path = public, pg_temp as $$
            select p.id, p.full_name::text, k.name_fi::text, u.name_fi::text
            from unnest(array['chief_executive', 'sector_director', 'service_entity_head', 'unit_head', 'risk_expert',
                    'security_expert', 'board_member', 'auditor', 'access_administrator', 'employee', 'partner_member'])
                with ordinality wanted(kind, place)
            cross join lateral (
                select r.* from organisation_role r join organisation_person p on p.id = r.person_id
                where r.kind_id = wanted.kind and r.start <= current_date and p."end" is null
                    and (r."end" is null or r."end" >= current_date)
                order by r.unit_id, r.id limit 1
            ) r
            join organisation_person p on p.id = r.person_id
            join organisation_rolekind k on k.key = r.kind_id
            join organisation_unit u on u.number = r.unit_id
            order by wanted.place
        $$;
        grant execute on function kj.suggested_people() to kj_app
        """
    )
