"""A thing that waits is put off until a day, and forgotten when the day has come."""

import django.db.models.deletion
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.models
from django.db import migrations, models

FORGET = """
create or replace function kj.forget() returns void language sql security definer set search_path = public, pg_temp as $$
    delete from register_sent where at < now() - interval '24 hours';
    delete from register_draft where at < now() - interval '30 days'
        or ("values" is null and at < now() - interval '24 hours');
    delete from register_importfile where done_at is null and at < now() - interval '24 hours';
    delete from register_importsource source
        where not exists (select from register_importfile file where file.source_id = source.id);
    {snoozes}
$$
"""
SNOOZES = "delete from register_snooze where until < current_date;"


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0019_writable_nodes'),
        ('register', '0013_writable_nodes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Snooze',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('record', models.UUIDField()),
                ('verb', models.CharField(max_length=40)),
                ('until', models.DateField()),
                ('reason', models.CharField(max_length=200)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'constraints': [kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self())), edit=models.Q(('person_id', kivijalka.access.expressions.Self())), name='snooze_access', see=models.Q(('person_id', kivijalka.access.expressions.Self())), verbs={}), models.UniqueConstraint(fields=('person', 'record', 'verb'), name='snooze_once')],
            },
        ),
        migrations.RunSQL(FORGET.format(snoozes=SNOOZES), FORGET.format(snoozes="")),
    ]
