"""Keys of what was sent and drafts of what was not: each person's own, forgotten in time."""

import django.db.models.deletion
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.models
from django.db import migrations, models

FORGET = """
create function kj.forget() returns void language sql security definer set search_path = public, pg_temp as $$
    delete from register_sent where at < now() - interval '24 hours';
    delete from register_draft where at < now() - interval '30 days'
        or ("values" is null and at < now() - interval '24 hours');
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0010_acting_names'),
        ('register', '0007_seals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('address', models.CharField(max_length=300)),
                ('values', models.JSONField(null=True)),
                ('at', models.DateTimeField(db_default=models.Func(function='now'))),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(fields=['person', 'address', 'at'], name='draft_by_address')],
                'constraints': [kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self())), edit=models.Q(('person_id', kivijalka.access.expressions.Self())), name='draft_access', see=models.Q(('person_id', kivijalka.access.expressions.Self())), verbs={})],
            },
        ),
        migrations.CreateModel(
            name='Sent',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_default=models.Func(function='now'))),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('headers', models.JSONField(null=True)),
                ('body', models.TextField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'constraints': [kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self())), edit=models.Q(('person_id', kivijalka.access.expressions.Self())), name='sent_access', see=models.Q(('person_id', kivijalka.access.expressions.Self())), verbs={}), models.UniqueConstraint(fields=('person', 'key'), name='sent_once')],
            },
        ),
        migrations.RunSQL(FORGET, "drop function kj.forget()"),
    ]
