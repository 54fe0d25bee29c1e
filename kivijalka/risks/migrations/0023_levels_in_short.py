"""The levels of the latest assessments stand on the risk: what all risks lose is then read in one question."""

from django.db import migrations, models

FILL = """
update risks_risk r set {stage}_levels = a.levels, {stage}_under = a.policy_version_id
from (
    select distinct on (risk_id) risk_id, policy_version_id,
        concat(likelihood, coalesce(people, 0), coalesce(service_continuity, 0), coalesce(finance, 0),
            coalesce(environment, 0), coalesce(trust, 0), coalesce(law_privacy, 0)) levels
    from risks_assessment where stage = '{stage}' order by risk_id, at desc, id desc
) a where a.risk_id = r.id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('risks', '0022_offers_follow'),
    ]

    operations = [
        migrations.AddField(
            model_name='risk',
            name='current_levels',
            field=models.CharField(blank=True, default='', editable=False, max_length=7),
        ),
        migrations.AddField(
            model_name='risk',
            name='current_under',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='risk',
            name='target_levels',
            field=models.CharField(blank=True, default='', editable=False, max_length=7),
        ),
        migrations.AddField(
            model_name='risk',
            name='target_under',
            field=models.UUIDField(editable=False, null=True),
        ),
        *(migrations.RunSQL(FILL.format(stage=stage), migrations.RunSQL.noop) for stage in ("current", "target")),
    ]
