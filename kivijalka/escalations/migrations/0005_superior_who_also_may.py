"""Who is asked may have to hold a second right besides that to answer: who is offered a risk can make it one of theirs."""

from django.db import migrations

FORWARD = """
drop function kj.superior(integer, integer, uuid[], text, text);
create function kj.superior(at integer, level integer, besides uuid[], in_role text default null,
    wanted text default 'escalation.answer', also text default null) returns table (unit integer, person uuid)
    language sql stable security definer set search_path = public, pg_temp as $$
    with recursive up(number, parent_id, far) as (
        select number, parent_id, 0 from organisation_unit where number = at
        union all
        select u.number, u.parent_id, up.far + 1 from up join organisation_unit u on u.number = up.parent_id
    )
    select r.unit_id, r.person_id
    from up
        join organisation_role r on r.unit_id = up.number
        join organisation_grant g on g.kind_id = r.kind_id and g."right" = wanted
        join organisation_person p on p.id = r.person_id
    where g.confidentiality >= level and (g.reach <> 'unit' or up.far = 0) and kj.today() between r.start and coalesce(r."end", 'infinity')
        and coalesce(p."end", 'infinity') >= kj.today() and r.person_id <> all (besides)
        and (in_role is null or r.kind_id = in_role)
        and (also is null or exists (select from organisation_grant o
            where o.kind_id = r.kind_id and o."right" = also and o.confidentiality >= level
                and (o.reach <> 'unit' or up.far = 0)))
    order by up.far, r.start, r.id limit 1
$$;
revoke all on function kj.superior(integer, integer, uuid[], text, text, text) from public;
grant execute on function kj.superior(integer, integer, uuid[], text, text, text) to kj_app;
"""
BACK = """
drop function kj.superior(integer, integer, uuid[], text, text, text);
create function kj.superior(at integer, level integer, besides uuid[], in_role text default null,
    wanted text default 'escalation.answer') returns table (unit integer, person uuid)
    language sql stable security definer set search_path = public, pg_temp as $$
    with recursive up(number, parent_id, far) as (
        select number, parent_id, 0 from organisation_unit where number = at
        union all
        select u.number, u.parent_id, up.far + 1 from up join organisation_unit u on u.number = up.parent_id
    )
    select r.unit_id, r.person_id
    from up
        join organisation_role r on r.unit_id = up.number
        join organisation_grant g on g.kind_id = r.kind_id and g."right" = wanted
        join organisation_person p on p.id = r.person_id
    where g.confidentiality >= level and kj.today() between r.start and coalesce(r."end", 'infinity')
        and coalesce(p."end", 'infinity') >= kj.today() and r.person_id <> all (besides)
        and (in_role is null or r.kind_id = in_role)
    order by up.far, r.start, r.id limit 1
$$;
revoke all on function kj.superior(integer, integer, uuid[], text, text) from public;
grant execute on function kj.superior(integer, integer, uuid[], text, text) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("escalations", "0004_superior_in_role")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
