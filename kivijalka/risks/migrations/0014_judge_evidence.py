"""What shows that controls keep a risk at its level, judged anew when an assessment, a control or a tie to one changes.

It is the database's work: who tests a control need not see, still less write, the risks that rest on it.
"""

from django.db import migrations

FORWARD = """
create function kj.judge_evidence(uuid) returns void language sql security definer set search_path = public, pg_temp as $$
    with inherent as (
        select likelihood, impact from risks_assessment where risk_id = $1 and stage = 'inherent'
        order by at desc, id desc limit 1),
    results as (
        select c.result from register_link l join controls_control c on c.id = l.b_id
        where l.a_id = $1 and l.kind = 'rests_on' and l.until is null and c.state = 'in_use'),
    judged as (
        select r.id, case
            when r.level = '' then ''
            when exists (select from results where result = 'failed') then 'unconfirmed'
            when not exists (select from inherent i where i.likelihood > r.likelihood or i.impact > r.impact) then ''
            when exists (select from results where result = 'works') then 'confirmed'
            else 'claimed' end evidence
        from risks_risk r where r.id = $1)
    update risks_risk r set evidence = judged.evidence from judged where r.id = judged.id and r.evidence <> judged.evidence
$$;
revoke all on function kj.judge_evidence(uuid) from public;

create function kj.evidence_of_risk() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin perform kj.judge_evidence(new.id); return null; end $$;
create function kj.evidence_of_assessment() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin perform kj.judge_evidence(new.risk_id); return null; end $$;
create function kj.evidence_of_link() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin perform kj.judge_evidence(new.a_id); return null; end $$;
create function kj.evidence_of_control() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        perform kj.judge_evidence(a_id) from register_link where b_id = new.id and kind = 'rests_on' and until is null;
        return null;
    end $$;

create trigger judge_evidence after update on risks_risk for each row
    when (row(old.likelihood, old.impact, old.level) is distinct from row(new.likelihood, new.impact, new.level))
    execute function kj.evidence_of_risk();
create trigger judge_evidence after insert on risks_assessment for each row when (new.stage = 'inherent')
    execute function kj.evidence_of_assessment();
create trigger judge_evidence after insert or update on register_link for each row when (new.kind = 'rests_on')
    execute function kj.evidence_of_link();
create trigger judge_evidence after update on controls_control for each row
    when (row(old.result, old.state) is distinct from row(new.result, new.state))
    execute function kj.evidence_of_control();

select kj.judge_evidence(risk_id) from (select distinct risk_id from risks_assessment where stage = 'inherent') known;
"""
BACK = """
drop trigger judge_evidence on risks_risk;
drop trigger judge_evidence on risks_assessment;
drop trigger judge_evidence on register_link;
drop trigger judge_evidence on controls_control;
drop function kj.evidence_of_risk(), kj.evidence_of_assessment(), kj.evidence_of_link(), kj.evidence_of_control();
drop function kj.judge_evidence(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0013_evidence"), ("controls", "0001_initial"), ("register", "0013_writable_nodes")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
