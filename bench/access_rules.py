"""What an access rule costs at 500,000 rows: the policy alone, and with the query's own scope as literal ranges.

Run by `./run bench access_rules`. Uses a table of its own in schema `bench`, which it drops; needs the schema `kj` of a
migrated database only for its function `kj.keys`, so it brings a copy. Prints milliseconds (median of five) and, for
each acting person, the ratio to the same query without any rule.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import psycopg

ROWS = 500_000
UNITS = 2_000
STEP = 8
SPAN = 2**24
PEOPLE = {
    "sees all": [(STEP, STEP * (UNITS + 1))],
    "a sector of 500 units": [(STEP * 2, STEP * 502)],
    "five units": [(STEP * unit, STEP * unit + STEP) for unit in (100, 300, 700, 1200, 1800)],
    "one unit": [(STEP * 500, STEP * 501)],
    "nothing": [],
}
QUERIES = {
    "page of 50 by date": "select * from bench.record where {scope} order by review, id limit 50",
    "page with a filter": "select * from bench.record where {scope} and state = 2 order by review, id limit 50",
    "count": "select count(*) from bench.record where {scope}",
}


def main() -> None:
    """Make the table, measure, drop it."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        prepare(owner)
        try:
            with psycopg.connect(os.environ["APP_DATABASE_URL"], autocommit=True) as site:
                report(owner, site)
        finally:
            owner.execute("drop schema bench cascade")


def prepare(owner: psycopg.Connection[Any]) -> None:
    """Half a million records over the units, most of them internal, under the policy of a register."""
    owner.execute("drop schema if exists bench cascade")
    owner.execute("create schema bench")
    owner.execute("grant usage on schema bench to kj_app")
    owner.execute(
        "create function bench.reach() returns int4multirange language sql stable as"
        " $$ select coalesce(nullif(current_setting('bench.reach', true), ''), '{}')::int4multirange $$"
    )
    owner.execute(
        "create table bench.record (id uuid primary key default uuidv7(), unit int not null, level int not null,"
        f" key int generated always as (level * {SPAN} + unit) stored, state int not null, review date not null)"
    )
    owner.execute(
        "insert into bench.record (unit, level, state, review)"
        f" select (1 + n %% {UNITS}) * {STEP}, case when n %% 10 < 9 then 1 when n %% 100 < 99 then 2 else 3 end,"
        f" n %% 4, date '2026-01-01' + (n::bigint * 7919 %% 700)::int from generate_series(1, {ROWS}) n".replace(
            "%%", "%"
        )
    )
    for columns in ("review, id", "key", "state, review"):
        owner.execute(f"create index on bench.record ({columns})")
    owner.execute("alter table bench.record enable row level security")
    owner.execute("create policy see on bench.record for select to kj_app using (key <@ (select bench.reach()))")
    owner.execute("grant select on bench.record to kj_app")
    owner.execute("analyze bench.record")


def report(owner: psycopg.Connection[Any], site: psycopg.Connection[Any]) -> None:
    """A line per person and query."""
    print(f"{'acting person':24}{'query':22}{'no rule':>9}{'policy':>9}{'and ranges':>12}{'ratio':>8}")
    for person, spans in PEOPLE.items():
        keys = [(low + level * SPAN, high + level * SPAN) for level in range(4) for low, high in spans]
        reach = "{" + ",".join(f"[{low},{high})" for low, high in keys) + "}"
        site.execute("select set_config('bench.reach', %s, false)", [reach])
        scope = " or ".join(f"key >= {low} and key < {high}" for low, high in keys) or "false"
        for name, query in QUERIES.items():
            free = median(owner, query.format(scope="true"))
            alone, both = median(site, query.format(scope="true")), median(site, query.format(scope=f"({scope})"))
            print(f"{person:24}{name:22}{free:9.1f}{alone:9.1f}{both:12.1f}{both / free:8.2f}")


def median(connection: psycopg.Connection[Any], query: str) -> float:
    """Milliseconds, the median of five."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        connection.execute(query).fetchall()  # type: ignore[arg-type]
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    main()
