"""The library's tables under our second lock: once somebody acts, only their own rows are there."""

from django.db import migrations

# Until somebody is signed in nobody acts, and the site must look at the second factor of whoever signs in.
TABLES = {
    "account_emailaddress": "user_id",
    "mfa_authenticator": "user_id",
    "usersessions_usersession": "user_id",
    "socialaccount_socialaccount": "user_id",
}
FUNCTION = """
create function kj.own_account(account bigint) returns boolean language sql stable security definer
    set search_path = public, pg_temp as $$
    select kj.person() is null
        or exists (select 1 from organisation_account a where a.id = account and a.person_id = kj.person())
$$;
revoke all on function kj.own_account(bigint) from public;
grant execute on function kj.own_account(bigint) to kj_app;
"""


def lock(table: str, column: str) -> str:
    own = f"(select kj.own_account({column}))"
    return (
        f"alter table {table} enable row level security; alter table {table} force row level security;"
        f" create policy own on {table} to kj_app using ({own}) with check ({own});"
        f" create policy owner on {table} to kj_owner using (true) with check (true);"
    )


def unlock(table: str) -> str:
    return (
        f"drop policy own on {table}; drop policy owner on {table};"
        f" alter table {table} no force row level security; alter table {table} disable row level security;"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("signin", "0001_attempts"),
        ("organisation", "0013_handshake_as_commands"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("usersessions", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(
            FUNCTION + "".join(lock(table, column) for table, column in TABLES.items()),
            "".join(unlock(table) for table in TABLES) + "drop function kj.own_account(bigint);",
        )
    ]
