"""Says nothing any more: what it did stands in 0016. A database that went through it as it was knows its name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("risks", "0017_adopting")]
    operations = []
