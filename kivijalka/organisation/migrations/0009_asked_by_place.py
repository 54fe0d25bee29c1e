"""Who is asked to hand over is found for all places at once: a city has thousands of things of former people."""

from importlib import import_module

from django.db import migrations

FORMER = import_module("kivijalka.organisation.migrations.0007_hand_over").FORWARD
ASKS_ME = FORMER[FORMER.index("-- Whether the acting person is who") : FORMER.index("-- What the acting person is asked")]
HAND_OVERS = FORMER[FORMER.index("-- What the acting person is asked") : FORMER.index("revoke all on function kj.stands")]
AS_BEFORE = HAND_OVERS.replace("create function", "create or replace function")

FORWARD = (
    AS_BEFORE[: AS_BEFORE.index("    select h.record, n.register")].replace("with leaving", "with recursive leaving")
    + """    , unanswered as materialized (
        select h.record, h.person, h.share, h.last_day, n.register, n.unit_number, (n.key >> 24)::integer & 255 as level
        from held h join register_node n on n.id = h.record
        where (n.key <@ (select kj.reach_of_all('edit')) or n.key <@ (select kj.reach_of_all('reorganise')))
            and not exists (
                select 1 from organisation_responsibility s
                where s.record_id = h.record and s.share = h.share and (
                    s.state = 'offered' or (s.state = 'accepted' and s.person_id not in (select id from leaving)
                    and n.unit_number not in (select number from organisation_unit where "end" < kj.today() + 30))
                )
            )
    ), places as materialized (
        select distinct u.register, u.unit_number, u.level from unanswered u
    ), up(place, number, parent_id, far) as (
        select number, number, parent_id, 0 from organisation_unit where number in (select unit_number from places)
        union all
        select up.place, u.number, u.parent_id, up.far + 1 from up join organisation_unit u on u.number = up.parent_id
    ), editors as materialized (
        select r.unit_id, r.person_id, g."right", g.confidentiality, g.reach
        from organisation_grant g, lateral (
            -- Few kinds of role edit: theirs are looked up by kind, and their persons one by one.
            select r.unit_id, r.person_id from organisation_role r
            where r.kind_id = g.kind_id and r.start <= kj.today() and (r."end" is null or r."end" >= kj.today())
                and (
                    select p."end" is null or p."end" >= kj.today() from organisation_person p where p.id = r.person_id
                )
            offset 0
        ) r
        where g."right" in (select p.register || verb from places p, unnest(array['.edit', '.reorganise']) verb)
    ), found as materialized (
        select p.register, p.unit_number, p.level, e.person_id,
            rank() over (partition by p.register, p.unit_number, p.level order by up.far) near
        from places p
            join up on up.place = p.unit_number
            join editors e on e.unit_id = up.number and e."right" in (p.register || '.edit', p.register || '.reorganise')
                and e.confidentiality >= p.level and (e.reach <> 'unit' or up.far = 0)
    )
    select u.record, u.register, u.person, u.share, min(u.last_day)
    from unanswered u
    where (u.register, u.unit_number, u.level) in (
        select f.register, f.unit_number, f.level from found f where f.near = 1 and f.person_id = kj.actor()
    )
    group by u.record, u.register, u.person, u.share
$$;
drop function kj.asks_me(integer, text, integer);
"""
)


class Migration(migrations.Migration):
    dependencies = [("organisation", "0008_delegation")]
    operations = [migrations.RunSQL(FORWARD, ASKS_ME + AS_BEFORE)]
