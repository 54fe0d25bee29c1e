"""What a unit has, of all registers: asked when it is split, and when it ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("register", "0005_files")]
    operations = [migrations.AddIndex("node", models.Index(fields=["unit_number"], name="node_by_unit"))]
