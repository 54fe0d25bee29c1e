"""What the trail costs: writes with and without it, sealing, and verifying a million entries both ways.

Run by `./run bench trail`, in a database of its own. The peer of the writes is the same table in the same database with
the history's triggers switched off; everything else of a record (node, words, version) is done in both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import _cities as cities

ENTRIES, ROWS, SINGLE = 1_000_000, 20_000, 1_000


def main() -> None:
    """Make the database, measure, drop it."""
    with cities.tables():
        writes()
        seal_and_verify()


def writes() -> None:
    """Rows a second, each way."""
    from tests import factories

    factories.risk("Sähkökatko")
    told("\nwrites, rows/s", "with trail", "without", "ratio")
    for name, work, rows in (
        (f"one update of {ROWS:,} rows", many, ROWS),
        (f"{SINGLE:,} updates of one row", one_by_one, SINGLE),
    ):
        copies()
        on = min(timed(work) for _ in range(3))
        history("disable")
        off = min(timed(work) for _ in range(3))
        history("enable")
        many()  # what was written behind the trail's back is written once more
        told(name, f"{rows / on:,.0f}", f"{rows / off:,.0f}", f"{off / on:.2f}")


def copies() -> None:
    """Enough risks to write to."""
    written = columns("public.risks_risk", "id", "code", "key")
    sql(
        f"insert into risks_risk ({written}) select {written} from (select * from risks_risk limit 1) r,"
        f" generate_series(1, {ROWS} - (select count(*) from risks_risk)) n"
    )


def columns(table: str, *left_out: str) -> str:
    """Names of a table's columns, but for some."""
    return sql(
        f"select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = '{table}'::regclass"
        f" and attnum > 0 and not attisdropped and not attname = any('{{{','.join(left_out)}}}')"
    )


def history(how: str) -> None:
    """Switch the history's triggers."""
    for event in ("insert", "update", "delete"):
        sql(f"alter table risks_risk {how} trigger keep_{event}")


def many() -> None:
    sql("update risks_risk set cause = cause || '.'")


def one_by_one() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select id from risks_risk limit %s", [SINGLE])
        for (record,) in cursor.fetchall():
            cursor.execute("update risks_risk set cause = cause || ',' where id = %s", [record])


def seal_and_verify() -> None:
    """A million entries, sealed in batches, verified in the database and by the stand-alone program."""
    from kivijalka.register.garbage import collect_seldom
    from kivijalka.register.sealing import seals, verifier

    collect_seldom()  # as the command does
    sql("alter table risks_risk disable trigger user")
    there = sql("select count(*) from history.entry")
    copied = columns("history.risks_risk", "id", "kept_no", "kept_to", "kept_op")
    batch = 100_000
    sealing = 0.0
    for begin in range(int(there), ENTRIES, batch):
        rows = min(batch, ENTRIES - begin)
        # As of records that were deleted: the table itself has nothing to say of them.
        sql(
            f"insert into history.risks_risk (id, kept_op, {copied}) select uuidv7(), 'D', {copied} from"
            f" (select * from history.risks_risk where kept_to = 'infinity' limit {min(rows, ROWS)}) r,"
            f" generate_series(1, {-(-rows // ROWS)}) limit {rows}"
        )
        sealing += timed(lambda: seals.seal())
    count = int(sql("select count(*) from history.entry"))
    told("\nsealing and verifying", "seconds", "entries/s")
    told("seal", f"{sealing:.2f}", f"{count / sealing:,.0f}")
    began, own = time.perf_counter(), time.process_time()
    verification = seals.verify(frozenset(), ())
    took, own = time.perf_counter() - began, time.process_time() - own
    assert not verification.wrong, verification.wrong
    told("verify in the database", f"{took:.2f}", f"{count / took:,.0f}", f"({own:.2f} s in Python)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trail.jsonl"
        with path.open("w", encoding="utf-8") as file:
            exporting = timed(lambda: file.writelines(line + "\n" for line in seals.export()))
        told("export", f"{exporting:.2f}", f"{count / exporting:,.0f}")
        alone = timed(lambda: subprocess.run([sys.executable, "-I", verifier.__file__, path], check=True))
        told("verify stand-alone", f"{alone:.2f}", f"{count / alone:,.0f}")


def sql(statement: str) -> str:
    """Run a statement; its one value, if it has one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0]) if cursor.description else ""


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def told(name: str, *figures: str) -> None:
    print(f"{name:28}" + "".join(f"{figure:>20}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
