"""A publication follows its record: to another unit, and in confidentiality; it lapses when that is not for everybody."""

from django.db import migrations

FORWARD = """
create function kj.publications_follow() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
    declare level integer := new.key % 4294967296 / 16777216;
    begin
        update publishing_publication p set
            unit_id = new.unit_number, confidentiality = level, title = left(new.title, 300),
            state = case when level > 1 and p.state = 'published' then 'lapsed' else p.state end,
            ended_on = case when level > 1 and p.state = 'published' then kj.today() else p.ended_on end
        where p.subject_id = new.id;
        return null;
    end $$;
create trigger publications_follow after update on register_node for each row
    when (row(new.key, new.unit_number, new.title) is distinct from row(old.key, old.unit_number, old.title))
    execute function kj.publications_follow();
"""
BACK = """
drop trigger publications_follow on register_node;
drop function kj.publications_follow();
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
