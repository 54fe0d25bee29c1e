"""Whom the demo offers to be signed in as: for each kind of role somebody with something on the desk."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import get_language

KINDS = [
    "access_administrator",
    "chief_executive",
    "sector_director",
    "service_entity_head",
    "unit_head",
    "risk_expert",
    "security_expert",
    "auditor",
    "board_member",
    "employee",
    "partner_member",
]
# The directors of all sectors, one of each other kind: who holds no other role, and owns most of what is still open.
CHOOSE = """
    with in_force as (
        select r.*, count(*) over (partition by r.person_id) as roles from organisation_role r
        where r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
    ), open_work as (
        select owner_id, count(*) as pieces from (
            select owner_id from actions_action where state in ('planned', 'started')
            union all select owner_id from risks_risk where state <> 'closed'
        ) owned group by owner_id
    ), ranked as (
        select r.id, r.kind_id, r.unit_id, u.kind as unit_kind, row_number() over (
            partition by r.kind_id
            order by r.roles, r.kind_id in ('unit_head', 'employee') and u.kind <> 'unit', coalesce(w.pieces, 0) desc,
                r.unit_id, r.id
        ) as place
        from in_force r join organisation_person p on p.id = r.person_id join organisation_unit u on u.number = r.unit_id
            left join open_work w on w.owner_id = p.id
        where p."end" is null or p."end" >= kj.today()
    )
    select id from ranked where place = 1 or (kind_id = 'sector_director' and unit_kind = 'sector')
    order by array_position(%s::text[], kind_id::text), unit_id
"""
# Runs as the tables' owner: on the page for signing in nobody is acting yet. Only an example database has it.
FUNCTION = """
    create or replace function kj.suggested_people(reader text)
        returns table (id uuid, name text, role text, unit text, email text)
        language sql stable security definer set search_path = public, pg_temp as $$
            select p.id, p.full_name::text, {role}::text, {unit}::text, p.email::text
            from unnest(array[{roles}]::uuid[]) with ordinality chosen(role, place)
            join organisation_role r on r.id = chosen.role
            join organisation_person p on p.id = r.person_id
            join organisation_rolekind k on k.key = r.kind_id
            join organisation_unit u on u.number = r.unit_id
            where (r."end" is null or r."end" >= kj.today()) and (p."end" is null or p."end" >= kj.today())
            order by chosen.place
        $$;
    revoke all on function kj.suggested_people(text) from public;
    grant execute on function kj.suggested_people(text) to kj_app
"""


def suggest(cursor: Any) -> None:
    """Choose them and write down the choice, for whoever asks before anybody is signed in."""
    cursor.execute(CHOOSE, [KINDS])
    chosen = ", ".join(f"'{row[0]}'" for row in cursor.fetchall())
    cursor.execute(FUNCTION.format(roles=chosen, role=_name("k"), unit=_name("u")))


def _name(table: str) -> str:
    """As `Named` says itself."""
    return f"coalesce(nullif(case reader when 'sv' then {table}.name_sv when 'en' then {table}.name_en end, ''), {table}.name_fi)"


def suggested_people() -> list[dict[str, Any]]:
    """Each with id, name, role, unit (in the reader's language) and email; empty where no example city was loaded."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regprocedure('kj.suggested_people(text)') is not null")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute("select * from kj.suggested_people(%s)", [get_language()])
        names = [column.name for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
