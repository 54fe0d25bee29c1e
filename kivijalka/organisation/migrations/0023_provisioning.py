"""What a person and a unit are called in the system that they come from, and a right for the program that tells of them."""

import django.db.models.functions.comparison
import django.db.models.functions.text
import kivijalka.access.expressions
import kivijalka.access.policy
from django.db import migrations, models

FORWARD = """
-- Who comes back after having left begins without the roles that they had: those ended with their last day.
create function kj.end_roles_of(whom uuid) returns void language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    if not exists (
        select 1 from organisation_person p where p.id = whom and p."end" < kj.today()
            and (p.key <@ kj.reach('person.edit') or p.key <@ kj.reach('person.provision'))
    ) then
        raise insufficient_privilege using message = 'person.edit is not held at the unit, or they have not left';
    end if;
    update organisation_role r set "end" = greatest(p."end", r.start) from organisation_person p
    where p.id = whom and r.person_id = p.id and (r."end" is null or r."end" > p."end");
end $$;
revoke all on function kj.end_roles_of(uuid) from public;
grant execute on function kj.end_roles_of(uuid) to kj_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0022_above'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='person',
            name='person_access',
        ),
        migrations.AddField(
            model_name='person',
            name='external_id',
            field=models.CharField(blank=True, max_length=200, null=True, unique=True, verbose_name='id in the source system'),
        ),
        migrations.AddField(
            model_name='person',
            name='user_name',
            field=models.CharField(blank=True, max_length=254, null=True, unique=True, verbose_name='user name'),
        ),
        migrations.AddField(
            model_name='unit',
            name='external_id',
            field=models.CharField(blank=True, max_length=200, null=True, unique=True, verbose_name='id in the source system'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=kivijalka.access.policy.Access(add=models.Q(('key__within', kivijalka.access.expressions.Reach('person.edit')), ('key__within', kivijalka.access.expressions.Reach('person.provision')), _connector='OR'), edit=models.Q(('key__within', kivijalka.access.expressions.Reach('person.edit')), ('key__within', kivijalka.access.expressions.Reach('person.provision')), _connector='OR'), name='person_access', see=models.Q(('key__within', kivijalka.access.expressions.Reach('person.view'))), verbs={}),
        ),
        migrations.AddField(
            model_name='person',
            name='signs_in_as',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.comparison.Coalesce('user_name', 'email', output_field=models.CharField())), output_field=models.CharField(max_length=254), verbose_name='user name or address'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(fields=('signs_in_as',), name='person_signs_in_once', violation_error_message='Somebody signs in with this user name or address already. Give another one.'),
        ),
        migrations.RunSQL(FORWARD, "drop function kj.end_roles_of(uuid)"),
    ]
