"""What the database knows of the fields that the city adds: which there are, what fits them, what of them is searched.

Nothing here is a migration: it follows from the tables and declarations, and is written anew after each migrate.
"""

from __future__ import annotations

from typing import Any

from kivijalka.register.own.models import OwnField
from kivijalka.register.registry import REGISTERS

TOLD = (
    "id, version, asked_in, kind, name, options, required, state, name_fi, name_sv, name_en, help_fi, help_sv, help_en"
)
AS_OWNER = "security definer set search_path = pg_catalog, pg_temp"
TEXT = "jsonb_typeof(v.value) = 'string' and char_length(v.value #>> '{}')"
DAY = r"'^\d{4}-\d\d-\d\d$'"
# The same as the fields that forms are made of, so that no door writes what another could not read.
FITS = {
    OwnField.Kind.TEXT: f"{TEXT} <= 500",
    OwnField.Kind.LONG: f"{TEXT} <= 20000",
    OwnField.Kind.NUMBER: rf"{TEXT} <= 20 and v.value #>> '{{}}' ~ '^-?\d{{1,14}}(\.\d{{1,4}})?$'",
    OwnField.Kind.EURO: rf"{TEXT} <= 20 and v.value #>> '{{}}' ~ '^-?\d{{1,12}}\.\d\d$'",
    OwnField.Kind.DAY: f"{TEXT} = 10 and v.value #>> '{{}}' ~ {DAY} and pg_input_is_valid(v.value #>> '{{}}', 'date')",
    OwnField.Kind.TRUTH: "jsonb_typeof(v.value) = 'boolean'",
    OwnField.Kind.CHOICE: f"{TEXT} <= 40 and v.value #>> '{{}}' in"
    r" (select split_part(line, ':', 1) from regexp_split_to_table(f.options, '\n') line)",
}


def install(cursor: Any) -> None:
    """The functions, and the guard of each register that takes such fields. Before the graph, which searches them."""
    cursor.execute(_own_fields())
    cursor.execute(_own_text())
    cursor.execute(_own_fits())
    for register in REGISTERS.values():
        if register.takes_own:
            cursor.execute(
                f'create or replace trigger own_fits before insert or update on public."{register.model._meta.db_table}"'
                f" for each row execute function kj.own_fits('{register.key}')"
            )


def _own_fields() -> str:
    """What forms ask, at the moment looked at, as one text, for whoever acts: what a form asks is no secret."""
    table = OwnField._meta.db_table
    past = "kept_from <= kj.as_of() and kept_to > kj.as_of() and kept_op <> 'D'"
    return f"""
create or replace function kj.own_fields() returns text language sql stable {AS_OWNER} as $$
    select coalesce(json_agg(f order by f.id), '[]')::text from (
        select {TOLD} from public.{table} where kj.as_of() is null
        union all select {TOLD} from history.{table} where {past}
    ) f where kj.person() is not null
$$;
revoke all on function kj.own_fields() from public;
grant execute on function kj.own_fields() to kj_app;
"""


def _own_text() -> str:
    return """
create or replace function kj.own_text(own jsonb) returns text language sql immutable parallel safe as $$
    select string_agg(v.value #>> '{}', ' ' order by v.key) from jsonb_each(own) v where jsonb_typeof(v.value) = 'string'
$$;
"""


def _own_fits() -> str:
    """Refuses a value that is of no field of the register, or does not fit its kind, whoever writes it."""
    kinds = " ".join(f"when '{kind}' then {rule}" for kind, rule in FITS.items())
    return f"""
create or replace function kj.own_fits() returns trigger language plpgsql {AS_OWNER} as $body$
begin
    if new.own is null or (tg_op = 'UPDATE' and new.own is not distinct from old.own) then
        return new;
    end if;
    if jsonb_typeof(new.own) <> 'object' or exists (
        select from jsonb_each(new.own) v
        left join public.{OwnField._meta.db_table} f on f.asked_in = tg_argv[0] and f.name = v.key
        where not coalesce(case f.kind {kinds} end, false)
            and (tg_op = 'INSERT' or old.own -> v.key is distinct from v.value)
    ) then
        raise check_violation using constraint = 'own_fits', message = 'own fields of ' || tg_table_name;
    end if;
    return new;
end $body$;
"""
