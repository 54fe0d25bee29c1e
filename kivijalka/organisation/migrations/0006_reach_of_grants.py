"""How far a right reaches is the grant's: at the unit, at the unit and below, or everywhere.

With it: who left is acted for by nobody; the tree is told below units that one sees; why somebody sees a record, or
not, is told where `access.explain` reaches, and no further.
"""

from importlib import import_module

from django.db import migrations, models

REACH, WHY = (import_module(f"kivijalka.organisation.migrations.{name}").FORWARD for name in ("0002_reach", "0003_why"))


def former(start: str, end: str) -> str:
    """The statements of 0002 from one mark to before another, as replacements."""
    return REACH[REACH.index(start) : REACH.index(end)].replace("create function", "create or replace function")


FORWARD = """
-- The numbers below a unit, whoever asks: for the database's own use.
alter function kj.below(integer) rename to tree;
revoke all on function kj.tree(integer) from public;
create function kj.below(top integer) returns setof integer language sql stable security definer
    set search_path = public, pg_temp as $$
    select number from kj.tree(top) number where top <@ kj.reach('unit.view')
$$;
create or replace function kj.place() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    free integer;
begin
    if new.number <> 0 then return new; end if;
    perform pg_advisory_xact_lock(hashtext('kj.place'));
    select max(number) + 1 into free from kj.tree(new.parent_id) number;
    if free is null or exists (select 1 from organisation_unit where number = free) then
        select coalesce(max(number), 0) + 8 into free from organisation_unit;
    end if;
    new.number := free;
    return new;
end $$;

-- Roles of the acting person in force today, with their unit and the numbers at it and below.
drop function kj.held();
create function kj.held() returns table (kind text, unit integer, numbers int4multirange) language sql stable
    security definer set search_path = public, pg_temp as $$
    select r.kind_id, r.unit_id, s.numbers
    from organisation_role r join kj.span s on s.number = r.unit_id join organisation_person p on p.id = r.person_id
    where r.person_id = kj.actor()
        and r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
        and (p."end" is null or p."end" >= kj.today())
$$;
revoke all on function kj.held() from public;

create function kj.numbers(reach text, unit integer, below int4multirange) returns int4multirange language sql
    immutable as $$
    select case reach when 'everywhere' then kj.everywhere() when 'below' then below
        else int4multirange(int4range(unit, unit + 1)) end
$$;

create or replace function kj.reach(wanted text) returns int4multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(k), '{}')
    from kj.held() h join organisation_grant g on g.kind_id = h.kind and g."right" = wanted,
        kj.keys(kj.numbers(g.reach, h.unit, h.numbers), g.confidentiality) k
$$;

create or replace function kj.reach_of_all(verb text) returns int8multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(int8range(lower(k) + n.id * 4294967296, upper(k) + n.id * 4294967296)), '{}')
    from register_registernumber n
        join organisation_grant g on g."right" = n.key || '.' || verb
        join kj.held() h on h.kind = g.kind_id,
        kj.keys(kj.numbers(g.reach, h.unit, h.numbers), g.confidentiality) k
$$;

create function kj.serves(person uuid) returns boolean language sql stable security definer
    set search_path = public, pg_temp as $$
    select exists (
        select 1 from organisation_person p where p.id = person and (p."end" is null or p."end" >= kj.today())
    )
$$;
revoke all on function kj.serves(uuid) from public;

create or replace function kj.enter(person uuid, absent uuid, door text) returns json language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    principal uuid := coalesce(absent, person);
begin
    if not (kj.serves(person) and kj.serves(principal)) or (absent is not null and not exists (
        select 1 from organisation_delegation d
        where d.principal_id = absent and d.deputy_id = person and kj.today() between d.start and d."end"
    )) then
        principal := null;
    end if;
    perform set_config('kj.person', coalesce(person::text, ''), true),
        set_config('kj.principal', coalesce(principal::text, ''), true),
        set_config('kj.door', door, true), set_config('kj.command', '', true), set_config('kj.as_of', '', true);
    return (
        with given as (
            select g."right", array_agg(distinct (h.unit, h.numbers, g.confidentiality, g.reach)::text) shape
            from kj.held() h join organisation_grant g on g.kind_id = h.kind group by g."right"
        ), grouped as (
            select array_agg("right") rights from given group by shape
        )
        select coalesce(json_agg(json_build_object('rights', rights, 'spans',
            (select json_agg(json_build_array(lower(k), upper(k))) from unnest(kj.reach(rights[1])) k))), '[]')
        from grouped
    );
end $$;

-- The record with this code, if the acting person may ask why somebody sees it: its unit and level are within reach.
create function kj.asked(wanted text) returns uuid language sql stable security definer
    set search_path = public, pg_temp as $$
    select n.id from register_node n
    where n.code = wanted and (n.key & 4294967295)::integer <@ (select kj.reach('access.explain'))
$$;

-- Each role and ownership by which somebody might see a record, also through a delegation, and where it falls short.
drop function kj.why(uuid, uuid);
create function kj.why(whom uuid, record uuid)
returns table (person text, through text, role text, unit integer, level integer, reach text, owner boolean,
    in_force boolean, given boolean, near boolean, cleared boolean)
language sql stable security definer set search_path = public, pg_temp as $$
    with asked as (
        select n.register, n.owner_id, n.unit_number, (n.key & 4294967295)::integer / 16777216 level
        from register_node n where n.id = record and n.id = kj.asked(n.code)
    ), acting as (
        select whom id, null::uuid absent
        union all
        select d.principal_id, d.principal_id from organisation_delegation d
        where d.deputy_id = whom and kj.today() between d.start and d."end"
    )
    select p.full_name, a.absent::text, r.kind_id, r.unit_id, g.confidentiality::integer, g.reach, false,
        kj.today() between r.start and coalesce(r."end", 'infinity') and kj.serves(whom) and kj.serves(a.id),
        g.id is not null,
        coalesce(q.unit_number <@ kj.numbers(g.reach, r.unit_id, s.numbers), false),
        coalesce(q.level <= g.confidentiality, false)
    from asked q cross join acting a
        join organisation_person p on p.id = a.id
        join organisation_role r on r.person_id = a.id
        join kj.span s on s.number = r.unit_id
        left join organisation_grant g on g.kind_id = r.kind_id and g."right" = q.register || '.view'
    union all
    select p.full_name, a.absent::text, '', null, null, '', true, kj.serves(whom) and kj.serves(a.id), true, true, true
    from asked q join acting a on a.id = q.owner_id join organisation_person p on p.id = a.id
$$;
revoke all on function kj.asked(text), kj.why(uuid, uuid) from public;
grant execute on function kj.asked(text), kj.why(uuid, uuid) to kj_app;
"""

BACKWARD = f"""
set local check_function_bodies = off;
drop function kj.why(uuid, uuid); drop function kj.asked(text); drop function kj.held(); drop function kj.below(integer);
alter function kj.tree(integer) rename to below;
grant execute on function kj.below(integer) to public;
{former("create function kj.place", "create trigger place")}
{former("-- Roles of the acting person", "-- Everything that a unit has")}
revoke all on function kj.held() from public;
drop function kj.numbers(text, integer, int4multirange); drop function kj.serves(uuid);
{WHY}
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0005_split")]
    operations = [
        migrations.AddField(
            "grant",
            "reach",
            models.CharField(
                choices=[("unit", "Unit"), ("below", "Below"), ("everywhere", "Everywhere")],
                default="below",
                max_length=10,
            ),
        ),
        migrations.RunSQL(
            "update organisation_grant set reach = 'everywhere' where everywhere",
            "update organisation_grant set everywhere = (reach = 'everywhere')",
        ),
        migrations.RemoveField("grant", "everywhere"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
