"""Why a person may see a record: for holders of `access.explain`, answered by the same tables that decide."""

from django.db import migrations

FORWARD = """
create function kj.why(whom uuid, record uuid)
returns table (person text, through text, role text, unit text, level integer, everywhere boolean, owner boolean)
language sql stable security definer set search_path = public, pg_temp as $$
    with asked as (
        select n.register, n.owner_id, (n.key & 4294967295)::integer key from register_node n where n.id = record
    ), acting as (
        select whom id, null::uuid absent
        union all
        select d.principal_id, d.principal_id from organisation_delegation d
        where d.deputy_id = whom and kj.today() between d.start and d."end"
    )
    select p.full_name, a.absent::text, k.name_fi, u.name_fi, g.confidentiality::integer, g.everywhere, false
    from acting a
        join organisation_person p on p.id = a.id
        join organisation_role r on r.person_id = a.id
            and kj.today() >= r.start and (r."end" is null or kj.today() <= r."end")
        join organisation_rolekind k on k.key = r.kind_id
        join organisation_unit u on u.number = r.unit_id
        join kj.span s on s.number = r.unit_id
        join organisation_grant g on g.kind_id = r.kind_id
        join asked q on g."right" = q.register || '.view'
    where kj.reach('access.explain') <> '{}'
        and exists (
            select 1 from kj.keys(case when g.everywhere then kj.everywhere() else s.numbers end, g.confidentiality) range
            where q.key <@ range
        )
    union all
    select p.full_name, a.absent::text, '', '', null, false, true
    from acting a join organisation_person p on p.id = a.id join asked q on q.owner_id = a.id
    where kj.reach('access.explain') <> '{}'
$$;
revoke all on function kj.why(uuid, uuid) from public;
grant execute on function kj.why(uuid, uuid) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_reach")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.why")]
