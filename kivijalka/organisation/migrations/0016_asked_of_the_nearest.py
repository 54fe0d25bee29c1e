"""Who is asked to hand over is found from what lapses, not from all that the acting person may change."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("kivijalka.organisation.migrations.0009_asked_by_place").FORWARD
BEFORE = BEFORE[: BEFORE.index("drop function kj.asks_me")]

FORWARD = """
create or replace function kj.hand_overs()
    returns table (record uuid, register text, person uuid, share text, last_day date)
    language sql stable security definer set search_path = public, pg_temp as $$
    with recursive gone as materialized (
        select id, "end" last_day from organisation_person where "end" < kj.today() + 30
    ), ending as materialized (
        select number, "end" last_day from organisation_unit where "end" < kj.today() + 30
    ), leaving as materialized (
        select id, last_day from gone
        union all
        select p.id, e.last_day from ending e join organisation_person p on p.unit_id = e.number
    ), held(record, person, share, last_day) as (
        select record_id, person_id, share, null::date from organisation_responsibility
        where state = 'lapsed' and share in ('R', 'A')
        union all
        select r.record_id, r.person_id, r.share, l.last_day
        from leaving l join organisation_responsibility r on r.person_id = l.id
        where r.state = 'accepted' and r.share in ('R', 'A')
        union all
        select r.record_id, r.person_id, r.share, e.last_day
        from ending e
            join register_node n on n.unit_number = e.number
            join organisation_responsibility r on r.record_id = n.id
        where r.state = 'accepted' and r.share in ('R', 'A')
    ), found(record, person, share, last_day, register, unit_number, key) as (
        select h.*, n.register, n.unit_number, n.key from held h join register_node n on n.id = h.record
        union all
        select n.id, n.owner_id, 'O', l.last_day, n.register, n.unit_number, n.key
        from leaving l join register_node n on n.owner_id = l.id
        where n.register <> 'role'
    ), unanswered as materialized (
        select f.*, (f.key >> 24)::integer & 255 as level
        from found f
        where (f.key <@ (select kj.reach_of_all('edit')) or f.key <@ (select kj.reach_of_all('reorganise')))
            and not exists (
                select 1 from organisation_responsibility s
                where s.record_id = f.record and s.share = f.share and (
                    s.state = 'offered' or (s.state = 'accepted' and s.person_id not in (select id from leaving)
                    and f.unit_number not in (select number from ending))
                )
            )
    ), places as materialized (
        select distinct register, unit_number, level from unanswered
    ), up(place, number, parent_id, far) as (
        select number, number, parent_id, 0 from organisation_unit where number in (select unit_number from places)
        union all
        select up.place, u.number, u.parent_id, up.far + 1 from up join organisation_unit u on u.number = up.parent_id
    ), editors as materialized (
        -- Few kinds of role edit: theirs are looked up by kind.
        select r.unit_id, r.person_id, g."right", g.confidentiality, g.reach
        from organisation_grant g, lateral (
            select r.unit_id, r.person_id from organisation_role r
            where r.kind_id = g.kind_id and kj.today() between r.start and coalesce(r."end", 'infinity')
                and r.unit_id in (select number from up)
                and r.person_id not in (select id from gone where last_day < kj.today())
            offset 0
        ) r
        where g."right" in (select p.register || verb from places p, unnest(array['.edit', '.reorganise']) verb)
    ), mine as (
        select p.register, p.unit_number, p.level
        from places p
            join up on up.place = p.unit_number
            join editors e on e.unit_id = up.number and e."right" in (p.register || '.edit', p.register || '.reorganise')
                and e.confidentiality >= p.level and (e.reach <> 'unit' or up.far = 0)
        group by 1, 2, 3
        having min(up.far) = min(up.far) filter (where e.person_id = kj.actor())
    )
    select u.record, u.register, u.person, u.share, min(u.last_day)
    from unanswered u join mine using (register, unit_number, level)
    group by u.record, u.register, u.person, u.share
$$
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0015_reach_of_tokens")]
    operations = [migrations.RunSQL(FORWARD, BEFORE)]
