"""A part of what a unit has goes to another: what is named, what its owners take along, or everything that is left."""

from django.db import migrations

FORWARD = """
create function kj.hand_over(from_unit integer, to_unit integer, records uuid[], owners uuid[]) returns void
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
end $$;
revoke all on function kj.hand_over(integer, integer, uuid[], uuid[]) from public;
grant execute on function kj.hand_over(integer, integer, uuid[], uuid[]) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0004_unit_added_below")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.hand_over(integer, integer, uuid[], uuid[])")]
