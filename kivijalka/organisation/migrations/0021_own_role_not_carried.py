"""Who merges or splits a unit carries no role of their own that reaches down to another one, where it would reach more."""

from importlib import import_module

from django.db import migrations

FORMER = import_module("kivijalka.organisation.migrations.0007_hand_over").FORWARD
HAND_OVER = FORMER[FORMER.index("create or replace function kj.hand_over") : FORMER.index("drop function kj.hand_over")]
ASKED = "    perform set_config('kj.reorganises', 'on', true);"
# A unit made in this transaction has nothing but what comes from the one that is split.
CARRIED = f"""    if exists (
        select from organisation_role r
        where r.unit_id = from_unit and r.person_id in (kj.person(), kj.actor())
            and coalesce(r."end" >= kj.today(), true)
            and ((records is null and owners is null) or r.id = any(moving))
            and exists (select from organisation_grant g where g.kind_id = r.kind_id and g.reach = 'below')
            and not exists (
                select from organisation_role h join kj.span s on s.number = h.unit_id
                where h.person_id = r.person_id and h.kind_id = r.kind_id and h.unit_id <> from_unit
                    and to_unit <@ s.numbers and h.start <= r.start
                    and coalesce(h."end", 'infinity') >= coalesce(r."end", 'infinity')
            )
    ) and not exists (
        select from history.organisation_unit u
        where u.number = to_unit and u.kept_op = 'I' and u.kept_xid = pg_current_xact_id()
    ) then
        raise check_violation using constraint = 'role_given_by_another',
            message = 'whoever reorganises holds a role at the unit that would reach more';
    end if;
{ASKED}"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0020_deputies_named_by_another")]
    operations = [migrations.RunSQL(HAND_OVER.replace(ASKED, CARRIED), HAND_OVER)]
