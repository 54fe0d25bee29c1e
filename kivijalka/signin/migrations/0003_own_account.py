"""Accounts under the second lock too: once somebody acts, only their own is there, with its password's hash."""

from django.db import migrations

OWN = "(select kj.person()) is null or person_id = (select kj.person())"
FORWARD = f"""
alter table organisation_account enable row level security;
alter table organisation_account force row level security;
create policy own on organisation_account to kj_app using ({OWN}) with check ({OWN});
create policy owner on organisation_account to kj_owner using (true) with check (true);
"""
BACKWARD = """
drop policy own on organisation_account; drop policy owner on organisation_account;
alter table organisation_account no force row level security;
alter table organisation_account disable row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("signin", "0002_own_rows")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
