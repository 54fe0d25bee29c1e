"""The levels of the latest assessments stand on the risk: what all risks lose is then read in one question."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("risks", "0022_offers_follow"),
    ]

    operations = [
        migrations.AddField(
            model_name="risk",
            name="current_levels",
            field=models.CharField(blank=True, default="", editable=False, max_length=7),
        ),
        migrations.AddField(
            model_name="risk",
            name="current_under",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="risk",
            name="target_levels",
            field=models.CharField(blank=True, default="", editable=False, max_length=7),
        ),
        migrations.AddField(
            model_name="risk",
            name="target_under",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
