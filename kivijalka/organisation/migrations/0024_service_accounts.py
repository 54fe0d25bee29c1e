"""Service accounts: a program acts as itself, by roles of its own, until its last day; somebody answers for it."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.constraints
import kivijalka.register.models
from django.db import migrations, models

FORMER = import_module("kivijalka.organisation.migrations.0015_reach_of_tokens").FORWARD


def function(name: str, end: str) -> str:
    """A function as 0015 made it, as a replacement: up to the line that ends it."""
    begins = next(mark for mark in (f"create or replace function {name}(", f"create function {name}(") if mark in FORMER)
    found = FORMER[FORMER.index(begins) :]
    return found[: found.index(end) + len(end)].replace("create function", "create or replace function")


ENTER, AT_DOOR = function("kj.enter", "end $$;"), function("kj.token_at_door", "end $$;")
IN_FORCE = function("kj.in_force", "$$;")
# Who acts by a token: its program, or its holder.
ACTS = "coalesce((select s.acts_as_id from organisation_serviceaccount s where s.id = t.service_id), t.person_id)"
# A program goes on until its last day, whatever becomes of who answers for it.
SERVES = f"""and kj.serves({ACTS}) and (t.service_id is not null or not exists (
                select 1 from organisation_account a where a.person_id = t.person_id and not a.is_active
            ))"""
HELD = IN_FORCE[IN_FORCE.index("and kj.serves(t.person_id)") : IN_FORCE.index("    )\n$$;")].rstrip()

FORWARD = f"""
{ENTER.replace("t.person_id = person", f"{ACTS} = person")}
{AT_DOOR.replace("returning t.id, t.person_id,", f"returning t.id, {ACTS},")}
{IN_FORCE.replace(HELD, SERVES)}

-- Roles, history and records know persons: a program acts as one, who is named after it and follows it.
create function kj.serviceaccount_acts() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    insert into organisation_person (version, given_name, family_name, email, language, work_title, unit_id,
        confidentiality, start, "end")
    values (1, new.name, new.code, lower(new.code) || '@program.invalid', 'fi', '', new.unit_id,
        new.confidentiality, new.start, new."end")
    returning id into new.acts_as_id;
    return new;
end $$;
create trigger serviceaccount_acts before insert on organisation_serviceaccount for each row
    execute function kj.serviceaccount_acts();

-- Its tokens are held by whoever answers for it.
create function kj.serviceaccount_follows() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update organisation_person p set given_name = new.name, unit_id = new.unit_id,
        confidentiality = new.confidentiality, start = new.start, "end" = new."end"
    where p.id = new.acts_as_id and row(p.given_name, p.unit_id, p.confidentiality, p.start, p."end")
        is distinct from row(new.name, new.unit_id, new.confidentiality, new.start, new."end");
    update organisation_token t set person_id = new.owner_id, unit_id = p.unit_id from organisation_person p
    where t.service_id = new.id and t.person_id <> new.owner_id and p.id = new.owner_id;
    return null;
end $$;
create trigger serviceaccount_follows after update on organisation_serviceaccount for each row
    execute function kj.serviceaccount_follows();

-- It opens no page: nobody signs in as it.
create function kj.account_of_a_person() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    if exists (select from organisation_serviceaccount s where s.acts_as_id = new.person_id) then
        raise check_violation using message = 'a program has no account to sign in with';
    end if;
    return new;
end $$;
create trigger account_of_a_person before insert or update of person_id on organisation_account for each row
    execute function kj.account_of_a_person();
