"""Who may accept which class of risk at a unit, by the policy in force; and an acceptance that ends by itself."""

import django.db.models.deletion
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.constraints
from django.db import migrations, models

FORWARD = """
-- The highest class that a person may accept at a unit: the class that one of their roles there or above has the authority
-- for; whoever proposes to that authority has the class below. 0: none.
create function kj.accepts_up_to(who uuid, at_unit integer) returns integer language sql stable security definer
    set search_path = public, pg_temp as $$
    with policy as (
        select content from policy_version
        where state <> 'draft' and kj.today() between valid_from and coalesce(valid_to, 'infinity')
    ), classes as (
        select c ->> 'key' as key, (c ->> 'order')::integer as place
        from policy, jsonb_array_elements(content -> 'classes') c
    ), held as (
        select distinct r.kind_id as role
        from organisation_role r join kj.span s on s.number = r.unit_id join organisation_person p on p.id = r.person_id
        where r.person_id = who and at_unit <@ s.numbers
            and r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
            and (p."end" is null or p."end" >= kj.today())
    )
    select coalesce(max(case when a ->> 'role' in (select role from held) then place else place - 1 end), 0)
    from policy, jsonb_array_elements(content -> 'acceptance') a join classes on classes.key = a ->> 'class'
    where a ->> 'role' in (select role from held) or a ->> 'proposed_by' in (select role from held)
$$;
revoke all on function kj.accepts_up_to(uuid, integer) from public;
grant execute on function kj.accepts_up_to(uuid, integer) to kj_app;

-- Ends acceptances whose day has passed and, where the policy says so, those of whoever has left the role. How many.
create function kj.lapse_acceptances() returns integer language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    ended integer;
begin
    perform set_config('kj.command', 'lapse', true), set_config('kj.door', 'job', true);
    update risks_risk set state = 'assessed', accepted_until = null, acceptance_reason = '', accepted_by_id = null
    where state = 'accepted' and (
        accepted_until < kj.today()
        or (accepted_by_id is not null
            and kj.accepts_up_to(accepted_by_id, unit_id) < nullif(left(level, 1), '')::integer
            and exists (
                select 1 from policy_version
                where state <> 'draft' and kj.today() between valid_from and coalesce(valid_to, 'infinity')
                    and (content -> 'acceptance_rules' ->> 'ends_when_role_holder_changes')::boolean
            ))
    );
    get diagnostics ended = row_count;
    return ended;
end $$;
revoke all on function kj.lapse_acceptances() from public;
grant execute on function kj.lapse_acceptances() to kj_app;
"""
BACKWARD = "drop function kj.lapse_acceptances(); drop function kj.accepts_up_to(uuid, integer);"


class Migration(migrations.Migration):
    dependencies = [
        ("organisation", "0007_hand_over"),
        ("policy", "0004_decided_policies"),
        ("risks", "0006_assessments_stay_with_their_policy"),
    ]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint(
            model_name='risk',
            name='risk_access',
        ),
        migrations.AddField(
            model_name='risk',
            name='accepted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='accepted by'),
        ),
        migrations.AddField(
            model_name='risk',
            name='treatment_reason',
            field=models.TextField(blank=True, default='', verbose_name='reason for the treatment'),
        ),
        migrations.AddConstraint(
            model_name='risk',
            constraint=kivijalka.access.policy.Access(add=models.Q(('key__within', kivijalka.access.expressions.Reach('risk.edit'))), edit=models.Q(('key__within', kivijalka.access.expressions.Reach('risk.edit')), ('owner_id', kivijalka.access.expressions.Me()), _connector='OR'), name='risk_access', see=models.Q(('key__within', kivijalka.access.expressions.Reach('risk.view')), ('owner_id', kivijalka.access.expressions.Me()), _connector='OR'), verbs={'accept': models.Q(('key__within', kivijalka.access.expressions.Reach('risk.accept')), models.Q(('owner_id', kivijalka.access.expressions.Me()), _negated=True)), 'assess': models.Q(('key__within', kivijalka.access.expressions.Reach('risk.assess')), ('owner_id', kivijalka.access.expressions.Me()), _connector='OR'), 'treat': models.Q(('key__within', kivijalka.access.expressions.Reach('risk.edit')), ('key__within', kivijalka.access.expressions.Reach('action.edit')))}),
        ),
        migrations.AddConstraint(
            model_name='risk',
            constraint=kivijalka.register.constraints.Guard(holds="new.state <> 'accepted' or kj.person() is null or (old.state = 'accepted' and (new.accepted_by_id is null or new.owner_id is distinct from new.accepted_by_id) and row(new.level, new.accepted_until, new.accepted_by_id) is not distinct from row(old.level, old.accepted_until, old.accepted_by_id)) or (kj.accepts_up_to(kj.actor(), new.unit_id) >= nullif(left(new.level, 1), '')::integer and new.accepted_by_id = kj.actor() and new.owner_id is distinct from kj.actor() and new.owner_id is distinct from kj.person())", name='acceptance_within_authority', on='insert or update', violation_error_message='A risk is accepted by somebody whose authority at its unit reaches its level, and never by its owner.'),
        ),
    ]
