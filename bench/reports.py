"""What a report costs: seconds from its address to its bytes, of a sector and of the whole city.

Run by `./run bench reports`. Loads the example city (10,000 risks, 15,000 actions) into a database of its own. Each report is
made three times as the job makes it, in one process; the middle one counts. `s` is by the clock, `busy` by the processors,
this process's (typesetting takes several at once) and the database's: bounds are judged by the lesser of the two, as on a
shared machine the clock counts what others do. Bytes and pages are told beside it. Ends with 1 where a bound is missed.
"""

from __future__ import annotations

import statistics
import sys
from datetime import date, timedelta
from uuid import UUID

from django.http import QueryDict

from bench import _cities as cities
from bench._clock import measured
from kivijalka.access import acting
from kivijalka.organisation.models import Role, Unit
from kivijalka.register.fields import end_of
from kivijalka.reports.documents.wanted import Wanted

ROUNDS = 3
SECTOR, CITY = 5.0, 15.0
# Kinds and formats, with their bound of a sector and of the city.
MADE = [
    ("unit-short", "pdf", SECTOR, SECTOR),
    ("unit-full", "pdf", SECTOR, CITY),
    ("board", "pdf", SECTOR, CITY),
    ("actions", "pdf", SECTOR, CITY),
    ("unit-full", "docx", CITY, 2 * CITY),
    ("unit-full", "xlsx", SECTOR, CITY),
]


def main() -> int:
    """Measure each report for who sees a sector and for who sees all."""
    missed = []
    with cities.city("city"):
        readers = cities.readers()
        print(f"{cities.rows_of('risks_risk'):,} risks, {cities.rows_of('actions_action'):,} actions")
        print(f"{'report':18}" + f"{'a sector: s  busy    kB':>26}{'the city: s  busy    kB':>26}")
        for report, form, *bounds in MADE:
            line = f"{report}.{form:8}"
            for name, bound in zip(("a sector", "sees all"), bounds, strict=True):
                clock, busy, size = taken(report, form, readers[name])
                line += f"{clock:15.1f}{busy:6.1f}{size:6}"
                if min(clock, busy) > bound:
                    missed.append(f"missed: {report}.{form}, {name}: {min(clock, busy):.1f} s, {bound:.0f} s")
            print(line, flush=True)
    for told in missed:
        print(told)
    return 1 if missed else 0


def taken(report: str, form: str, person: UUID) -> tuple[float, float, int]:
    """Seconds by the clock and by the processors, and kilobytes."""
    with cities.connected_as("owner"):
        number = Role.objects.filter(person=person).order_by("unit_id").values_list("unit_id", flat=True)[0]
        code = Unit.objects.get(number=number).code
    with cities.connected_as("site"):
        rounds = [once(report, form, person, code) for _each in range(ROUNDS)]
    clock, busy, size = (statistics.median(each) for each in zip(*rounds, strict=True))
    return clock, busy, int(size)


def once(report: str, form: str, person: UUID, code: str) -> tuple[float, float, float]:
    """One making of it, as of the day before yesterday."""
    day = date.today() - timedelta(days=2)
    query = QueryDict(f"unit={code}&as_of={day.isoformat()}&language=fi")
    wanted = Wanted(report, form, query, end_of(day))
    with acting(person, as_of=wanted.moment) as actor, measured() as cost:
        content = wanted.make(wanted.asked(actor, "http://localhost", ""))
    return cost.clock, cost.busy, len(content) / 1000


if __name__ == "__main__":
    sys.exit(main())
