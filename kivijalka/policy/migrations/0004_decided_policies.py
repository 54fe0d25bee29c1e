"""What everybody may read of the policy, the end of a version that another follows, and the example of earlier days."""

import json
from pathlib import Path

from django.db import migrations

EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "example.json"

FORWARD = """
-- Whoever assesses a risk needs the scales, whatever they reach; drafts are not among these.
create function kj.decided_policies() returns setof policy_version language sql stable security definer
    set search_path = public, pg_temp as $$ select * from policy_version where state <> 'draft' $$;
revoke all on function kj.decided_policies() from public;
grant execute on function kj.decided_policies() to kj_app;

-- A version that comes into force ends the one before it, whoever writes and whatever they may see of it.
create function kj.supersede() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update policy_version set valid_to = new.valid_from - 1, state = 'superseded'
    where state = 'in_force' and valid_to is null and id <> new.id and valid_from < new.valid_from;
    return new;
end $$;
create trigger supersede before insert or update of state on policy_version for each row
    when (new.state = 'in_force') execute function kj.supersede();
create sequence if not exists kj.code_pv;
"""
BACKWARD = """
drop trigger supersede on policy_version; drop function kj.supersede(); drop function kj.decided_policies();
"""


def copy(apps, schema_editor):
    """The example was the only policy that could be loaded until now. An empty city has no unit for it, nor risks."""
    policies = apps.get_model("policy", "Policy").objects.order_by("valid_from")
    unit = apps.get_model("organisation", "Unit").objects.filter(parent=None).first()
    content = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    names = {f"name_{language}": text for language, text in content.pop("policy")["name"].items()}
    for policy in policies if unit else ():
        apps.get_model("policy", "PolicyVersion").objects.create(
            unit=unit, confidentiality=0, case_number=policy.key, state="in_force", valid_from=policy.valid_from,
            content=content, **names,
        )


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_policy_version")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(copy, migrations.RunPython.noop),
    ]
