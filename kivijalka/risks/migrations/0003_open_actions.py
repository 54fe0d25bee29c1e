"""How many open actions treat a risk, those that the acting person may not see included: a number, and nothing else."""

from django.db import migrations

FORWARD = """
create function kj.open_actions(risk uuid) returns bigint language sql stable security definer
    set search_path = public, pg_temp as $$
    select count(*) from register_link l join actions_action a on a.id = l.a_id
    where l.b_id = risk and l.kind = 'treats' and l.until is null and a.state in ('planned', 'started')
        and kj.writes(risk)
$$;
revoke all on function kj.open_actions(uuid) from public;
grant execute on function kj.open_actions(uuid) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0002_assessors_may_write_the_risk"), ("actions", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.open_actions(uuid)")]
