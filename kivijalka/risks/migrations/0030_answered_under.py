"""The version that an answer is given under is written by the database, whatever door the answer comes by."""

from django.db import migrations

FORWARD = """
-- The policy in force today, where it has this answer on this scale.
create function kj.answered_under(scale text, answer text) returns uuid language sql stable security definer
    set search_path = public, pg_temp as $$
    select p.id from policy_version p
    where answer <> '' and p.state <> 'draft' and kj.today() between p.valid_from and coalesce(p.valid_to, 'infinity')
        and exists (select from jsonb_array_elements(coalesce(p.content -> scale, '[]')) a where a ->> 'key' = answer)
$$;
revoke all on function kj.answered_under(text, text) from public;

create function kj.risk_answers() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    new.controllability_under := case when new.controllability = '' then null
        when tg_op = 'UPDATE' and new.controllability = old.controllability then old.controllability_under
        else kj.answered_under('controllability', new.controllability) end;
    new.control_adequacy_under := case when new.control_adequacy = '' then null
        when tg_op = 'UPDATE' and new.control_adequacy = old.control_adequacy then old.control_adequacy_under
        else kj.answered_under('control_adequacy', new.control_adequacy) end;
    return new;
end $$;
create trigger answers before insert or update on risks_risk for each row execute function kj.risk_answers();
"""
BACK = """
drop trigger answers on risks_risk;
drop function kj.risk_answers();
drop function kj.answered_under(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0029_answers_by_policy")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
