"""What a personnel system's file costs: 40,000 new persons, each with a role, in one command; the same file once more; and
the city's own people, exported and brought in again.

Run by `./run bench people`, on the example city in a database of its own: the command itself, in the name of an
administrator of access. The peer is that of `bench/scim.py`: the same persons by `bulk_create`, into a table without
access, history, links or rules, and no roles. Seconds by the clock, and by the processors (the parser's apart).
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.db import connection

from bench import _cities as cities
from bench import scim
from bench._clock import measured

SECONDS = 20
HEAD = ["Henkilönumero", "Sukunimi", "Etunimi", "Sähköposti", "Yksikkö", "Nimike", "Roolit"]
NAMES = ("new", "changed", "same", "refused", "given", "ended", "left")
ADMINISTRATOR = """
    select a.email from organisation_role r join organisation_account a on a.person_id = r.person_id
    where r.kind_id = 'access_administrator' and (r."end" is null or r."end" >= kj.today()) order by r.id limit 1
"""
OWN = """
    select p.external_id, p.family_name, p.given_name, p.email, u.code, p.work_title, (
        select string_agg(r.kind_id || '@' || w.code, '; ') from organisation_role r
            join organisation_unit w on w.number = r.unit_id
        where r.person_id = p.id and (r."end" is null or r."end" >= kj.today())
    ) from organisation_person p join organisation_unit u on u.number = p.unit_id
    where p."end" is null or p."end" >= kj.today()
"""


def main() -> int:
    """Measure each step; 1 when one is slower than its bound, or changes what it should not."""
    with cities.city("city"), TemporaryDirectory() as folder, connection.cursor() as cursor:
        cursor.execute(ADMINISTRATOR)
        who = cursor.fetchone()[0]
        cursor.execute(OWN)
        own = _file(Path(folder) / "own.csv", cursor.fetchall())
        cursor.execute('select code, number from organisation_unit where "end" is null order by number')
        units = cursor.fetchall()
        users = [scim.user(number, units[number % len(units)][0]) for number in range(scim.PERSONS)]
        peer = next(scim.plainly(users, dict(units))).cost
        print(f"{f'{scim.PERSONS:,} persons, plainly':32}{peer.clock:12.1f} s{peer.busy:12.1f} s", flush=True)
        new = _file(Path(folder) / "new.csv", map(_row, users))
        late = [
            _told("persons and roles that are new", new, who, {"new": scim.PERSONS, "given": scim.PERSONS}),
            _told("the same file again", new, who, {"same": scim.PERSONS}),
            _told("the city's own people", own, who, {}),
        ]
    return int(any(late))


def _row(user: dict[str, Any]) -> list[str]:
    name, unit = user["name"], user[scim.WORKS_AT]["unit"]["value"]
    given = [user["externalId"], name["familyName"], name["givenName"], user["userName"], unit]
    return [*given, user["title"], f"employee@{unit}"]


def _file(path: Path, rows: Iterable[Any]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEAD, *rows])
    return path


def _told(name: str, path: Path, who: str, expected: dict[str, int]) -> bool:
    """Tell a step; whether it is too slow. What came of it must be this."""
    said = StringIO()
    with measured() as cost:
        call_command("import_people", str(path), email=who, language="en", commit=True, stdout=said)
    found = dict(zip(NAMES, map(int, re.findall(r": (\d+)[.,]", said.getvalue().splitlines()[-1])), strict=True))
    del found["same" if not expected else "refused"]
    assert {k: v for k, v in found.items() if v} == expected, said.getvalue()[-2000:]
    late = cost.clock > SECONDS
    print(f"{name:32}{cost.clock:12.1f} s{cost.busy:12.1f} s{f'   over {SECONDS}' if late else ''}", flush=True)
    return late


if __name__ == "__main__":
    sys.exit(main())
