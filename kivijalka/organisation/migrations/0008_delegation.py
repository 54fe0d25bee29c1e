"""A delegation of one role or of all but personal ones; ended before its time; never handed on."""

from importlib import import_module

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import kivijalka.organisation.models
from django.db import migrations, models

FORMER = import_module("kivijalka.organisation.migrations.0006_reach_of_grants").FORWARD


def section(start: str, end: str) -> str:
    """The statements of 0006 from one mark to before another, as replacements."""
    return FORMER[FORMER.index(start) : FORMER.index(end)].replace("create function", "create or replace function")


HELD = section("create function kj.held()", "revoke all on function kj.held()")
ENTER = section("create or replace function kj.enter", "-- The record with this code")
WHY = section("create function kj.why", "revoke all on function kj.asked")
IN_FORCE = 'kj.today() between d.start and d."end"'

FORWARD = f"""
-- Whether a role is one that a deputy acts with today, on behalf of who holds it.
create function kj.lent(held_role uuid, to_deputy uuid) returns boolean language sql stable security definer
    set search_path = public, pg_temp as $$
    select exists (
        select 1 from organisation_role r
            join organisation_rolekind k on k.key = r.kind_id
            join organisation_delegation d on d.principal_id = r.person_id
        where r.id = held_role and not k.personal and d.deputy_id = to_deputy
            and (d.role_id is null or d.role_id = r.id) and d.ended_at is null and {IN_FORCE}
    )
$$;
revoke all on function kj.lent(uuid, uuid) from public;

{HELD.replace("where r.person_id = kj.actor()", "where r.person_id = kj.actor() and (kj.behalf() is null or kj.lent(r.id, kj.person()))")}
{ENTER.replace(IN_FORCE, f"d.ended_at is null and {IN_FORCE}")}
{WHY.replace(IN_FORCE, f"d.ended_at is null and {IN_FORCE}").replace("g.id is not null,", "g.id is not null and (a.absent is null or kj.lent(r.id, whom)),")}

-- What was lent is not lent on: a delegation is written in one's own name only.
create function kj.not_lent_on() returns trigger language plpgsql as $$
begin
    if kj.behalf() is not null then
        raise insufficient_privilege using message = 'a delegation is not given on behalf of somebody';
    end if;
    return new;
end $$;
create trigger not_lent_on before insert or update on organisation_delegation for each row
    execute function kj.not_lent_on();
"""

BACKWARD = f"""
drop trigger not_lent_on on organisation_delegation; drop function kj.not_lent_on();
{HELD} {ENTER} {WHY}
drop function kj.lent(uuid, uuid);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0007_hand_over'),
    ]

    operations = [
        migrations.AddField(
            model_name='delegation',
            name='ended_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='role',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.role', verbose_name='role'),
        ),
        migrations.AddField(
            model_name='rolekind',
            name='personal',
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('ended_at__isnull', True)), expressions=[('principal', '='), (django.db.models.functions.comparison.Coalesce('role', 'principal'), '='), (kivijalka.organisation.models.DateRange(models.F('start'), models.F('end'), django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True)), '&&')], name='delegation_once', violation_error_message='Somebody stands in for you during that time already. End that first.'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
