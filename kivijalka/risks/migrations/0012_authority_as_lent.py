"""A deputy accepts within the authority of the roles that were lent, not of all that the absent person holds."""

from importlib import import_module

from django.db import migrations

FORMER = import_module("kivijalka.risks.migrations.0007_acceptance_within_authority").FORWARD
ACCEPTS = FORMER[: FORMER.index("revoke all")].replace("create function", "create or replace function")
HOLDER = "where r.person_id = who and"
LENT = f"{HOLDER} (kj.behalf() is distinct from who or kj.lent(r.id, kj.person())) and"


class Migration(migrations.Migration):
    dependencies = [("organisation", "0008_delegation"), ("risks", "0011_writable_nodes")]
    operations = [migrations.RunSQL(ACCEPTS.replace(HOLDER, LENT), ACCEPTS)]
