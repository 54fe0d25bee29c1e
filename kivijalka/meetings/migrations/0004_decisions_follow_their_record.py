"""A decision on a record stands where the record stands and is as confidential, also when that is moved or raised."""

from django.db import migrations

# A node's key holds its register's number, its confidentiality and its unit.
LEVEL = "((%s.key & 4294967295) / 16777216)::smallint"

FORWARD = f"""
create function kj.decisions_follow() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        update meetings_decision d set unit_id = new.unit_number,
            confidentiality = greatest(d.confidentiality, {LEVEL % "new"})
        from meetings_item i where i.id = d.item_id and i.record_id = new.id;
        return null;
    end $$;
create trigger decisions_follow after update on register_node for each row
    when (old.key is distinct from new.key) execute function kj.decisions_follow();
update meetings_decision d set unit_id = n.unit_number, confidentiality = greatest(d.confidentiality, {LEVEL % "n"})
from meetings_item i join register_node n on n.id = i.record_id where i.id = d.item_id;
"""
BACK = """
drop trigger decisions_follow on register_node;
drop function kj.decisions_follow();
"""


class Migration(migrations.Migration):
    dependencies = [("meetings", "0003_words_of_states")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
