"""Delegations become a register: they stand at the absent person's unit, and may be named by whoever leads it."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Value

import kivijalka.access.policy
import kivijalka.register.constraints
import kivijalka.register.models
from kivijalka.access import at_unit, owner

HAND_OVER = import_module("kivijalka.organisation.migrations.0007_hand_over").FORWARD
LAPSE = HAND_OVER[HAND_OVER.index("create function kj.lapse") : HAND_OVER.index("create trigger lapse")].replace(
    "create function", "create or replace function"
)
# Nobody answers for a delegation, as nobody does for a role: neither is handed over.
FORWARD = f"""
{LAPSE.replace("n.register <> 'role'", "n.register not in ('role', 'delegation')")}
-- A delegation stands where the absent person works. Who wrote it for them is kept, and waits to be known by them.
create function kj.delegation_stands() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    select unit_id into new.unit_id from organisation_person where id = new.principal_id;
    if tg_op = 'INSERT' and kj.person() = new.principal_id then
        new.named_by_id := null;
        new.known_at := now();
    elsif tg_op = 'INSERT' and kj.person() is not null then
        new.named_by_id := kj.person();
        new.known_at := null;
    end if;
    return new;
end $$;
create trigger delegation_stands before insert or update on organisation_delegation for each row
    execute function kj.delegation_stands();
create function kj.delegation_follows() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update organisation_delegation set unit_id = new.unit_id where principal_id = new.id and unit_id <> new.unit_id;
    return null;
end $$;
create trigger delegation_follows after update of unit_id on organisation_person for each row
    when (old.unit_id <> new.unit_id) execute function kj.delegation_follows();
"""
BACKWARD = f"""
{LAPSE}
drop trigger delegation_follows on organisation_person; drop function kj.delegation_follows();
drop trigger delegation_stands on organisation_delegation; drop function kj.delegation_stands();
"""
FILL = "update organisation_delegation d set unit_id = p.unit_id from organisation_person p where p.id = d.principal_id"


class Migration(migrations.Migration):
    dependencies = [("organisation", "0011_nobody_widens_their_own_reach")]
    operations = [
        migrations.RunSQL("create sequence if not exists kj.code_d", migrations.RunSQL.noop),
        migrations.AddField("delegation", "code", kivijalka.register.models.CodeField("D")),
        migrations.AddField(
            "delegation",
            "unit",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.unit",
                to_field="number",
                verbose_name="unit",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # A foreign key that was just filled must be checked before its column is altered.
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.RemoveConstraint("delegation", "delegation_access"),
        migrations.RemoveIndex("delegation", "delegation_by_deputy"),
        migrations.AlterField(
            "delegation",
            "unit",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.unit",
                to_field="number",
                verbose_name="unit",
            ),
        ),
        migrations.AddField(
            "delegation",
            "confidentiality",
            models.PositiveSmallIntegerField(
                choices=[(0, "public"), (1, "internal"), (2, "confidential"), (3, "secret")],
                default=1,
                verbose_name="confidentiality",
            ),
        ),
        migrations.AddField(
            "delegation",
            "key",
            models.GeneratedField(
                db_persist=True,
                expression=F("confidentiality") * Value(16777216) + F("unit"),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.AddField(
            "delegation",
            "named_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.person",
                verbose_name="named by",
            ),
        ),
        migrations.AddField(
            "delegation",
            "known_at",
            models.DateTimeField(editable=False, null=True, verbose_name="known to the absent person"),
        ),
        migrations.AlterField(
            "delegation",
            "role",
            models.ForeignKey(
                blank=True,
                help_text="Empty: all that can be given.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.role",
                verbose_name="role",
            ),
        ),
        migrations.AddIndex("delegation", models.Index(fields=["key"], name="delegation_by_key")),
        *(
            migrations.AddIndex("delegation", models.Index(fields=[name, "id"], name=f"delegation_by_{name}"))
            for name in ("unit", "principal", "deputy", "start", "end")
        ),
        migrations.AddConstraint(
            "delegation",
            kivijalka.access.policy.Access(
                name="delegation_access",
                see=owner("principal") | owner("deputy") | at_unit("delegation.view"),
                add=owner("principal") | at_unit("delegation.edit"),
                edit=owner("principal") | at_unit("delegation.edit"),
                verbs={"know": owner("principal")},
            ),
        ),
        migrations.AddConstraint(
            "delegation",
            kivijalka.register.constraints.Guard(
                name="delegation_not_to_whoever_names",
                holds="coalesce(new.deputy_id not in (kj.person(), kj.actor()), true) or new.ended_at is not null",
                of_site=True,
                violation_error_message="Nobody makes themselves a deputy. Ask somebody else who leads the unit.",
            ),
        ),
        migrations.AddConstraint(
            "delegation",
            kivijalka.register.constraints.Guard(
                name="delegation_within_reach",
                holds="new.principal_id = kj.actor() or new.ended_at is not null or not exists (select from"
                " organisation_role r join organisation_rolekind k on k.key = r.kind_id where not k.personal"
                " and r.person_id = new.principal_id and coalesce(r.id = new.role_id, true)"
                """ and coalesce(r."end" >= kj.today(), true) and not r.unit_id <@ kj.reach('delegation.edit'))""",
                of_site=True,
                violation_error_message=(
                    "They hold a role beyond your reach. Choose one role that is within it, or ask whoever leads above."
                ),
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
