"""An import is undone as a whole, by the database: what it made is removed, what it changed is as it was before.

The trail tells what that is: every version that an import wrote stands there under the import's transaction. Undoing
writes new versions; nothing is erased. It is refused for as long as anybody has built on it.

Nothing here is a migration: it follows from the tables and declarations, and is written anew after each migrate.
"""

from __future__ import annotations

from typing import Any

from kivijalka.register import graph
from kivijalka.register.models import Kept, Link
from kivijalka.register.registry import REGISTERS, kept_models

# A version that the import wrote. A restored database counts its transactions anew, hence the moment.
ITS = "h.kept_xid = f.done_as::text::xid8 and h.kept_from >= f.done_at and h.kept_door = 'import'"
ITS_IN_DYNAMIC = "h.kept_xid = $1 and h.kept_from >= $2 and h.kept_door = ''import''"


def install(cursor: Any) -> None:
    """The two functions, for the tables as they are now."""
    cursor.execute(_undo(", ".join(f"('{table}', '{column}')" for table, column in _places())))
    cursor.execute(_imports_of(graph.shapes("see")))


def _places() -> list[tuple[str, str]]:
    """Each kept table, with the column that holds the record by which it is decided who may change a row."""
    return [(model._meta.db_table, column) for model in kept_models() if (column := _record_of(model))]


def _record_of(model: type[Kept]) -> str:
    if any(register.model is model for register in REGISTERS.values()):
        return "id"
    return "a_id" if model is Link else f"{model.belongs_to}_id" if model.belongs_to else ""


def _undo(places: str) -> str:
    return f"""
create or replace function kj.undo_import(wanted uuid)
    returns table (record uuid, what text, by uuid, since timestamptz)
    language plpgsql security definer set search_path = public, pg_catalog, pg_temp as $body$
declare
    f public.register_importfile;
    place record;
    refused bigint;
    found_ids uuid[];
    made uuid[] := '{{}}';
    built boolean := false;
    listed text;
begin
    select * into f from register_importfile i
        where i.id = wanted and i.done_as is not null and i.undone_at is null
            and (i.person_id = kj.actor() or i.key <@ kj.reach('import.view'))
        for update;
    if not found then
        raise insufficient_privilege;
    end if;

    for place in select * from (values {places}) as p (tab, node) loop
        -- Nobody changes them while they are looked at; and each must be one that the acting person may change.
        execute format('select count(*) from (select kj.writes(t.%I) may from %I t where t.id in'
            ' (select h.id from history.%I h where {ITS_IN_DYNAMIC}) for update) x where x.may is not true',
            place.node, place.tab, place.tab) into refused using f.done_as::text::xid8, f.done_at;
        if refused > 0 then
            raise insufficient_privilege;
        end if;
        execute format('select coalesce(array_agg(h.id), ''{{}}'') from history.%I h'
            ' where {ITS_IN_DYNAMIC} and h.kept_op = ''I''', place.tab)
            into found_ids using f.done_as::text::xid8, f.done_at;
        made := made || found_ids;
        return query execute format('select distinct on (l.id) l.%I, ''changed'', l.kept_by, l.kept_from'
            ' from history.%I l join history.%I h on h.id = l.id'
            ' where {ITS_IN_DYNAMIC} and l.kept_no > h.kept_no and l.kept_xid <> $1 order by l.id, l.kept_no limit 20',
            place.node, place.tab, place.tab) using f.done_as::text::xid8, f.done_at;
        built := built or found;
    end loop;

    -- Whatever refers to what was made, and was not made with it.
    for place in
        select c.conrelid::regclass::text tab, a.attname col, c.confrelid::regclass::text target, b.attname target_col
        from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
            join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
        where c.contype = 'f' and (c.confrelid = 'public.register_node'::regclass
            or to_regclass('history.' || c.confrelid::regclass::text) is not null)
    loop
        execute format('select coalesce(array_agg(distinct t.id), ''{{}}'') from %s r join %s t on t.%I = r.%I'
            ' where t.id = any($1) and (to_jsonb(r)->>''id'' = any($1::text[])) is not true',
            place.tab, place.target, place.target_col, place.col) into found_ids using made;
        if cardinality(found_ids) > 0 then
            built := true;
            return query select id, 'used', null::uuid, null::timestamptz from unnest(found_ids[:20]) id;
        end if;
    end loop;
    if built then
        return;
    end if;

    perform set_config('kj.command', 'undo_import', true), set_config('kj.door', 'import', true);
    for place in select * from (values {places}) as p (tab, node) loop
        select string_agg(format('%I = b.%I', attname, attname), ', ') into listed from pg_attribute
            where attrelid = to_regclass('public.' || place.tab) and attnum > 0 and not attisdropped
                and attgenerated = '' and attname not in ('id', 'version');
        execute format('update %I t set %s from (select distinct on (l.id) l.* from history.%I l'
            ' where l.kept_xid <> $1 and not l.id = any($3)'
            ' and l.id in (select h.id from history.%I h where {ITS_IN_DYNAMIC}) order by l.id, l.kept_no desc) b'
            ' where b.id = t.id', place.tab, listed, place.tab, place.tab)
            using f.done_as::text::xid8, f.done_at, made;
        execute format('delete from %I where id = any($1)', place.tab) using made;
    end loop;
    delete from register_node where id = any(made);
    delete from register_importedrow i where i.record = any(made);
    update register_importfile set undone_at = transaction_timestamp(), undone_by_id = kj.person() where id = wanted;
    set constraints all immediate;
end $body$;
revoke all on function kj.undo_import(uuid) from public;
grant execute on function kj.undo_import(uuid) to kj_app;
"""


def _imports_of(see: str) -> str:
    """By which imports a record came to be what it is, for whoever sees the record: they need not see the import."""
    tables = " ".join(
        f"when '{register.key}' then '{register.model._meta.db_table}'" for register in REGISTERS.values()
    )
    return f"""
create or replace function kj.imports_of(wanted uuid)
    returns table (xid xid8, id uuid, name text, sha256 text)
    language plpgsql stable security definer set search_path = public, pg_catalog, pg_temp as $body$
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
