"""The trail's numbers, and the functions that seal it.

A batch is closed only when every transaction that took one of its numbers is over: numbers are not in the order of
commits, and an entry that came late would belong to a batch already sealed.
"""

from django.db import migrations, models

FORWARD = r"""
create sequence kj.trail;

-- Merkle root as in RFC 6962: neighbours are hashed together level by level, an odd one goes up as it is.
create function kj.merkle(leaves bytea[]) returns bytea language plpgsql immutable
    set search_path = pg_catalog, pg_temp as $$
declare level bytea[] := leaves;
begin
    while cardinality(level) > 1 loop
        level := array(
            select case when r is null then l else sha256('\x01'::bytea || l || r) end
            from (select hash as l, lead(hash) over (order by i) as r, i from unnest(level) with ordinality t(hash, i)) p
            where i % 2 = 1 order by i
        );
    end loop;
    return coalesce(level[1], sha256(''));
end $$;

create function kj.leaf(entry text) returns bytea language sql immutable parallel safe
    return sha256('\x00'::bytea || convert_to(entry, 'UTF8'));

create function kj.moment(t timestamptz) returns text language sql stable parallel safe
    return to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US');

create function kj.head(s register_seal) returns bytea language sql stable parallel safe as $$
    select sha256(convert_to(concat_ws(' ', 'kivijalka seal', s.number, s.first, s.last, s.entries,
        encode(s.root, 'hex'), encode(s.previous, 'hex'), kj.moment(s.sealed_at)), 'UTF8'))
$$;

-- Other transactions under way that took numbers of the trail.
create function kj.takers() returns table (taker text) language sql volatile as $$
    select l.virtualtransaction from pg_locks l
    where l.locktype = 'relation' and l.relation = 'kj.trail'::regclass and l.pid is distinct from pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())
$$;

-- Seals what is settled and answers the new seal's number and head, or nothing: there is nothing new, another
-- instance is at it, or a transaction that took a number is still under way after the patience given.
create function kj.seal(patience interval default '2 seconds') returns table (number bigint, head bytea)
    language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    made public.register_seal;
    former public.register_seal;
    upto bigint;
    takers text[];
    deadline timestamptz := clock_timestamp() + patience;
begin
    if not pg_try_advisory_xact_lock(hashtext('kj.seal')) then return; end if;
    select last_value into upto from kj.trail;
    -- Whoever took a number holds a lock on the sequence until its transaction ends.
    select array_agg(t.taker) into takers from kj.takers() t;
    while exists (select from kj.takers() t where t.taker = any (takers)) loop
        if clock_timestamp() > deadline then return; end if;
        perform pg_sleep(0.02);
    end loop;
    select * into former from public.register_seal s order by s.number desc limit 1;
    made.number := coalesce(former.number, 0) + 1;
    made.first := coalesce(former.last, 0) + 1;
    made.last := upto;
    made.previous := coalesce(former.head, decode(repeat('00', 32), 'hex'));
    select count(*), kj.merkle(array_agg(kj.leaf(e.text) order by e.no)) into made.entries, made.root
    from history.entry e where e.no between made.first and made.last;
    if made.entries = 0 then return; end if;
    made.sealed_at := clock_timestamp();
    made.head := kj.head(made);
    insert into public.register_seal select made.*;
    return query select made.number, made.head;
end $$;

create function kj.sign(seal bigint, signature bytea, signed_by bytea) returns void
    language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    update public.register_seal s set signature = $2, signed_by = $3 where s.number = $1 and s.signature is null
$$;
"""

BACKWARD = """
drop view if exists history.entry;
drop function kj.sign, kj.seal, kj.takers, kj.head, kj.moment, kj.leaf, kj.merkle;
drop sequence kj.trail cascade;
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0006_node_by_unit")]
    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
                ("head", models.BinaryField()),
                ("signature", models.BinaryField(null=True)),
                ("signed_by", models.BinaryField(null=True)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