"""

BACKWARD = f"""
drop trigger account_of_a_person on organisation_account; drop function kj.account_of_a_person();
drop trigger serviceaccount_follows on organisation_serviceaccount; drop function kj.serviceaccount_follows();
drop trigger serviceaccount_acts on organisation_serviceaccount; drop function kj.serviceaccount_acts();
{ENTER}
{AT_DOOR}
{IN_FORCE}
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0023_provisioning'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceAccount',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('confidentiality', models.PositiveSmallIntegerField(choices=[(0, 'public'), (1, 'internal'), (2, 'confidential'), (3, 'secret')], default=1, verbose_name='confidentiality')),
                ('key', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('confidentiality'), '*', models.Value(16777216)), '+', models.F('unit')), output_field=models.IntegerField())),
                ('code', kivijalka.register.models.CodeField('W')),
                ('name', models.CharField(max_length=100, verbose_name='name of the program')),
                ('start', models.DateField(verbose_name='start')),
                ('end', models.DateField(help_text='Yesterday takes its access away at once.', verbose_name='last day')),
                ('acts_as', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='acts as')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='who answers for it')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit', to_field='number', verbose_name='unit')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='role',
            name='role_given_by_another',
        ),
        migrations.RemoveConstraint(
            model_name='token',
            name='token_made_by_oneself',
        ),
        migrations.RemoveConstraint(
            model_name='token',
            name='token_never_widens',
        ),
        migrations.AddConstraint(
            model_name='role',
            constraint=kivijalka.register.constraints.Guard(holds='(coalesce(new.person_id not in (kj.person(), kj.actor()), true) and not exists (select from organisation_serviceaccount s where s.acts_as_id = new.person_id and s.owner_id in (kj.person(), kj.actor()))) or (new.start >= old.start and coalesce(new."end", \'infinity\') <= coalesce(old."end", \'infinity\') and row(new.person_id, new.kind_id, new.unit_id) = row(old.person_id, old.kind_id, old.unit_id))', name='role_given_by_another', of_site=True, on='insert or update', violation_error_message='Nobody gives a role to themselves, or to a program that they answer for, or widens it. Ask somebody else who may.'),
        ),
        migrations.AddField(
            model_name='token',
            name='service',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='organisation.serviceaccount', verbose_name='service account'),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=kivijalka.register.constraints.Guard(holds='kj.person() = new.person_id and kj.behalf() is null and kj.token() is null and (new.service_id is null or exists (select from organisation_serviceaccount s where s.id = new.service_id and s.owner_id = new.person_id))', name='token_made_by_oneself', of_site=True, on='insert', violation_error_message='A token is made by its holder in person, never by another token.'),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=kivijalka.register.constraints.Guard(holds='row(new.person_id, new.service_id, new.registers, new.within_id, new.reads) is not distinct from row(old.person_id, old.service_id, old.registers, old.within_id, old.reads) and new."end" <= old."end" and (old.revoked_at is null or new.revoked_at is not null)', name='token_never_widens', of_site=True, on='update', violation_error_message='A token is not widened. Make a new one, and revoke this.'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['key'], name='serviceaccount_by_key'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['unit', 'id'], name='serviceaccount_by_unit'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['owner', 'id'], name='serviceaccount_by_owner'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['start', 'id'], name='serviceaccount_by_start'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['end', 'id'], name='serviceaccount_by_end'),
        ),
        migrations.AddConstraint(
            model_name='serviceaccount',
            constraint=kivijalka.access.policy.Access(add=models.Q(('key__within', kivijalka.access.expressions.Reach('service_account.edit'))), edit=models.Q(('key__within', kivijalka.access.expressions.Reach('service_account.edit'))), name='serviceaccount_access', see=models.Q(('key__within', kivijalka.access.expressions.Reach('service_account.view')), ('owner_id', kivijalka.access.expressions.Me()), _connector='OR'), verbs={}),
        ),
        migrations.AddConstraint(
            model_name='serviceaccount',
            constraint=models.CheckConstraint(condition=models.Q(('end__gte', models.F('start'))), name='serviceaccount_ends_after_start', violation_error_message='The end is before the start. Choose a later end.'),
        ),
        migrations.AddConstraint(
            model_name='serviceaccount',
            constraint=kivijalka.register.constraints.Guard(holds='coalesce(new.owner_id not in (kj.person(), kj.actor()), true) or new.owner_id = old.owner_id', name='serviceaccount_taken_over_by_another', of_site=True, on='update', violation_error_message='Nobody takes over a program with the roles it has. Ask somebody else to.'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
