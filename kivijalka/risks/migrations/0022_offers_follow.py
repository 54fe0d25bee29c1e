"""An offer copies the words of its risk: when the risk becomes more confidential, so do they."""

from django.db import migrations

FORWARD = """
create function kj.offers_follow() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        update risks_offer o set confidentiality = new.confidentiality
        from register_link l
        where l.kind = 'offers' and l.b_id = new.id and o.id = l.a_id and o.confidentiality < new.confidentiality;
        return null;
    end $$;
create trigger offers_follow after update on risks_risk for each row
    when (new.confidentiality > old.confidentiality) execute function kj.offers_follow();
"""
BACK = """
drop trigger offers_follow on risks_risk;
drop function kj.offers_follow();
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0021_one_past")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
