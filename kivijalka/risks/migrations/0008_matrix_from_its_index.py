"""The matrix is counted from its index alone: all that it and the rule of access ask is in there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risks", "0007_acceptance_within_authority")]
    operations = [
        migrations.RemoveIndex("risk", "risk_matrix"),
        migrations.AddIndex(
            "risk",
            models.Index(
                fields=["state", "level", "likelihood", "impact", "review", "key", "owner"], name="risk_matrix"
            ),
        ),
    ]
