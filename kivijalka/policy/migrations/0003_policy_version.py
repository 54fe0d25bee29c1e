"""Versions of the policy as a register: drafted, checked, put in force, never edited after."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.policy.models
import kivijalka.register.constraints
import kivijalka.register.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0004_unit_added_below'),
        ('policy', '0002_example'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('confidentiality', models.PositiveSmallIntegerField(choices=[(0, 'public'), (1, 'internal'), (2, 'confidential'), (3, 'secret')], default=1, verbose_name='confidentiality')),
                ('key', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('confidentiality'), '*', models.Value(16777216)), '+', models.F('unit')), output_field=models.IntegerField())),
                ('code', kivijalka.register.models.CodeField('PV')),
                ('name_fi', models.CharField(max_length=200, verbose_name='name in Finnish')),
                ('name_sv', models.CharField(blank=True, default='', max_length=200, verbose_name='name in Swedish')),
                ('name_en', models.CharField(blank=True, default='', max_length=200, verbose_name='name in English')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('in_force', 'in force'), ('superseded', 'superseded')], default='draft', max_length=20, verbose_name='state')),
                ('body', models.CharField(blank=True, default='', max_length=100, verbose_name='decided by')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='decided on')),
                ('section', models.CharField(blank=True, default='', max_length=40, verbose_name='section of the minutes')),
                ('case_number', models.CharField(blank=True, default='', max_length=60, verbose_name='case number')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='in force to')),
                ('content', models.JSONField(default=kivijalka.policy.models.example_content, editable=False, verbose_name='content')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit', to_field='number', verbose_name='unit')),
            ],
            options={
                'db_table': 'policy_version',
                'indexes': [
                    models.Index(fields=['key'], name='policy_by_key'),
                    models.Index(fields=['unit', 'id'], name='policy_by_unit'),
                    models.Index(fields=['state', 'id'], name='policy_by_state'),
                    models.Index(fields=['valid_from', 'id'], name='policy_by_valid_from'),
                    models.Index(fields=['valid_to', 'id'], name='policy_by_valid_to'),
                    models.Index(fields=['decided_on', 'id'], name='policy_by_decided_on'),
                ],
                'constraints': [
                    kivijalka.access.policy.Access(add=models.Q(('key__within', kivijalka.access.expressions.Reach('policy.edit'))), edit=models.Q(('key__within', kivijalka.access.expressions.Reach('policy.edit'))), name='policy_access', see=models.Q(('key__within', kivijalka.access.expressions.Reach('policy.view'))), verbs={'put_in_force': models.Q(('key__within', kivijalka.access.expressions.Reach('policy.put_in_force')))}),
                    models.CheckConstraint(condition=models.Q(('state', 'draft'), ('valid_from__isnull', False), _connector='OR'), name='policy_in_force_has_beginning', violation_error_message='A policy in force has a day from which it is.'),
                    django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'draft'), _negated=True), expressions=[(models.Func('valid_from', 'valid_to', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='policy_one_in_force', violation_error_message='Another policy is in force on these days. Choose a later beginning.'),
                    kivijalka.register.constraints.Guard(holds="old.state = 'draft' or (new.state <> 'draft' and (old.valid_to is null or new.valid_to = old.valid_to) and to_jsonb(new) - array['state', 'valid_to', 'version'] = to_jsonb(old) - array['state', 'valid_to', 'version'])", name='policy_in_force_is_not_edited', on='update', violation_error_message='A policy that was put in force is never edited. Draft a new version from it and change that.'),
                ],
            },
        ),
    ]
