"""What leavers own is found in one scan of the index of owners, not in one for each who ever left."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("kivijalka.organisation.migrations.0016_asked_of_the_nearest").FORWARD
ONE_BY_ONE = "from leaving l join register_node n on n.owner_id = l.id\n        where n.register <> 'role'"
TOGETHER = """from register_node n join leaving l on l.id = n.owner_id
        where n.owner_id = any(array(select id from leaving)) and n.register <> 'role'"""
FORWARD = BEFORE.replace(ONE_BY_ONE, TOGETHER)


class Migration(migrations.Migration):
    dependencies = [("organisation", "0016_asked_of_the_nearest")]
    operations = [migrations.RunSQL(FORWARD, BEFORE)]
