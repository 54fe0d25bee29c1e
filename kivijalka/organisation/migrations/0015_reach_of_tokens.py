"""A token reaches what its holder's roles do, less what it leaves out; one that only reads makes the transaction so."""

from importlib import import_module

from django.db import migrations

FORMER = import_module("kivijalka.organisation.migrations.0008_delegation").FORWARD
REACH = import_module("kivijalka.organisation.migrations.0006_reach_of_grants").FORWARD


def part(text: str, start: str, end: str) -> str:
    """The statements from one mark to before another, as replacements."""
    found = text[text.index(start) :]
    return found[: found.index(end)].replace("create function", "create or replace function")


HELD = part(FORMER, "create or replace function kj.held()", "create or replace function kj.enter")
ENTER = part(FORMER, "create or replace function kj.enter", "create or replace function kj.why")
REACHES = part(REACH, "create or replace function kj.reach(", "create function kj.serves")
NUMBERS = "kj.numbers(g.reach, h.unit, h.numbers)"
HELD_BY = HELD.replace(
    "r.person_id = kj.actor()",
    "r.person_id = case when kj.token() is null then kj.actor() when kj.actor() is not null then kj.person() end",
)
LEFT = REACHES.replace(f"{NUMBERS},", f"{NUMBERS} * kj.left_of(wanted),", 1).replace(
    f"{NUMBERS},", f"{NUMBERS} * kj.left_of(n.key || '.' || verb),", 1
)
SAID = "    perform set_config('kj.person'"
WITH_TOKEN = """    if with_token is not null and (absent is not null or not kj.in_force(with_token) or not exists (
        select 1 from organisation_token t where t.id = with_token and t.person_id = person
    )) then
        principal := null;
    end if;
    -- A narrower token is its own principal: it owns nothing.
    if principal is not null and exists (
        select 1 from organisation_token t where t.id = with_token and (t.registers <> '' or t.within_id is not null)
    ) then
        principal := with_token;
    end if;
    if exists (select 1 from organisation_token t where t.id = with_token and t.reads) then
        perform set_config('transaction_read_only', 'on', true);
    end if;
    -- The door names the token, so that the history tells what acted.
    door := concat_ws(' ', door, (select t.code from organisation_token t where t.id = with_token));
    perform set_config('kj.token', coalesce(with_token::text, ''), true);
"""
SHAPE = "(h.unit, h.numbers, g.confidentiality, g.reach)"
ENTERED = (
    ENTER.replace("absent uuid, door text)", "absent uuid, door text, with_token uuid)")
    .replace(SAID, WITH_TOKEN + SAID)
    .replace(SHAPE, SHAPE[:-1] + """, case when with_token is not null then kj.left_of(g."right") end)""")
)
BEHALF = "create or replace function kj.behalf() returns uuid language sql stable parallel safe as"

FORWARD = f"""
create function kj.token() returns uuid language sql stable parallel safe as
    $$ select nullif(current_setting('kj.token', true), '')::uuid $$;
{BEHALF} $$ select case when kj.token() is null then nullif(kj.actor(), kj.person()) end $$;

-- Whether a token is good today: not over, and its holder is here.
create function kj.in_force(token uuid) returns boolean language sql stable security definer
    set search_path = public, pg_temp as $$
    select exists (
        select 1 from organisation_token t
        where t.id = token and t.revoked_at is null and kj.today() between t.start and t."end"
            and kj.serves(t.person_id) and not exists (
                select 1 from organisation_account a where a.person_id = t.person_id and not a.is_active
            )
    )
$$;
revoke all on function kj.in_force(uuid) from public;

-- The numbers within which a right counts: everywhere, or what the token under way leaves of it.
create function kj.left_of(wanted text) returns int4multirange language sql stable security definer
    set search_path = public, pg_temp as $$
    select case when kj.token() is null then kj.everywhere() else coalesce((
        select coalesce(s.numbers, kj.everywhere())
        from organisation_token t left join kj.span s on s.number = t.within_id
        where t.id = kj.token() and kj.in_force(t.id)
            and (t.within_id is null or s.number is not null)
            and (t.registers = '' or split_part(wanted, '.', 1) = any(string_to_array(t.registers, ' ')))
            and (not t.reads or split_part(wanted, '.', 2) = 'view')
    ), '{{}}') end
$$;
revoke all on function kj.left_of(text) from public;

{HELD_BY}
{LEFT}
drop function kj.enter(uuid, uuid, text);
{ENTERED}
revoke all on function kj.enter(uuid, uuid, text, uuid) from public;
grant execute on function kj.enter(uuid, uuid, text, uuid) to kj_app;

-- The token with this hash, where it is in force and its holder is here, and how often it came this minute. Nobody
-- acts yet; the count may be lost with a crash, so no request waits for the disk.
create function kj.token_at_door(wanted bytea) returns table (id uuid, person uuid, reads boolean, asked integer)
    language plpgsql security definer set search_path = public, pg_temp set synchronous_commit = off as $$
begin
    return query update organisation_tokenkey k set minute = date_trunc('minute', now()),
            asked = case when k.minute = date_trunc('minute', now()) then k.asked + 1 else 1 end
        from organisation_token t
        where k.hash = wanted and t.id = k.token_id and kj.in_force(t.id)
        returning t.id, t.person_id, t.reads, k.asked;
    if found then
        update organisation_token t set used_on = kj.today() from organisation_tokenkey k
        where k.hash = wanted and t.id = k.token_id and t.used_on is distinct from kj.today();
    end if;
end $$;
revoke all on function kj.token_at_door(bytea) from public;
grant execute on function kj.token_at_door(bytea) to kj_app;

-- A token stands where its holder works.
create function kj.token_follows() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update organisation_token set unit_id = new.unit_id where person_id = new.id and unit_id <> new.unit_id;
    return null;
end $$;
create trigger token_follows after update of unit_id on organisation_person for each row
    when (old.unit_id <> new.unit_id) execute function kj.token_follows();
"""

BACKWARD = f"""
drop trigger token_follows on organisation_person; drop function kj.token_follows(); drop function kj.token_at_door(bytea);
drop function kj.enter(uuid, uuid, text, uuid);
{HELD}{REACHES}{ENTER}
revoke all on function kj.enter(uuid, uuid, text) from public;
grant execute on function kj.enter(uuid, uuid, text) to kj_app;
{BEHALF} $$ select nullif(kj.actor(), kj.person()) $$;
drop function kj.left_of(text); drop function kj.in_force(uuid); drop function kj.token();
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0014_tokens")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
