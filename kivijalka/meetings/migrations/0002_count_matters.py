"""How many items an agenda has, whoever sees them, and how often it was arranged: counted by the database."""

from django.db import migrations

FORWARD = """
create function kj.count_matters() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        update meetings_meeting m set arranged = m.arranged + 1,
            matters = (select count(i.number) from meetings_item i where i.meeting_id = m.id)
        where m.id in (select meeting_id from new_rows);
        return null;
    end $$;
create trigger count_matters_insert after insert on meetings_item referencing new table as new_rows
    for each statement execute function kj.count_matters();
create trigger count_matters_update after update on meetings_item referencing new table as new_rows
    for each statement execute function kj.count_matters();
"""
BACK = """
drop trigger count_matters_insert on meetings_item;
drop trigger count_matters_update on meetings_item;
drop function kj.count_matters();
"""


class Migration(migrations.Migration):
    dependencies = [("meetings", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
