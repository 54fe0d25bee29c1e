"""What the policy's escalation rules ask for is taken upwards by the database itself, once for each cause.

It is the database's work: a rule holds for risks and actions whoever sees them. `kj.escalate_by_rules` is what the job
calls; the day is an input of the functions behind it, which the site's role may not call.
"""

from django.db import migrations

FORWARD = """
-- Words of a rule's `when` about numbers: what is no number holds for nothing.
create function kj.number_of(jsonb, text) returns numeric language sql immutable as
    $$ select case when jsonb_typeof($1 -> $2) = 'number' then ($1 ->> $2)::numeric end $$;

-- "5 working days" from a day on; "10 days" are days of the calendar.
create function kj.due_within(text, date) returns date language sql immutable as $$
    select case when $1 like '%working%' then (
        select max(day) from (
            select day::date from generate_series(begins + 1, begins + 2 * days + 2, interval '1 day') day
            where extract(isodow from day) < 6 order by day limit days) working)
        else begins + days end
    from (select $2 as begins, coalesce(substring($1 from '[0-9]{1,3}')::integer, 5) as days) given
$$;

-- What the rules in force on a day ask to be taken upwards: threats that are open, and open actions.
create function kj.escalation_causes(on_day date) returns table (
    rule jsonb, register text, record uuid, unit integer, level integer, owner uuid, code text, title text)
    language sql stable security definer set search_path = public, pg_temp as $$
    with policy as (
        select content from policy_version
        where state <> 'draft' and on_day between valid_from and coalesce(valid_to, 'infinity')
    ), rules as (
        select r as rule, r -> 'when' as w
        from policy, jsonb_array_elements(content -> 'escalation') r where jsonb_typeof(r -> 'when') = 'object'
    ), classes as (
        select c ->> 'key' as key, (c ->> 'order')::integer as place, (c ->> 'order') || '_' || (c ->> 'key') as stored,
            (c ->> 'review_months')::integer as months
        from policy, jsonb_array_elements(content -> 'classes') c
    ), threat as (
        select r.*, c.key as class, c.place, c.months, most.place as most
        from risks_risk r join classes c on c.stored = r.level
            left join classes most on most.key = (select content -> 'appetite' ->> r.kind from policy)
        where r.sign = 'threat' and r.state <> 'closed'
    ), treats as (
        select l.b_id as risk, a.* from register_link l join actions_action a on a.id = l.a_id
        where l.kind = 'treats' and l.until is null and a.state <> 'cancelled'
    )
    select rule, 'risk', r.id, r.unit_id, r.confidentiality, r.owner_id, r.code, r.title
    from rules, threat r
    where w <> '{}' and w - array['class', 'without_treatment_days', 'review_overdue_share_of_interval', 'indicator',
            'over_appetite'] = '{}'
        and (not w ? 'class' or w -> 'class' @> to_jsonb(r.class))
        and (not w ? 'without_treatment_days' or (
            r.state <> 'accepted' and not exists (select from treats t where t.risk = r.id)
            and (select max(s.at at time zone 'Europe/Helsinki') from risks_assessment s
                where s.risk_id = r.id and s.stage = 'current')::date <= on_day - kj.number_of(w, 'without_treatment_days')::integer))
        and (not w ? 'review_overdue_share_of_interval'
            or on_day - r.review > kj.number_of(w, 'review_overdue_share_of_interval') * r.months * 365 / 12)
        and (not w ? 'indicator' or exists (
            select from register_link l join monitoring_indicator i on i.id = l.a_id
            where l.b_id = r.id and l.kind = 'watches' and l.until is null
                and i.standing = 'past' and i.state = 'followed'))
        and (not w ? 'over_appetite' or (r.place > r.most and r.state <> 'accepted'))
    union all
    select rule, 'action', a.id, a.unit_id, a.confidentiality, a.owner_id, a.code, a.title
    from rules, actions_action a
    where a.state in ('planned', 'started') and w ?| array['action_overdue_days', 'postponements']
        and w - array['class', 'action_overdue_days', 'postponements'] = '{}'
        and (not w ? 'class' or exists (
            select from treats t join threat r on r.id = t.risk where t.id = a.id and w -> 'class' @> to_jsonb(r.class)))
        and (not w ? 'action_overdue_days' or on_day - a.due > kj.number_of(w, 'action_overdue_days'))
        and (not w ? 'postponements' or a.postponements >= kj.number_of(w, 'postponements'))
$$;

-- Whom a rule's matter comes to: who holds the role that it names, else who leads above, else an access administrator.
create function kj.escalation_comes_to(asked text, at integer, level integer, besides uuid[])
    returns table (unit integer, person uuid, came_to text)
    language sql stable security definer set search_path = public, pg_temp as $$
    select found.unit, found.person, found.came_to from (
        select s.unit, s.person, 'named', 1 from kj.superior(at, level, besides, asked) s
        union all
        select s.unit, s.person, case when exists (select from organisation_rolekind where key = asked)
            then 'further' else 'named' end, 2 from kj.superior(at, level, besides) s
        union all
        select s.unit, s.person, 'nobody', 3 from kj.superior(at, 0, '{}', 'access_administrator', 'role.edit') s
    ) found(unit, person, came_to, place) order by place limit 1
$$;

-- Settles what has lost its cause, and raises what has one and is not taken upwards yet. How many were raised.
create function kj.escalate_by_rules_on(on_day date) returns integer language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    c record;
    a record;
    made uuid;
    raised integer := 0;
begin
    perform set_config('kj.command', 'escalate', true), set_config('kj.door', 'job', true);
    update escalations_escalation e
    set cause_gone_on = on_day, state = case e.state when 'asked' then 'settled' else e.state end
    where e.rule <> '' and e.cause_gone_on is null and not exists (
        select from kj.escalation_causes(on_day) cause join register_link l on l.b_id = cause.record and l.kind = 'escalates' and l.until is null
        where l.a_id = e.id and cause.rule ->> 'key' = e.rule);
    for c in select * from kj.escalation_causes(on_day) cause order by cause.record, cause.rule ->> 'key' loop
        select * into a from kj.escalation_comes_to(c.rule ->> 'to', c.unit, c.level, array_remove(array[c.owner], null));
        -- What came to nobody who leads is raised once more when somebody does.
        if a.person is null or exists (
            select from escalations_escalation e join register_link l on l.a_id = e.id and l.kind = 'escalates'
            where l.b_id = c.record and e.rule = c.rule ->> 'key' and e.cause_gone_on is null
                and (e.came_to <> 'nobody' or a.came_to = 'nobody')
        ) then
            continue;
        end if;
        insert into escalations_escalation (version, unit_id, confidentiality, title, reason, owner_id, asked_of_id,
            answer_due, state, answer, rule, came_to)
        select 1, a.unit, c.level,
            -- Who is asked only because nobody leads may not know what it is about.
            case a.came_to when 'nobody' then c.code else left(c.title, 300) end,
            coalesce(c.rule -> 'text' ->> p.language, c.rule -> 'text' ->> 'fi', ''), null, a.person,
            kj.due_within(c.rule ->> 'within', on_day), 'asked', '', c.rule ->> 'key', a.came_to
        from organisation_person p where p.id = a.person
        returning id into made;
        insert into register_link (version, kind, a_id, a_register, b_id, b_register, note)
        values (1, 'escalates', made, 'escalation', c.record, c.register, '');
        raised := raised + 1;
    end loop;
    return raised;
end $$;

create function kj.escalate_by_rules() returns integer language sql security definer
    set search_path = public, pg_temp as $$ select kj.escalate_by_rules_on(kj.today()) $$;

revoke all on function kj.escalation_causes(date), kj.escalation_comes_to(text, integer, integer, uuid[]),
    kj.escalate_by_rules_on(date), kj.escalate_by_rules() from public;
grant execute on function kj.escalate_by_rules() to kj_app;
"""
BACK = """
drop function kj.escalate_by_rules(), kj.escalate_by_rules_on(date),
    kj.escalation_comes_to(text, integer, integer, uuid[]), kj.escalation_causes(date),
    kj.due_within(text, date), kj.number_of(jsonb, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0002_flags"),
        ("escalations", "0004_superior_in_role"),
        ("policy", "0007_own_fields"),
        ("risks", "0016_objective_and_flag"),
        ("actions", "0003_own_fields"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACK)]
