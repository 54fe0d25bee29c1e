"""The SQL that access and history stand on: schemas, settings of the acting person, words and order of Finnish.

`kj.enter` and `kj.reach` let nobody see anything until the organisation's tables exist and replace them.
"""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

FORWARD = """
create schema if not exists kj;
create schema if not exists history;
create schema if not exists asof;
grant usage on schema public, kj, history, asof to kj_app;

create function kj.person() returns uuid language sql stable parallel safe as
    $$ select nullif(current_setting('kj.person', true), '')::uuid $$;
create function kj.actor() returns uuid language sql stable parallel safe as
    $$ select nullif(current_setting('kj.principal', true), '')::uuid $$;
create function kj.behalf() returns uuid language sql stable parallel safe as
    $$ select nullif(kj.actor(), kj.person()) $$;
create function kj.as_of() returns timestamptz language sql stable parallel safe as
    $$ select nullif(current_setting('kj.as_of', true), '')::timestamptz $$;

-- The city's day, not the server's: a role ends at midnight in Helsinki.
create function kj.today() returns date language sql stable parallel safe as
    $$ select (now() at time zone 'Europe/Helsinki')::date $$;

create function kj.reach(wanted text) returns int4multirange language sql stable as
    $$ select '{}'::int4multirange $$;
create function kj.reach_of_all(verb text) returns int8multirange language sql stable as
    $$ select '{}'::int8multirange $$;
create function kj.writes(node uuid) returns boolean language sql stable as $$ select false $$;
create function kj.writable() returns setof uuid language sql stable as $$ select null::uuid where false $$;
create function kj.enter(person uuid, absent uuid, door text) returns json language sql as $$ select '[]'::json $$;

create function kj.next_code(prefix text) returns text language sql volatile as
    $$ select prefix || '-' || lpad(nextval('kj.code_' || lower(prefix))::text, 6, '0') $$;

-- Finnish order (A to Z, then Å, Ä, Ö) without ICU: letters after z in ASCII stand for them.
create function kj.fi_key(t text) returns text language sql immutable strict parallel safe as
    $$ select translate(casefold(t collate pg_c_utf8), 'åäöéèüáà', '{|}eeuaa') collate "C" $$;
create function kj.fold(t text) returns text language sql immutable strict parallel safe as
    $$ select casefold(t collate pg_c_utf8) $$;

-- A text in a LIKE pattern that means its own signs.
create function kj.literal(t text) returns text language sql immutable strict parallel safe as
    $$ select replace(replace(replace(t, E'\\\\', E'\\\\\\\\'), '%', E'\\\\%'), '_', E'\\\\_') $$;

-- Words as written and by their stems in each language of the house; which language a text is in, nobody says.
create function kj.words(t text) returns tsvector language sql immutable parallel safe as $$
    select to_tsvector('simple', t) || to_tsvector('finnish', t) || to_tsvector('swedish', t) || to_tsvector('english', t)
$$;
create function kj.question(t text) returns tsquery language sql immutable parallel safe as $$
    select websearch_to_tsquery('simple', t) || websearch_to_tsquery('finnish', t)
        || websearch_to_tsquery('swedish', t) || websearch_to_tsquery('english', t)
$$;
"""

BACKWARD = "drop schema asof cascade; drop schema history cascade; drop schema kj cascade"


class Migration(migrations.Migration):
    initial = True
    operations = [BtreeGistExtension(), TrigramExtension(), migrations.RunSQL(FORWARD, BACKWARD)]
