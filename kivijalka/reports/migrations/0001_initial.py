"""Large reports are kept for who asked for them, and forgotten after a week."""

import django.db.models.deletion
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.models
from django.db import migrations, models

FORGET = """
create function kj.forget_reports() returns void language sql security definer set search_path = public, pg_temp as $$
    delete from reports_madereport where at < now() - interval '7 days';
$$
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0027_about_me'),
    ]

    operations = [
        migrations.CreateModel(
            name='MadeReport',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('address', models.CharField(max_length=2000)),
                ('site', models.CharField(max_length=300)),
                ('name', models.CharField(max_length=200)),
                ('at', models.DateTimeField(db_default=models.Func(function='now'))),
                ('job', models.BigIntegerField(null=True)),
                ('content', models.BinaryField(null=True)),
                ('why', models.TextField(default='')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'constraints': [kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self())), edit=models.Q(('person_id', kivijalka.access.expressions.Self())), name='made_report_access', see=models.Q(('person_id', kivijalka.access.expressions.Self())), verbs={}), models.UniqueConstraint(fields=('person', 'address'), name='made_report_once')],
            },
        ),
        migrations.RunSQL(FORGET, "drop function kj.forget_reports()"),
    ]
