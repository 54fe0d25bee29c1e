"""Workshops; which of them the acting person takes part in, and the one way in."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.constraints
import kivijalka.register.models
from django.db import migrations, models


FUNCTIONS = """
-- Workshops that the acting person has joined, as long as they last. Judged by today, whatever moment is looked at; nobody
-- takes part for another, nor by a token that is narrower than its holder.
create function kj.taking_part() returns setof uuid language sql stable security definer
    set search_path = public, pg_temp as $$
    select p.workshop_id from workshops_participant p join workshops_workshop w on w.id = p.workshop_id
    where p.person_id = kj.actor() and kj.actor() = kj.person() and w.state in ('open', 'closed')
$$;
revoke all on function kj.taking_part() from public;
grant execute on function kj.taking_part() to kj_app;

-- Join the workshop with this mark of a code, as oneself: its id; null where there is none that can be joined.
create function kj.join_workshop(mark text) returns uuid language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    found uuid;
begin
    select id into found from workshops_workshop
    where code_mark = mark and mark <> '' and state in ('open', 'closed') and kj.actor() = kj.person();
    if found is not null then
        insert into workshops_participant (workshop_id, person_id, version) values (found, kj.person(), 1)
        on conflict (workshop_id, person_id) do nothing;
    end if;
    return found;
