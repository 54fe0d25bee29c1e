"""Where the acting person works, and for whom they may act, come with entering: pages about it need no query of their own."""

from django.db import migrations

FORWARD = """
-- The unit where the acting person works, its code and names; and whose delegations let them act today. Volatile: asked
-- after kj.enter.
create function kj.about_me() returns jsonb language sql volatile security definer
    set search_path = public, pg_temp as $$
    select jsonb_build_object(
        'unit', (
            select jsonb_build_object('code', u.code, 'name_fi', u.name_fi, 'name_sv', u.name_sv, 'name_en', u.name_en)
            from organisation_person p join organisation_unit u on u.number = p.unit_id
            where p.id = kj.person()
        ),
        'stands_in_for', (
            select coalesce(jsonb_agg(
                jsonb_build_object('person', p.id, 'name', p.full_name, 'end', d."end") order by p.full_name, d."end"
            ), '[]')
            from organisation_delegation d join organisation_person p on p.id = d.principal_id
            where d.deputy_id = kj.person() and kj.today() between d.start and d."end" and d.ended_at is null
        )
    )
$$;
revoke all on function kj.about_me() from public;
grant execute on function kj.about_me() to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0026_own_fields")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.about_me()")]
