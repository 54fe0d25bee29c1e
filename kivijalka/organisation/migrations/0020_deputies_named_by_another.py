"""A deputy named by another gets nothing beyond the leader's reach by what the absent person owns either.

And the absent person is told of a deputy whom somebody else put in the place of the one that they had named themselves.
"""

from importlib import import_module

from django.db import migrations

import kivijalka.register.constraints

FORMER = import_module("kivijalka.organisation.migrations.0012_delegations_as_a_register").FORWARD
STANDS = FORMER[FORMER.index("create function kj.delegation_stands") : FORMER.index("create trigger delegation_stands")]
STANDS = STANDS.replace("create function", "create or replace function")
TOLD = """
    elsif tg_op = 'UPDATE' and kj.person() <> new.principal_id then
        if row(new.principal_id, new.deputy_id, new.role_id, new.start, new."end")
            is distinct from row(old.principal_id, old.deputy_id, old.role_id, old.start, old."end")
        then
            new.named_by_id := kj.person();
            new.known_at := null;
        else
            new.named_by_id := old.named_by_id;
            new.known_at := old.known_at;
        end if;
    end if;
    return new;"""
NOW = STANDS.replace("\n    end if;\n    return new;", TOLD)


class Migration(migrations.Migration):
    dependencies = [("organisation", "0019_writable_nodes")]

    operations = [
        migrations.RunSQL(NOW, STANDS),
        migrations.RemoveConstraint(model_name="delegation", name="delegation_within_reach"),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=kivijalka.register.constraints.Guard(
                name="delegation_within_reach",
                holds="new.principal_id = kj.actor() or new.ended_at is not null or not (exists (select from"
                " organisation_role r join organisation_rolekind k on k.key = r.kind_id where not k.personal"
                " and r.person_id = new.principal_id and coalesce(r.id = new.role_id, true)"
                """ and coalesce(r."end" >= kj.today(), true) and not r.unit_id <@ kj.reach('delegation.edit'))"""
                " or exists (select from register_node n where n.owner_id = new.principal_id"
                " and not n.key <@ kj.reach_of_all('view'))"
                " or exists (select from register_importfile f where f.person_id = new.principal_id"
                " and not f.key <@ kj.reach('import.view')))",
                of_site=True,
                violation_error_message=(
                    "They hold a role, or own something, beyond your reach. Choose one role that is within it, or ask"
                    " whoever leads above."
                ),
            ),
        ),
    ]
