"""Who is asked to accept a risk: the nearest who may, so that no proposal waits for nobody in particular."""

from django.db import migrations

FORWARD = """
-- Whether the acting person is among the nearest, at a unit or above it, whose authority reaches a class of risk, the
-- risk's owner left out: nobody accepts their own.
create function kj.asked_to_accept(at_unit integer, class text, owner uuid) returns boolean
    language sql stable security definer set search_path = public, pg_temp as $$
    with recursive policy as (
        select content from policy_version
        where state <> 'draft' and kj.today() between valid_from and coalesce(valid_to, 'infinity')
    ), classes as (
        select c ->> 'key' as key, (c ->> 'order')::integer as place
        from policy, jsonb_array_elements(content -> 'classes') c
    ), authority(role, place) as (
        select said.role, said.place
        from policy, jsonb_array_elements(content -> 'acceptance') a join classes on classes.key = a ->> 'class',
            lateral (values (a ->> 'role', place), (a ->> 'proposed_by', place - 1)) said(role, place)
    ), up(number, parent_id, far) as (
        select number, parent_id, 0 from organisation_unit where number = at_unit
        union all
        select u.number, u.parent_id, up.far + 1 from up join organisation_unit u on u.number = up.parent_id
    ), able as (
        select r.person_id as person, up.far
        from up
            join organisation_role r on r.unit_id = up.number
            join organisation_person p on p.id = r.person_id
        where r.kind_id in (select role from authority where place >= nullif(left(class, 1), '')::integer)
            and kj.today() between r.start and coalesce(r."end", 'infinity')
            and coalesce(p."end", 'infinity') >= kj.today() and r.person_id is distinct from owner
    )
    select exists (select 1 from able where person = kj.actor() and far = (select min(far) from able))
$$;
revoke all on function kj.asked_to_accept(integer, text, uuid) from public;
grant execute on function kj.asked_to_accept(integer, text, uuid) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0019_offers")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.asked_to_accept(integer, text, uuid)")]
