"""The matrix's index is in the order that it counts by: nothing is sorted, which at 100,000 risks was most of the time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risks", "0009_matrix_of_threats")]
    operations = [
        migrations.RemoveIndex("risk", "risk_matrix"),
        migrations.AddIndex(
            "risk",
            models.Index(
                fields=["sign", "level", "likelihood", "impact", "state", "review", "key", "owner"], name="risk_matrix"
            ),
        ),
    ]
