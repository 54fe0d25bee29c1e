"""What concerns a unit concerns all who hold a role there or below it."""

from django.db import migrations

ABOVE = """
create function kj.above() returns int4multirange language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(range_agg(int4range(s.number, s.number + 1)), '{}')
    from kj.span s where exists (select from kj.held() h where h.unit <@ s.numbers)
$$;
revoke all on function kj.above() from public;
grant execute on function kj.above() to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0021_own_role_not_carried")]

    operations = [migrations.RunSQL(ABOVE, "drop function kj.above()")]
