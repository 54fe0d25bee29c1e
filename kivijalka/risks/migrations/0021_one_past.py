"""A database whose risks came here by two later migrations, now in 0016, and one that did not, are the same from here on."""

from django.db import migrations

FORWARD = """
drop trigger if exists strategic_risk_has_objective on risks_risk;
drop function if exists kj.strategic_risk_has_objective();
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0018_estimate"), ("risks", "0020_asked_to_accept")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
