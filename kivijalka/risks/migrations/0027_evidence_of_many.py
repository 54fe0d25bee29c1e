"""A risk that neither rests on controls nor was judged without them claims nothing: of many that come in at once it is not
asked row by row what their controls show."""

from django.db import migrations

FORWARD = """
create or replace function kj.evidence_of_risk() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        if new.evidence <> ''
            or exists (select from risks_assessment where risk_id = new.id and stage = 'inherent')
            or exists (select from register_link where a_id = new.id and kind = 'rests_on' and until is null) then
            perform kj.judge_evidence(new.id);
        end if;
        return null;
    end $$;
"""
BACK = """
create or replace function kj.evidence_of_risk() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin perform kj.judge_evidence(new.id); return null; end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0026_effect_of_one_event")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
