"""What the acting person is called comes with entering: the frame around every page needs no query of its own."""

from django.db import migrations

FORWARD = """
-- Names of who acts and of whom they act for, where they may act at all. Volatile: asked after kj.enter.
create function kj.acting_names() returns text[] language sql volatile security definer
    set search_path = public, pg_temp as $$
    select array[
        (select full_name from organisation_person where id = kj.person() and kj.actor() is not null),
        (select full_name from organisation_person where id = kj.behalf())
    ]
$$;
revoke all on function kj.acting_names() from public;
grant execute on function kj.acting_names() to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0009_asked_by_place")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.acting_names()")]
