"""History by the database: every version of every kept row, and a view of each table as it was at any moment.

Nothing here is a migration: it follows from the tables and declarations, and is written anew after each migrate.
A column that a table gains is added to its history; one that it loses stays there.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import ProgrammingError, transaction

from kivijalka.access.expressions import SeenParent, past_of
from kivijalka.access.policy import sql_of
from kivijalka.access.rules import leaves
from kivijalka.register.models import SPAN, Kept, Record

# Columns that the history adds to those of the table.
KEPT = {
    "kept_from": "timestamptz not null",
    "kept_to": "timestamptz not null default 'infinity'",
    "kept_op": "char(1) not null",
    "kept_xid": "xid8 not null default pg_current_xact_id()",
    "kept_by": "uuid",
    "kept_for": "uuid",
    "kept_door": "text not null default ''",
    "kept_command": "text not null default ''",
    "kept_seed": "boolean not null default false",
    # The entry's place in the trail, over all tables: what is sealed is told by it.
    "kept_no": "bigint not null default nextval('kj.trail')",
}


def install(cursor: Any, model: type[Kept]) -> None:
    """History table, triggers, view of the past and its policy for one model."""
    table = model._meta.db_table
    columns = columns_of(cursor, table)
    _history_table(cursor, table, columns)
    _history_indexes(cursor, model, {name for name, _ in columns})
    keep(cursor, model)
    put_view(cursor, f'asof."{table}"', _past(table, [f'"{name}"' for name, _ in columns]))
    cursor.execute(f'grant select on history."{table}", asof."{table}" to kj_app')


def keep(cursor: Any, model: type[Kept]) -> None:
    """Triggers that write the history of the columns that there are; none where the table or its history is not there."""
    table = model._meta.db_table
    columns = [name for name, _type in columns_of(cursor, table)]
    if not columns or not columns_of(cursor, table, "history"):
        return
    names = [f'"{name}"' for name in columns]
    computed = generated_columns(cursor, table)
    written = [f'"{name}"' for name in columns if name not in computed]
    # A unit has a key, and no level that could rise.
    rises = issubclass(model, Record)
    for statement in [*_triggers(table, names, rises=rises), *_bump(table, written)]:
        cursor.execute(statement)


def protect(cursor: Any, model: type[Kept], connection: Any) -> None:
    """The rule of the table, on its history too: the past row is judged by today's roles."""
    table = model._meta.db_table
    rule = past_rule(sql_of(model.access.see, model, connection))
    cursor.execute(f'alter table history."{table}" enable row level security')
    cursor.execute(f'alter table history."{table}" force row level security')
    policies = {"see": f"for select to kj_app using ({rule})", "owner": "to kj_owner using (true) with check (true)"}
    put_policies(cursor, f'history."{table}"', policies)


def past_rule(rule: str) -> str:
    """A rule that asks another table asks it as of the moment that is looked at."""
    if ' FROM "' not in rule:
        return rule
    past = re.sub(r' FROM "(\w+)"', lambda asked: f' FROM asof."{past_of(asked[1])}"', rule)
    return f"CASE WHEN (SELECT kj.as_of()) IS NULL THEN {rule} ELSE {past} END"


def put_view(cursor: Any, view: str, definition: str) -> None:
    """Write a view anew while another instance reads it: without a view of the past today's table would be read."""
    try:
        with transaction.atomic():
            cursor.execute(f"create or replace view {view} {definition}")
    except ProgrammingError:  # its columns are others now
        cursor.execute(f"drop view {view} cascade; create view {view} {definition}")


def put_policies(cursor: Any, table: str, policies: dict[str, str]) -> None:
    """Write policies anew in one statement: at no moment is there none, and nothing to be seen."""
    cursor.execute(
        "; ".join(
            f"drop policy if exists {name} on {table}; create policy {name} on {table} {rule}"
            for name, rule in policies.items()
        )
    )


