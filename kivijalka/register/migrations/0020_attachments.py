"""Contents of files are kept in one place, for imports and for the files that are attached to records."""

import django.db.models.deletion
import kivijalka.access.expressions
import kivijalka.access.policy
import kivijalka.register.constraints
import kivijalka.register.models
from django.db import migrations, models

FORGET = """
create or replace function kj.forget() returns void language sql security definer set search_path = public, pg_temp as $$
    delete from register_sent where at < now() - interval '24 hours';
    delete from register_draft where at < now() - interval '30 days'
        or ("values" is null and at < now() - interval '24 hours');
    delete from register_importfile where done_at is null and at < now() - interval '24 hours';
    {contents}
    delete from register_snooze where until < current_date;
$$
"""
BEFORE = """
    delete from register_importsource source
        where not exists (select from register_importfile file where file.source_id = source.id);
"""
SINCE = """
    select set_config('kj.command', 'forget', true);
    update register_attachment set content_id = null
        where content_id is not null and withdrawn_at < now() - interval '1 year';
    delete from register_content content
        where not exists (select from register_importfile file where file.source_id = content.id)
            and not exists (select from register_attachment attached where attached.content_id = content.id);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0024_service_accounts'),
        ('register', '0019_digest'),
    ]

    operations = [
        # On the way back, when the table has its name again.
        migrations.RunSQL(migrations.RunSQL.noop, FORGET.format(contents=BEFORE)),
        migrations.RemoveConstraint(model_name='importsource', name='import_source_access'),
        migrations.RemoveConstraint(model_name='importsource', name='import_source_once'),
        migrations.RenameModel(old_name='ImportSource', new_name='Content'),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.UUIDField(db_default=kivijalka.register.models.NewId(), editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('at', models.DateTimeField(db_default=models.Func(function='now'), verbose_name='since')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.CharField(blank=True, default='', max_length=200, verbose_name='description')),
                ('kind', models.CharField(max_length=20, verbose_name='kind')),
                ('size', models.PositiveIntegerField(verbose_name='size')),
                ('sha256', models.CharField(max_length=64)),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='withdrawn')),
                ('content', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='register.content')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person', verbose_name='person')),
                ('record', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='register.node', verbose_name='record')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(fields=['record', 'id'], name='attachment_by_record'), models.Index(fields=['content'], name='attachment_by_content')],
                'constraints': [
                    kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Self()), kivijalka.access.expressions.WritableNode('record')), edit=models.Q(kivijalka.access.expressions.WritableNode('record')), name='attachment_access', see=models.Q(kivijalka.access.expressions.SeenParent('record', 'register_node')), verbs={}),
                    kivijalka.register.constraints.Guard(holds='exists (select from register_content c where c.id = new.content_id and c.person_id = kj.actor() and c.sha256 = new.sha256 and octet_length(c.content) = new.size) and new.withdrawn_at is null', name='attachment_is_ones_own', of_site=True, on='insert', violation_error_message='Attach a file that you send yourself.'),
                    kivijalka.register.constraints.Guard(holds="row(new.record_id, new.person_id, new.at, new.name, new.description, new.kind, new.size, new.sha256) = row(old.record_id, old.person_id, old.at, old.name, old.description, old.kind, old.size, old.sha256) and (new.content_id is not distinct from old.content_id or new.content_id is null and old.withdrawn_at < now() - interval '1 year') and case when old.withdrawn_at is null then new.withdrawn_at is null or new.withdrawn_by_id = kj.person() else row(new.withdrawn_at, new.withdrawn_by_id) = row(old.withdrawn_at, old.withdrawn_by_id) end", name='attachment_stays_as_it_is', on='update', violation_error_message='An attached file stays as it is. Withdraw it, and attach another one.'),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name='content',
            constraint=kivijalka.access.policy.Access(add=models.Q(('person_id', kivijalka.access.expressions.Me())), edit=models.Q(('person_id', kivijalka.access.expressions.Me())), name='content_access', see=models.Q(('person_id', kivijalka.access.expressions.Me()), kivijalka.access.expressions.Attached(), _connector='OR'), verbs={}),
        ),
        migrations.AddConstraint(
            model_name='content',
            constraint=models.UniqueConstraint(fields=('person', 'sha256'), name='content_once'),
        ),
        migrations.RunSQL(FORGET.format(contents=SINCE), migrations.RunSQL.noop),
    ]
