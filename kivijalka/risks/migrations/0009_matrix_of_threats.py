"""The matrix is of threats; opportunities are counted apart, from the same index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risks", "0008_matrix_from_its_index")]
    operations = [
        migrations.RemoveIndex("risk", "risk_matrix"),
        migrations.AddIndex(
            "risk",
            models.Index(
                fields=["state", "sign", "level", "likelihood", "impact", "review", "key", "owner"], name="risk_matrix"
            ),
        ),
    ]