def columns_of(cursor: Any, table: str, schema: str = "public") -> list[tuple[str, str]]:
    """Names and types of a table's columns, in order."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [f'{schema}."{table}"'],
    )
    return list(cursor.fetchall())


def generated_columns(cursor: Any, table: str) -> set[str]:
    """Columns that the table computes itself."""
    cursor.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attgenerated <> ''",
        [f'public."{table}"'],
    )
    return {row[0] for row in cursor.fetchall()}


def _history_table(cursor: Any, table: str, columns: list[tuple[str, str]]) -> None:
    there = {name for name, _ in columns_of(cursor, table, "history")}
    if not there:
        cursor.execute(f'create table history."{table}" () with (fillfactor = 90)')
    for name, kind in [*KEPT.items(), *columns]:
        if name not in there:
            cursor.execute(f'alter table history."{table}" add column "{name}" {kind}')
    if not there:
        # Rows that a migration made before there was a history begin it.
        listed = ", ".join(f'"{name}"' for name, _kind in columns)
        cursor.execute(
            f'insert into history."{table}" ({listed}, kept_from, kept_op, kept_door)'
            f" select {listed}, transaction_timestamp(), 'I', 'migration' from public.\"{table}\""
        )


def _history_indexes(cursor: Any, model: type[Kept], columns: set[str]) -> None:
    """By record, by place in the trail, by moment (with what the access rule asks, so that counting needs no rows), and by
    the record that a row is a part of."""
    table = model._meta.db_table
    short = table[:40]
    asked = ", ".join(f'"{name}"' for name in ("kept_op", "key", model.owner_column) if name in {"kept_op", *columns})
    cursor.execute(f'create index if not exists "{short}_versions" on history."{table}" (id, kept_from desc)')
    cursor.execute(f'create unique index if not exists "{short}_entry" on history."{table}" (kept_no)')
    cursor.execute(
        f'create index if not exists "{short}_moment" on history."{table}" (kept_from, kept_to) include ({asked})'
    )
    cursor.execute(f'drop index if exists history."{short}_past"')
    for column in parents_of(model):
        cursor.execute(f'create index if not exists "{short}_{column}" on history."{table}" ("{column}", kept_from)')


def parents_of(model: type[Kept]) -> list[str]:
    """Columns that hold the records which a row is a part of."""
    asked = [leaf for leaf in leaves(model.access.see) if isinstance(leaf, SeenParent)]
    names = {leaf.get_source_expressions()[0].name for leaf in asked}
    return [field.attname for field in model._meta.concrete_fields if field.name in names]


def _triggers(table: str, names: list[str], *, rises: bool) -> list[str]:
    listed = ", ".join(names)
    of_new, of_old = (", ".join(f"{row}.{name}" for name in names) for row in "no")
    changed = f"row({of_new}) is distinct from row({of_old})"
    kept = "kept_from, kept_op, kept_by, kept_for, kept_door, kept_command"
    said = (
        "kj.person(), kj.behalf(), coalesce(current_setting('kj.door', true), ''),"
        " coalesce(current_setting('kj.command', true), '')"
    )
    close = (
        f'update history."{table}" h set kept_to = greatest(transaction_timestamp(), h.kept_from)'
        " from {rows} where h.id = {alias}.id and h.kept_to = 'infinity'"
    )
    insert = (
        f'insert into history."{table}" ({listed}, {kept}) select {{values}},'
        " greatest(transaction_timestamp(), {start}), '{op}', " + said + " from {rows}"
    )
    # A version that began after this transaction did, or by a clock that was set back since: ours begins where it ends.
    after = f"(select max(kept_to) from history.\"{table}\" p where p.id = {{alias}}.id and p.kept_to < 'infinity')"
    bodies = {
        "insert": insert.format(values=of_new, start="transaction_timestamp()", op="I", rows="new_rows n"),
        "update": (
            close.format(rows="new_rows n join old_rows o using (id)", alias="o")
            + f" and {changed};"
            + insert.format(
                values=of_new,
                start=after.format(alias="n"),
                op="U",
                rows=f"new_rows n join old_rows o using (id) where {changed}",
            )
            + (f"; {_raise(table)}" if rises else "")
        ),
        "delete": (
            close.format(rows="old_rows o", alias="o")
            + ";"
            + insert.format(values=of_old, start=after.format(alias="o"), op="D", rows="old_rows o")
        ),
    }
    tables = {
        "insert": "new table as new_rows",
        "update": "old table as old_rows new table as new_rows",
        "delete": "old table as old_rows",
    }
    some = {"insert": "new_rows", "update": "new_rows", "delete": "old_rows"}
    made = []
    for event, body in bodies.items():
        function = f'kj."keep_{table}_{event}"'
        made += [
            f"create or replace function {function}() returns trigger language plpgsql security definer"
            f" set search_path = pg_catalog, pg_temp as $$ begin {planned(body, some[event])} return null; end $$",
            f'create or replace trigger keep_{event} after {event} on public."{table}" referencing {tables[event]}'
            f" for each statement execute function {function}()",
        ]
    return made


def planned(body: str, rows: str) -> str:
    """Statements of a trigger on the rows that one statement wrote, with a plan that fits how many they are.

    A function keeps its plan: one made for thousands of rows would read the whole history for a single one, one made for a
    single row would hold each of thousands against all the others.
    """
    return f"if (select count(*) from {rows}) <= 10 then {body}; else execute $sql$ {body} $sql$; end if;"


def _raise(table: str) -> str:
    """What becomes more confidential does so in its past too: the keys of earlier versions rise, their words stay."""
    return (
        f'update history."{table}" h set key = h.key % {SPAN} + n.confidentiality * {SPAN}'
        " from new_rows n join old_rows o using (id) where h.id = n.id and n.confidentiality > o.confidentiality"
        f" and h.key < n.confidentiality * {SPAN}"
    )


def _bump(table: str, written: list[str]) -> list[str]:
    """The version grows when a written column changes; computed ones are not there yet when the trigger runs."""
    new, old = (", ".join(f"{row}.{name}" for name in written) for row in ("new", "old"))
    return [
        f'create or replace function kj."bump_{table}"() returns trigger language plpgsql as $$ begin'
        f" if row({new}) is distinct from row({old}) then new.version := old.version + 1; end if;"
        " return new; end $$",
        f'create or replace trigger bump before update on public."{table}" for each row'
        f' execute function kj."bump_{table}"()',
    ]


def _past(table: str, names: list[str]) -> str:
    return (
        f"with (security_invoker = true) as select {', '.join(names)}"
        f' from history."{table}" where kept_from <= (select kj.as_of()) and kept_to > (select kj.as_of())'
        " and kept_op <> 'D'"
    )
