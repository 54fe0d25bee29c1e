"""What a token leaves of a right is asked for tokens alone: of a person's own reach it took a half of the time."""

from django.db import migrations

REACH = """
create or replace function kj.reach(wanted text) returns int4multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(k), '{{}}')
    from kj.held() h join organisation_grant g on g.kind_id = h.kind and g."right" = wanted,
        kj.keys({one}, g.confidentiality) k
$$;
create or replace function kj.reach_of_all(verb text) returns int8multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select coalesce(range_agg(int8range(lower(k) + n.id * 4294967296, upper(k) + n.id * 4294967296)), '{{}}')
    from register_registernumber n
        join organisation_grant g on g."right" = n.key || '.' || verb
        join kj.held() h on h.kind = g.kind_id,
        kj.keys({all}, g.confidentiality) k
$$;
"""
NUMBERS = "kj.numbers(g.reach, h.unit, h.numbers)"
FORWARD = """
-- Taken apart by the planner, so that a person without a token does not pay for the question.
create function kj.within_token(numbers int4multirange, wanted text) returns int4multirange language sql stable as $$
    select case when kj.token() is null then numbers else numbers * kj.left_of(wanted) end
$$;
""" + REACH.format(
    one=f"kj.within_token({NUMBERS}, wanted)", all=f"kj.within_token({NUMBERS}, n.key || '.' || verb)"
)
BACK = (
    REACH.format(one=f"{NUMBERS} * kj.left_of(wanted)", all=f"{NUMBERS} * kj.left_of(n.key || '.' || verb)")
    + "drop function kj.within_token(int4multirange, text)"
)


class Migration(migrations.Migration):
    dependencies = [("organisation", "0028_spans_below")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
