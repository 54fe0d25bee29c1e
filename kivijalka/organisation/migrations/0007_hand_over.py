"""No responsibility ends silently: what lapses when somebody leaves, is transferred, or a unit changes."""

from django.db import migrations, models

FORWARD = """
-- Whether somebody who accepted still answers on a day: they work here, and their unit and the record's are in force.
create function kj.stands(record uuid, person uuid, days_from_now integer default 0) returns boolean
    language sql stable security definer set search_path = public, pg_temp as $$
    with at(day) as (
        select coalesce((kj.as_of() at time zone 'Europe/Helsinki')::date, kj.today()) + days_from_now
    )
    select not exists (
        select 1 from at, organisation_person p join organisation_unit u on u.number = p.unit_id
        where p.id = person and least(p."end", u."end") < at.day
    ) and not exists (
        select 1 from at, register_node n join organisation_unit u on u.number = n.unit_number
        where n.id = record and u."end" < at.day
    )
$$;

-- A responsibility is between a person of a unit and a record of a unit: when either changes its unit, it lapses.
-- Who owns a record answered for it too.
create function kj.lapse() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update organisation_responsibility set state = 'lapsed', at = now()
    where (record_id = new.id or person_id = new.id) and state = 'accepted';
    insert into organisation_responsibility (version, record_id, person_id, share, state)
    select 1, n.id, n.owner_id, 'A', 'lapsed' from register_node n
    where n.owner_id = new.id and n.register <> 'role' and not exists (
        select 1 from organisation_responsibility r where r.record_id = n.id and r.share = 'A'
            and (r.state in ('offered', 'accepted') or (r.state = 'lapsed' and r.person_id = new.id))
    );
    return null;
end $$;
create trigger lapse after update of unit_number on register_node for each row
    when (old.unit_number <> new.unit_number) execute function kj.lapse();

-- Who is transferred has no roles at the old unit any more, from this moment on. A reorganisation takes them along.
create function kj.leave_roles() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    if current_setting('kj.reorganises', true) is distinct from 'on' then
        update organisation_role set "end" = greatest(start, kj.today() - 1)
        where person_id = new.id and unit_id = old.unit_id and ("end" is null or "end" >= kj.today());
    end if;
    return null;
end $$;
create trigger leave_roles after update of unit_id on organisation_person for each row
    when (old.unit_id <> new.unit_id) execute function kj.leave_roles();

-- Who accepts to be accountable takes the place of somebody who no longer is, or will not be a month from now.
create function kj.make_way() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update organisation_responsibility set state = 'lapsed', at = now()
    where record_id = new.record_id and share = 'A' and state = 'accepted' and id <> new.id
        and not kj.stands(record_id, person_id, 30);
    return new;
end $$;
create trigger make_way before insert or update of state on organisation_responsibility for each row
    when (new.share = 'A' and new.state = 'accepted') execute function kj.make_way();

create or replace function kj.hand_over(from_unit integer, to_unit integer, records uuid[], owners uuid[]) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    place record;
    moving uuid[] := records || array(
        select id from register_node where unit_number = from_unit and owner_id = any(owners)
    );
begin
    if not (from_unit <@ kj.reach('unit.reorganise') and to_unit <@ kj.reach('unit.reorganise')) then
        raise insufficient_privilege using message = 'unit.reorganise is not held at both units';
    end if;
    perform set_config('kj.reorganises', 'on', true);
    for place in
        select distinct t.relname, k.attname
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid
        join pg_attribute k on k.attrelid = t.oid and k.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'public.organisation_unit'::regclass
    loop
        execute format(
            'update public.%I set %I = $1 where %I = $2 and ($3 is null or id = any($3))',
            place.relname, place.attname, place.attname
        ) using to_unit, from_unit, case when records is null and owners is null then null else moving end;
    end loop;
    perform set_config('kj.reorganises', '', true);
end $$;
drop function kj.hand_over(integer, integer);

-- Whether the acting person is who is asked about a record of a unit: they hold the right to change it, nearest above.
create function kj.asks_me(at_unit integer, of_register text, level integer) returns boolean
    language sql stable security definer set search_path = public, pg_temp as $$
    with recursive up(number, parent_id, far) as (
        select number, parent_id, 0 from organisation_unit where number = at_unit
        union all
        select u.number, u.parent_id, far + 1 from organisation_unit u join up on u.number = up.parent_id
    ), holders as (
        select up.far, r.person_id
        from up
            join organisation_role r on r.unit_id = up.number
            join organisation_person p on p.id = r.person_id
            join organisation_grant g on g.kind_id = r.kind_id
        where g."right" in (of_register || '.edit', of_register || '.reorganise') and g.confidentiality >= level
            and (g.reach <> 'unit' or up.far = 0)
            and r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
            and (p."end" is null or p."end" >= kj.today())
    )
    select coalesce(bool_or(person_id = kj.actor()), false) from holders where far = (select min(far) from holders)
$$;

-- What the acting person is asked to hand over: who answered for what (share O: as its owner), and until which day.
-- Asked from a month before somebody leaves or a unit ends, until somebody is offered it.
create function kj.hand_overs() returns table (record uuid, register text, person uuid, share text, last_day date)
    language sql stable security definer set search_path = public, pg_temp as $$
    with leaving as (
        select id, "end" last_day from organisation_person where "end" < kj.today() + 30
        union all
        select p.id, u."end" from organisation_unit u join organisation_person p on p.unit_id = u.number
        where u."end" < kj.today() + 30
    ), held(record, person, share, last_day) as (
        select record_id, person_id, share, null::date from organisation_responsibility
        where state = 'lapsed' and share in ('R', 'A')
        union all
        select r.record_id, r.person_id, r.share, l.last_day
        from leaving l join organisation_responsibility r on r.person_id = l.id
        where r.state = 'accepted' and r.share in ('R', 'A')
        union all
        select r.record_id, r.person_id, r.share, u."end"
        from organisation_unit u
            join register_node n on n.unit_number = u.number
            join organisation_responsibility r on r.record_id = n.id
        where u."end" < kj.today() + 30 and r.state = 'accepted' and r.share in ('R', 'A')
        union all
        select n.id, n.owner_id, 'O', l.last_day from leaving l join register_node n on n.owner_id = l.id
        where n.register <> 'role'
    )
    select h.record, n.register, h.person, h.share, min(h.last_day)
    from held h join register_node n on n.id = h.record
    where (n.key <@ (select kj.reach_of_all('edit')) or n.key <@ (select kj.reach_of_all('reorganise')))
        and not exists (
            select 1 from organisation_responsibility s
            where s.record_id = h.record and s.share = h.share
                and (s.state = 'offered' or (s.state = 'accepted' and kj.stands(s.record_id, s.person_id, 30)))
        )
        and kj.asks_me(n.unit_number, n.register, (n.key >> 24)::integer & 255)
    group by h.record, n.register, h.person, h.share
$$;

revoke all on function kj.stands(uuid, uuid, integer), kj.asks_me(integer, text, integer), kj.hand_overs() from public;
grant execute on function kj.stands(uuid, uuid, integer), kj.hand_overs() to kj_app;
"""

BACKWARD = """
drop function kj.hand_overs(); drop function kj.asks_me(integer, text, integer);
create function kj.hand_over(from_unit integer, to_unit integer) returns void language sql as
    $$ select kj.hand_over(from_unit, to_unit, null, null) $$;
drop trigger make_way on organisation_responsibility; drop function kj.make_way();
drop trigger leave_roles on organisation_person; drop function kj.leave_roles();
drop trigger lapse on register_node; drop function kj.lapse();
drop function kj.stands(uuid, uuid, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0006_reach_of_grants"), ("register", "0005_files")]
    operations = [
        migrations.AlterField(
            "responsibility",
            "state",
            models.CharField(
                "state",
                max_length=10,
                default="offered",
                choices=[
                    ("offered", "offered"),
                    ("accepted", "accepted"),
                    ("declined", "declined"),
                    ("withdrawn", "withdrawn"),
                    ("lapsed", "lapsed"),
                ],
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
