"""An assessment belongs to a version of the policy: the column, to be filled."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risks", "0003_open_actions"), ("policy", "0004_decided_policies")]
    operations = [
        migrations.AddField(
            "assessment",
            "policy_version",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="policy.policyversion",
                verbose_name="under policy",
            ),
        ),
    ]
