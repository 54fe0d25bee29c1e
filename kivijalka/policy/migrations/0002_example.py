"""Load the example policy, so that scales exist from the first start. A city's own version replaces it by date."""

import json
from pathlib import Path

from django.db import migrations

EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "example.json"


def load(apps, schema_editor):
    content = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    policy = apps.get_model("policy", "Policy")
    # From the beginning of time: assessments that are older than the decision need a scale too.
    policy.objects.create(key=content["policy"]["key"], valid_from="2000-01-01", content=content)


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
