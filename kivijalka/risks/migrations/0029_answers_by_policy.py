"""Answers about controlling a risk are those of the policy, each with the version that it was given under.

Until now the answers were fixed, and every policy had words for them: those that stand belong to the one in force.
"""

import kivijalka.policy.answers
import kivijalka.register.constraints
import kivijalka.register.offered
from django.db import migrations, models

FILL = """
update risks_risk r set {scale}_under = (
    select p.id from policy_version p
    where p.state <> 'draft' and exists (
        select from jsonb_array_elements(coalesce(p.content -> '{scale}', '[]')) a where a ->> 'key' = r.{scale})
    order by kj.today() between p.valid_from and coalesce(p.valid_to, 'infinity') desc, p.valid_from desc limit 1)
where r.{scale} <> '';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('policy', '0007_own_fields'),
        ('risks', '0028_reasons_of_an_assessment'),
    ]

    operations = [
        migrations.AddField(
            model_name='risk',
            name='control_adequacy_under',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='risk',
            name='controllability_under',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='risk',
            name='control_adequacy',
            field=kivijalka.register.offered.OfferedField(blank=True, default='', max_length=20, offers=kivijalka.policy.answers.Scale('control_adequacy'), verbose_name='adequacy of present controls'),
        ),
        migrations.AlterField(
            model_name='risk',
            name='controllability',
            field=kivijalka.register.offered.OfferedField(blank=True, default='', max_length=20, offers=kivijalka.policy.answers.Scale('controllability'), verbose_name='controllability'),
        ),
        migrations.AddIndex(
            model_name='risk',
            index=models.Index(fields=['controllability', 'id'], name='risk_by_controllability'),
        ),
        migrations.AddIndex(
            model_name='risk',
            index=models.Index(fields=['control_adequacy', 'id'], name='risk_by_control_adequacy'),
        ),
        migrations.AddConstraint(
            model_name='risk',
            constraint=kivijalka.register.constraints.Guard(holds="(new.controllability = '' or new.controllability_under is not null or new.controllability = old.controllability) and (new.control_adequacy = '' or new.control_adequacy_under is not null or new.control_adequacy = old.control_adequacy)", name='answers_of_policy_in_force', on='insert or update', violation_error_message='An answer is one of those of the policy in force. Choose one of them, or leave it as it was.'),
        ),
        *(migrations.RunSQL(FILL.format(scale=scale), migrations.RunSQL.noop) for scale in ('controllability', 'control_adequacy')),
    ]
