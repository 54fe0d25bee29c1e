"""An import is undone as a whole, by the database: what it made is removed, what it changed is as it was before.

The trail tells what that is: every version that an import wrote stands there under the import's transaction. Undoing
writes new versions; nothing is erased. It is refused for as long as anybody has built on it. (One edit is undone by
another edit, in its form: `doors/undo.py`.)

Nothing here is a migration: it follows from the tables and declarations, and is written anew after each migrate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from kivijalka.register import graph, trail
from kivijalka.register.models import Kept, Link, Node
from kivijalka.register.registry import REGISTERS, kept_models

# A version that an import wrote. A restored database counts its transactions anew, hence the moment.
ITS = "h.kept_xid = f.done_as::text::xid8 and h.kept_from >= f.done_at and h.kept_door = 'import'"
MOST_TOLD = 20
AS_OWNER = "language plpgsql security definer set search_path = public, pg_catalog, pg_temp"


@dataclass(frozen=True)
class Place:
    """A table whose versions are kept. `node` is the column of the record that decides who may change a row."""

    table: str
    node: str
    columns: list[str]

    @property
    def wrote(self) -> str:
        """The rows that the import `f` wrote, with its first and last version of each."""
        return (
            "(select h.id, min(h.kept_no) as first, max(h.kept_no) as last, bool_or(h.kept_op = 'I') as made"
            f' from history."{self.table}" h where {ITS} group by h.id)'
        )

    def row(self, alias: str) -> str:
        return f"row({', '.join(f'{alias}.{column}' for column in self.columns)})"


def install(cursor: Any) -> None:
    """The functions, for the tables as they are now."""
    places = list(_places(cursor))
    cursor.execute(_built_on(places))
    cursor.execute(_undo(places))
    cursor.execute(_imports_of(graph.shapes("see")))


def _places(cursor: Any) -> Iterator[Place]:
    for model in kept_models():
        table, node = model._meta.db_table, _record_of(model)
        if node:
            fixed = {"id", "version"} | trail.generated_columns(cursor, table)
            columns = [f'"{name}"' for name, _type in trail.columns_of(cursor, table) if name not in fixed]
            yield Place(table, node, columns)


def _record_of(model: type[Kept]) -> str:
    if any(register.model is model for register in REGISTERS.values()):
        return "id"
    return "a_id" if model is Link else f"{model.belongs_to}_id" if model.belongs_to else ""


def _built_on(places: list[Place]) -> str:
    """What stands in the way: changed since, or referred to by what was not made with it. For `kj.undo_import` alone."""
    asked = [_changed(place) for place in places] + list(_references())
    return f"""
create or replace function kj.import_built_on(f public.register_importfile, made uuid[])
    returns table (record uuid, what text, by uuid, since timestamptz) {AS_OWNER} as $body$
begin
    {" ".join(f"return query {question} limit {MOST_TOLD};" for question in asked)}
end $body$;
revoke all on function kj.import_built_on(public.register_importfile, uuid[]) from public;
"""


def _changed(place: Place) -> str:
    """Rows that are not any more as the import left them. What was changed and changed back stands in nobody's way."""
    return (
        f"select latest.{place.node}, 'changed', latest.kept_by, latest.kept_from from {place.wrote} w"
        f' join history."{place.table}" own on own.kept_no = w.last'
        f' join lateral (select * from history."{place.table}" l where l.id = w.id and l.kept_no > w.last'
        f" order by l.kept_no desc limit 1) latest on {place.row('latest')} is distinct from {place.row('own')}"
    )


def _references() -> Iterator[str]:
    """For each column that refers to a row with a history: who refers to one that the import made."""
    kept = [*kept_models(), Node]
    for model in apps.get_models(include_auto_created=True):
        beside = "and r.id <> all(made)" if issubclass(model, Kept) else ""
        fields: tuple[Any, ...] = model._meta.concrete_fields if model is not Node else ()
        for field in fields:
            if field.related_model in kept:
                there = field.target_field
                yield (
                    f"select t.id, 'used', null::uuid, null::timestamptz from \"{model._meta.db_table}\" r"
                    f' join "{there.model._meta.db_table}" t on t."{there.column}" = r."{field.column}"'
                    f" where t.id = any(made) {beside}"
                )


def _undo(places: list[Place]) -> str:
    return f"""
create or replace function kj.undo_import(wanted uuid)
    returns table (record uuid, what text, by uuid, since timestamptz) {AS_OWNER} as $body$
declare
    f public.register_importfile;
    made uuid[];
begin
    select * into f from register_importfile i
        where i.id = wanted and i.done_as is not null and i.undone_at is null
            and (i.person_id = kj.actor() or i.key <@ kj.reach('import.view'))
        for update;
    if not found then
        raise insufficient_privilege;
    end if;
    {" ".join(map(_lock, places))}
    select array_agg(w.id) into made from ({" union all ".join(f"select * from {p.wrote} p" for p in places)}) w
        where w.made;
    made := coalesce(made, '{{}}');
    return query select * from kj.import_built_on(f, made);
    if found then
        return;
    end if;
    perform set_config('kj.command', 'undo_import', true), set_config('kj.door', 'import', true);
    {" ".join(map(_restore, places))}
    delete from register_node where id = any(made);
    delete from register_importedrow i where i.record = any(made);
    update register_importfile set undone_at = transaction_timestamp(), undone_by_id = kj.person() where id = wanted;
    set constraints all immediate;
end $body$;
revoke all on function kj.undo_import(uuid) from public;
grant execute on function kj.undo_import(uuid) to kj_app;
"""


def _lock(place: Place) -> str:
    """Nobody changes the rows while they are looked at; and each must be one that the acting person may change."""
    return f"""
    perform from "{place.table}" t where t.id in (select w.id from {place.wrote} w) for update;
    if exists (select from "{place.table}" t join {place.wrote} w using (id) where kj.writes(t.{place.node}) is not true)
    then
        raise insufficient_privilege;
    end if;"""


def _restore(place: Place) -> str:
    listed = ", ".join(f"{column} = before.{column}" for column in place.columns)
    return f"""
    update "{place.table}" t set {listed} from {place.wrote} w
        join lateral (select * from history."{place.table}" l where l.id = w.id and l.kept_no < w.first
            order by l.kept_no desc limit 1) before on true
        where t.id = w.id and not w.made;
    delete from "{place.table}" where id = any(made);"""


def _imports_of(see: str) -> str:
    """By which imports a record came to be what it is, for whoever sees the record: they need not see the import."""
    tables = " ".join(
        f"when '{register.key}' then '{register.model._meta.db_table}'" for register in REGISTERS.values()
    )
    return f"""
create or replace function kj.imports_of(wanted uuid)
    returns table (xid xid8, id uuid, name text, sha256 text)
    {AS_OWNER} stable as $body$
declare
    tab text;
begin
    select case register {tables} end into tab from register_node where register_node.id = wanted and ({see});
    if tab is not null then
        return query execute format('select distinct h.kept_xid, f.id, f.name::text, f.sha256::text'
            ' from history.%I h join register_importfile f on {ITS.replace("'", "''")} where h.id = $1', tab) using wanted;
    end if;
end $body$;
revoke all on function kj.imports_of(uuid) from public;
grant execute on function kj.imports_of(uuid) to kj_app;
"""
