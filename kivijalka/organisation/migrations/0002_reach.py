"""Where rights reach: the tree as ranges of unit numbers, roles and delegations as ranges of access keys."""

from django.db import migrations

FORWARD = """
-- The numbers below each unit, as ranges. Numbers that no unit has count with the one before: ranges stay few.
create table kj.span (number integer primary key, numbers int4multirange not null);

create function kj.below(top integer) returns setof integer language sql stable security definer
    set search_path = public, pg_temp as $$
    with recursive tree(number) as (
        select top union all select u.number from organisation_unit u join tree t on u.parent_id = t.number
    ) select number from tree
$$;

create function kj.place() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    free integer;
begin
    if new.number <> 0 then return new; end if;
    perform pg_advisory_xact_lock(hashtext('kj.place'));
    select max(number) + 1 into free from kj.below(new.parent_id) number;
    if free is null or exists (select 1 from organisation_unit where number = free) then
        select coalesce(max(number), 0) + 8 into free from organisation_unit;
    end if;
    new.number := free;
    return new;
end $$;
create trigger place before insert on organisation_unit for each row execute function kj.place();

create function kj.measure() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into kj.span (number, numbers)
    with recursive owned as (
        select number, parent_id, int4range(number, lead(number, 1, number + 1) over (order by number)) numbers
        from organisation_unit
    ), above(number, top) as (
        select number, number from owned
        union all
        select a.number, o.parent_id from above a join owned o on o.number = a.top where o.parent_id is not null
    )
    select a.top, range_agg(o.numbers) from above a join owned o using (number) group by a.top
    on conflict (number) do update set numbers = excluded.numbers where span.numbers <> excluded.numbers;
    return null;
end $$;
create trigger measure after insert or delete or update of parent_id, number on organisation_unit
    for each statement execute function kj.measure();

-- Roles of the acting person in force today, with the numbers that they reach.
create function kj.held() returns table (kind text, numbers int4multirange) language sql stable security definer
    set search_path = public, pg_temp as $$
    select r.kind_id, s.numbers
    from organisation_role r join kj.span s on s.number = r.unit_id join organisation_person p on p.id = r.person_id
    where r.person_id = kj.actor()
        and r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
        and (p."end" is null or p."end" >= kj.today())
$$;

create function kj.keys(numbers int4multirange, level integer) returns setof int4range language sql immutable as $$
    select int4range(lower(n) + l * 16777216, upper(n) + l * 16777216)
    from unnest(numbers) n, generate_series(0, level) l
$$;

create function kj.everywhere() returns int4multirange language sql immutable as
    $$ select '{[1,16777216)}'::int4multirange $$;

create or replace function kj.reach(wanted text) returns int4multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(k), '{}')
    from kj.held() h join organisation_grant g on g.kind_id = h.kind and g."right" = wanted,
        kj.keys(case when g.everywhere then kj.everywhere() else h.numbers end, g.confidentiality) k
$$;

create or replace function kj.reach_of_all(verb text) returns int8multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(int8range(lower(k) + n.id * 4294967296, upper(k) + n.id * 4294967296)), '{}')
    from register_registernumber n
        join organisation_grant g on g."right" = n.key || '.' || verb
        join kj.held() h on h.kind = g.kind_id,
        kj.keys(case when g.everywhere then kj.everywhere() else h.numbers end, g.confidentiality) k
$$;

-- Begin to act: sets who, on whose behalf and by which door; answers the reach of every right, grouped.
create or replace function kj.enter(person uuid, absent uuid, door text) returns json language plpgsql
    security definer set search_path = public, pg_temp as $$
declare
    principal uuid := coalesce(absent, person);
begin
    if absent is not null and not exists (
        select 1 from organisation_delegation d join organisation_person p on p.id = d.deputy_id
        where d.principal_id = absent and d.deputy_id = person and kj.today() between d.start and d."end"
            and (p."end" is null or p."end" >= kj.today())
    ) then
        principal := null;
    end if;
    if not exists (
        select 1 from organisation_person p where p.id = person and (p."end" is null or p."end" >= kj.today())
    ) then
        principal := null;
    end if;
    perform set_config('kj.person', coalesce(person::text, ''), true),
        set_config('kj.principal', coalesce(principal::text, ''), true),
        set_config('kj.door', door, true), set_config('kj.command', '', true), set_config('kj.as_of', '', true);
    return (
        with given as (
            select g."right", array_agg(distinct (h.numbers, g.confidentiality, g.everywhere)::text) shape
            from kj.held() h join organisation_grant g on g.kind_id = h.kind group by g."right"
        ), grouped as (
            select array_agg("right") rights from given group by shape
        )
        select coalesce(json_agg(json_build_object('rights', rights, 'spans',
            (select json_agg(json_build_array(lower(k), upper(k))) from unnest(kj.reach(rights[1])) k))), '[]')
        from grouped
    );
end $$;

-- Everything that a unit has goes to another: what the acting person cannot see, too.
create function kj.hand_over(from_unit integer, to_unit integer) returns void language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    place record;
begin
    if not (from_unit <@ kj.reach('unit.reorganise') and to_unit <@ kj.reach('unit.reorganise')) then
        raise insufficient_privilege using message = 'unit.reorganise is not held at both units';
    end if;
    for place in
        select distinct t.relname, k.attname
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid
        join pg_attribute k on k.attrelid = t.oid and k.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'public.organisation_unit'::regclass
    loop
        execute format('update public.%I set %I = $1 where %I = $2', place.relname, place.attname, place.attname)
            using to_unit, from_unit;
    end loop;
end $$;

create function kj.end_roles(at_unit integer, on_day date) returns void language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    if not at_unit <@ kj.reach('unit.reorganise') then
        raise insufficient_privilege using message = 'unit.reorganise is not held at the unit';
    end if;
    update organisation_role set "end" = greatest(on_day, start)
    where unit_id = at_unit and ("end" is null or "end" > on_day);
end $$;

revoke all on function kj.hand_over(integer, integer), kj.end_roles(integer, date), kj.held(), kj.enter(uuid, uuid, text)
    from public;
grant execute on function kj.hand_over(integer, integer), kj.end_roles(integer, date), kj.enter(uuid, uuid, text) to kj_app;
"""

BACKWARD = """
drop function kj.end_roles; drop function kj.hand_over; drop function kj.held cascade;
drop trigger measure on organisation_unit; drop function kj.measure; drop trigger place on organisation_unit;
drop function kj.place; drop function kj.below; drop table kj.span;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
