"""A unit and all below it as few spans of numbers, however many units that are."""

from django.db import migrations

FORWARD = """
-- Numbers that no unit has count with the one before. Nothing, where the unit is not seen.
create function kj.spans_below(top integer) returns integer[] language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(array_agg(array[lower(n), upper(n)]), '{}') from kj.span s, unnest(s.numbers) n
    where s.number = top and top <@ kj.reach('unit.view')
$$;
revoke all on function kj.spans_below(integer) from public;
grant execute on function kj.spans_below(integer) to kj_app;
"""
BACK = "drop function kj.spans_below(integer)"


class Migration(migrations.Migration):
    dependencies = [("organisation", "0027_about_me")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
