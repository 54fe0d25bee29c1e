"""Whom the city's identity provider vouches for has an account from the first time they come, if they work here."""

from django.db import migrations

FORWARD = """
-- The account of the person who is here and has this address, made when it is first asked for: it has no password.
create function kj.account_at_provider(address text) returns bigint language plpgsql security definer
    set search_path = public, pg_temp as $$
declare
    found_id bigint;
begin
    select a.id into found_id from organisation_account a where lower(a.email) = lower(address);
    if found_id is null then
        insert into organisation_account (password, email, is_active, person_id)
        select '!' || replace(gen_random_uuid()::text, '-', ''), p.email, true, p.id
        from organisation_person p
        where lower(p.email) = lower(address) and kj.serves(p.id)
            and not exists (select from organisation_account a where a.person_id = p.id)
            and not exists (select from organisation_serviceaccount s where s.acts_as_id = p.id)
        returning id into found_id;
    end if;
    return found_id;
end $$;
revoke all on function kj.account_at_provider(text) from public;
grant execute on function kj.account_at_provider(text) to kj_app;
"""


class Migration(migrations.Migration):
    dependencies = [("signin", "0003_own_account"), ("organisation", "0024_service_accounts")]
    operations = [migrations.RunSQL(FORWARD, "drop function kj.account_at_provider(text)")]
