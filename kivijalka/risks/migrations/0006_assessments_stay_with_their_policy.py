"""The former column goes; no assessment is without a version, nor under one that was not in force on its day."""

import django.db.models.deletion
import kivijalka.register.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risks", "0005_fill_policy_version")]
    operations = [
        migrations.RemoveField("assessment", "policy"),
        migrations.AlterField(
            "assessment",
            "policy_version",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="policy.policyversion",
                verbose_name="under policy",
            ),
        ),
        migrations.AddConstraint(
            "assessment",
            kivijalka.register.constraints.Guard(holds="exists (select 1 from policy_version p where p.id = new.policy_version_id and p.state <> 'draft' and (new.at at time zone 'Europe/Helsinki')::date between p.valid_from and coalesce(p.valid_to, 'infinity'))", name='assessment_under_policy_in_force', on='insert or update of policy_version_id, at', violation_error_message='An assessment belongs to the policy in force on its day. This one is not: assess under that one.'),
        ),
    ]
