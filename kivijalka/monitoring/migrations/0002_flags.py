"""An indicator past its limit, or a signal, asks for a new look at the risks that it is tied to.

It is the database's work: who records a value need not see, still less write, the risks that it watches.
"""

from django.db import migrations

FORWARD = """
create function kj.flag_risk(uuid) returns void language sql security definer set search_path = public, pg_temp as $$
    update risks_risk set flagged = (now() at time zone 'Europe/Helsinki')::date
    where id = $1 and flagged is null and state in ('assessed', 'accepted')
$$;
revoke all on function kj.flag_risk(uuid) from public;

create function kj.flag_of_indicator() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        perform kj.flag_risk(b_id) from register_link where a_id = new.id and kind = 'watches' and until is null;
        return null;
    end $$;
create function kj.flag_of_link() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$ begin
        if new.kind = 'touches' or exists (select from monitoring_indicator where id = new.a_id and standing = 'past') then
            perform kj.flag_risk(new.b_id);
        end if;
        return null;
    end $$;

create trigger flag_risks after update on monitoring_indicator for each row
    when (new.standing = 'past' and new.state = 'followed'
        and row(old.value, old.value_on, old.standing) is distinct from row(new.value, new.value_on, new.standing))
    execute function kj.flag_of_indicator();
create trigger flag_risks after insert on register_link for each row when (new.kind in ('watches', 'touches'))
    execute function kj.flag_of_link();
"""
BACK = """
drop trigger flag_risks on register_link;
drop trigger flag_risks on monitoring_indicator;
drop function kj.flag_of_link(), kj.flag_of_indicator(), kj.flag_risk(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0001_initial"),
        ("risks", "0016_objective_and_flag"),
        ("register", "0013_writable_nodes"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACK)]
