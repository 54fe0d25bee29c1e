"""Nodes of the past: which records there were at any moment, whatever their register, in one table.

A rule that asks whether the record of a link or a comment is seen asks the nodes. Of the past it would have to ask the
histories of all registers, which takes longer to plan than to answer. What is kept here follows each history by trigger,
and holds what a node's rule asks and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kivijalka.access.expressions import past_of
from kivijalka.register import trail
from kivijalka.register.declare import Register
from kivijalka.register.registry import REGISTERS

TABLE = "node"
VIEW = past_of("register_node")
OWNER = "to kj_owner using (true) with check (true)"
# A record that was deleted was there until then, and not after.
KEPT = "where kept_op <> 'D'"
COLUMNS = "no, id, register, key, owner_id, kept_from, kept_to"


def install(cursor: Any, see: str, first_keys: Mapping[str, int]) -> None:
    """The table with its rule, the triggers that fill it, and the view of a moment."""
    cursor.execute(
        f"create table if not exists history.{TABLE} (no bigint primary key, id uuid not null, register text not null,"
        " key bigint not null, owner_id uuid, kept_from timestamptz not null, kept_to timestamptz not null)"
    )
    cursor.execute(f"create index if not exists node_versions on history.{TABLE} (id, kept_from desc)")
    cursor.execute(f"alter table history.{TABLE} enable row level security")
    cursor.execute(f"alter table history.{TABLE} force row level security")
    trail.put_policies(cursor, f"history.{TABLE}", {"see": f"for select to kj_app using ({see})", "owner": OWNER})
    for register in REGISTERS.values():
        for statement in _triggers(register, first_keys[register.key]):
            cursor.execute(statement)
        cursor.execute(f"select exists (select from history.{TABLE} where register = %s)", [register.key])
        if not cursor.fetchone()[0]:
            fill(cursor, register, first_keys[register.key])
    moment = "kept_from <= (select kj.as_of()) and kept_to > (select kj.as_of())"
    view = f"with (security_invoker = true) as select id from history.{TABLE} where {moment}"
    trail.put_view(cursor, f"asof.{VIEW}", view)
    cursor.execute(f"grant select on history.{TABLE}, asof.{VIEW} to kj_app")


def fill(cursor: Any, register: Register[Any], first_key: int) -> None:
    """Take over a whole history, of which nothing is there yet."""
    history = f'history."{register.model._meta.db_table}"'
    cursor.execute(
        f"insert into history.{TABLE} ({COLUMNS}) select {_values(register, first_key)} from {history} h {KEPT}"
    )


def _values(register: Register[Any], first_key: int) -> str:
    owner = f'h."{register.model.owner_column}"' if register.model.owner_column else "null::uuid"
    return f"kept_no, id, '{register.key}', {first_key}::bigint + key, {owner}, kept_from, kept_to"


def _triggers(register: Register[Any], first_key: int) -> list[str]:
    table = register.model._meta.db_table
    function = f'kj."past_node_{table}"'
    write = (
        f"insert into history.{TABLE} ({COLUMNS}) select {_values(register, first_key)} from new_rows h {KEPT}"
        " on conflict (no) do update set key = excluded.key, owner_id = excluded.owner_id,"
        " kept_from = excluded.kept_from, kept_to = excluded.kept_to"
    )
    return [
        f"create or replace function {function}() returns trigger language plpgsql security definer"
        f" set search_path = pg_catalog, pg_temp as $$ begin {write}; return null; end $$",
        *(
            f'create or replace trigger past_node_{event} after {event} on history."{table}"'
            f" referencing new table as new_rows for each statement execute function {function}()"
            for event in ("insert", "update")
        ),
    ]
