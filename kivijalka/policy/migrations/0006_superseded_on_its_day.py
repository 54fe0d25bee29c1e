"""A version is superseded on the day that the next one comes into force, not on the day that this was decided."""

from django.db import migrations

FORWARD = """
create or replace function kj.supersede() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update policy_version set valid_to = new.valid_from - 1,
        state = case when new.valid_from <= kj.today() then 'superseded' else state end
    where state = 'in_force' and valid_to is null and id <> new.id and valid_from < new.valid_from;
    return new;
end $$;

create function kj.end_policies() returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform set_config('kj.command', 'supersede', true), set_config('kj.door', 'job', true);
    update policy_version set state = 'superseded' where state = 'in_force' and valid_to < kj.today();
end $$;
revoke all on function kj.end_policies() from public;
grant execute on function kj.end_policies() to kj_app;
"""
BACKWARD = """
drop function kj.end_policies();
create or replace function kj.supersede() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update policy_version set valid_to = new.valid_from - 1, state = 'superseded'
    where state = 'in_force' and valid_to is null and id <> new.id and valid_from < new.valid_from;
    return new;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0005_delete_policy")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
