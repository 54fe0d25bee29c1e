"""Nothing points at the former table any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policy", "0004_decided_policies"), ("risks", "0006_assessments_stay_with_their_policy")]
    operations = [migrations.DeleteModel("Policy")]