end $$;
revoke all on function kj.join_workshop(text) from public;
grant execute on function kj.join_workshop(text) to kj_app;
"""
# With the policies of the history, which stays.
BACK = "drop function kj.join_workshop(text); drop function kj.taking_part() cascade"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0026_own_fields'),
        ('register', '0021_own_fields'),
        ('policy', '0007_own_fields'),
        ('risks', '0016_objective_and_flag'),
    ]

    operations = [
        # On the way back the policies go before the functions that they call.
        migrations.RunSQL(migrations.RunSQL.noop, BACK),
        migrations.CreateModel(
            name='Workshop',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('confidentiality', models.PositiveSmallIntegerField(choices=[(0, 'public'), (1, 'internal'), (2, 'confidential'), (3, 'secret')], default=1, verbose_name='confidentiality')),
                ('own', models.JSONField(blank=True, editable=False, null=True, verbose_name="the city's own fields")),
                ('key', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('confidentiality'), '*', models.Value(16777216)), '+', models.F('unit')), output_field=models.IntegerField())),
                ('code', kivijalka.register.models.CodeField('WS')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('description', models.TextField(blank=True, default='', verbose_name='what it is about')),
                ('held_on', models.DateField(verbose_name='day of the workshop')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('open', 'open for answers'), ('closed', 'answers closed'), ('ended', 'ended')], default='planned', editable=False, max_length=10, verbose_name='state')),
                ('code_mark', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='facilitator')),
                ('policy_version', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policy.policyversion', verbose_name='under policy')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit', to_field='number', verbose_name='unit')),
            ],
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('title', models.CharField(max_length=300, verbose_name='title')),
                ('cause', models.TextField(blank=True, default='', verbose_name='cause')),
                ('event', models.TextField(blank=True, default='', verbose_name='event')),
                ('consequence', models.TextField(blank=True, default='', verbose_name='consequence')),
                ('assessment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='risks.assessment', verbose_name='shared assessment')),
                ('risk', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='risks.risk', verbose_name='risk')),
                ('workshop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshops.workshop')),
            ],
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('joined_at', models.DateTimeField(db_default=models.Func(function='now'), verbose_name='joined')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='participant')),
                ('workshop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshops.workshop')),
            ],
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('likelihood', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='likelihood')),
                ('impact', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='impact')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshops.question')),
            ],
            options={
                'constraints': [kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self())), edit=models.Q(('person_id', kivijalka.access.expressions.Self())), name='answer_access', see=models.Q(('person_id', kivijalka.access.expressions.Self())), verbs={}), models.UniqueConstraint(fields=('question', 'person'), name='answer_once'), models.CheckConstraint(condition=models.Q(('impact__range', (1, 5)), ('likelihood__range', (1, 5))), name='answer_is_levels', violation_error_message='Levels go from 1 to 5.'), kivijalka.register.constraints.Guard(holds="exists (select 1 from workshops_question q join workshops_workshop w on w.id = q.workshop_id join workshops_participant p on p.workshop_id = w.id and p.person_id = new.person_id where q.id = new.question_id and w.state = 'open' for share of w)", name='answer_while_open', on='insert or update', violation_error_message='The answers are closed. What you answered before counts.')],
            },
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='workshop',
            index=models.Index(fields=['key'], name='workshop_by_key'),
        ),
        migrations.AddIndex(
            model_name='workshop',
            index=models.Index(fields=['unit', 'id'], name='workshop_by_unit'),
        ),
        migrations.AddIndex(
            model_name='workshop',
            index=models.Index(fields=['owner', 'id'], name='workshop_by_owner'),
        ),
        migrations.AddIndex(
            model_name='workshop',
            index=models.Index(fields=['state', 'id'], name='workshop_by_state'),
        ),
        migrations.AddIndex(
            model_name='workshop',
            index=models.Index(fields=['held_on', 'id'], name='workshop_by_held_on'),
        ),
        migrations.AddConstraint(
            model_name='workshop',
            constraint=kivijalka.access.policy.Access(add=models.Q(('key__within', kivijalka.access.expressions.Reach('workshop.edit'))), edit=models.Q(('key__within', kivijalka.access.expressions.Reach('workshop.edit')), ('owner_id', kivijalka.access.expressions.Me()), _connector='OR'), name='workshop_access', see=models.Q(('key__within', kivijalka.access.expressions.Reach('workshop.view')), ('owner_id', kivijalka.access.expressions.Me()), kivijalka.access.expressions.Among('id', 'kj.taking_part'), _connector='OR'), verbs={}),
        ),
        migrations.AddConstraint(
            model_name='workshop',
            constraint=models.UniqueConstraint(condition=models.Q(('code_mark', ''), _negated=True), fields=('code_mark',), name='workshop_by_code_mark'),
        ),
        migrations.AddConstraint(
            model_name='workshop',
            constraint=kivijalka.register.constraints.Guard(holds="array_position(array['planned', 'open', 'closed', 'ended'], new.state::text) >= array_position(array['planned', 'open', 'closed', 'ended'], old.state::text)", name='workshop_only_forward', on='update', violation_error_message='Answers that were closed are not opened again. Hold a new workshop.'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=kivijalka.access.policy.Access(add=models.Q(kivijalka.access.expressions.WritableNode('workshop'), kivijalka.access.expressions.SeenParent('risk', 'risks_risk')), edit=models.Q(kivijalka.access.expressions.WritableNode('workshop'), kivijalka.access.expressions.SeenParent('risk', 'risks_risk')), name='question_access', see=models.Q(kivijalka.access.expressions.Among('workshop', 'kj.taking_part'), models.Q(kivijalka.access.expressions.SeenParent('workshop', 'workshops_workshop'), kivijalka.access.expressions.SeenParent('risk', 'risks_risk')), _connector='OR'), verbs={}),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('workshop', 'risk'), name='question_once'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=kivijalka.register.constraints.Guard(holds='row(new.workshop_id, new.risk_id, new.title, new.cause, new.event, new.consequence) = row(old.workshop_id, old.risk_id, old.title, old.cause, old.event, old.consequence) and (old.assessment_id is null or new.assessment_id = old.assessment_id)', name='question_asked_and_agreed_once', on='update', violation_error_message='What was asked stays as it was asked, and what was agreed as it was agreed.'),
        ),
        migrations.AddIndex(
            model_name='participant',
            index=models.Index(fields=['person'], name='participant_by_person'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=kivijalka.access.policy.Access(add=models.Q(('pk__in', [])), edit=models.Q(('pk__in', [])), name='participant_access', see=models.Q(kivijalka.access.expressions.SeenParent('workshop', 'workshops_workshop')), verbs={}),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('workshop', 'person'), name='participant_once'),
        ),
    ]
