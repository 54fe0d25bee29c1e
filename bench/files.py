"""What an import costs: a workbook of 5,000 risks with 1 % faults previewed and brought in, one of 100,000, and what there is
exported.

Run by `./run bench files`, on the example city in a database of its own; the one who imports reaches all of it. Each
step is one transaction of one process, as a page's is, and a job's; `busy` is that process and the database's, which take
turns. The peer reads the same workbook and writes it with `bulk_create`, into a table without access, history, links or rules.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import openpyxl
from django.db import connection, models, transaction
from django.http import QueryDict

from bench import _cities as cities
from bench import _plain as plain
from bench._clock import Cost, measured
from kivijalka.access import acting
from kivijalka.organisation.models import Role, Unit
from kivijalka.register.doors.files import steps, work
from kivijalka.register.doors.files.commit import commit, rehearse
from kivijalka.register.doors.files.guesses import guessed
from kivijalka.register.doors.files.mapping import known_headings
from kivijalka.register.doors.files.plan import REFUSED, plan
from kivijalka.register.doors.files.read import read
from kivijalka.register.doors.files.sheet import write_sheet
from kivijalka.register.doors.files.write import export
from kivijalka.register.garbage import collect_seldom
from kivijalka.register.models.files import ImportFile
from kivijalka.register.registry import register_by_path

ROWS, MANY = 5_000, 100_000
HEADINGS = ["Title", "Unit", "Cause", "Event", "Consequence", "Likelihood", "Impact"]
# Seconds; of many rows from the file to the last of them, and megabytes.
PREVIEW, COMMIT, EXPORT, WHOLE, MEMORY = 5, 10, 20, 90, 600
EXPERT = "risk_expert"


class Imported(plain.Plain):
    """The peer's risk: what the workbook holds, and nothing more."""

    title = models.CharField(max_length=300)
    unit = models.ForeignKey(plain.Unit, models.PROTECT, to_field="number")
    cause = models.TextField()
    event = models.TextField()
    consequence = models.TextField()
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()

    class Meta(plain.Plain.Meta):
        db_table = "bench_imported"


def main() -> int:
    """Measure each step; 1 when one misses its bound."""
    # As the site does when it starts.
    collect_seldom()
    with cities.city("city"):
        who = importer()
        units = list(Unit.objects.filter(end=None).values_list("code", flat=True))
        data, large = workbook("Riski", ROWS, units), workbook("Vaara", MANY, units)
        cities.multiply(100_000 // cities.rows_of("risks_risk"))
        peer = plainly(data)
        told(f"{ROWS:,} rows", "seconds", "busy", "of the peer's")
        told("plain Django", f"{peer.clock:.1f}", f"{peer.busy:.1f}", "1.0")
        with cities.connected_as("site"):
            missed = judged([*bring_in(data, who), *bring_out(who), bring_in_many(large, who)], peer)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told("memory, MB", f"{memory:.0f}", *([f"over {MEMORY}"] if memory > MEMORY else []))
        return int(missed or memory > MEMORY)


def importer() -> Any:
    """A risk expert, of the whole city."""
    with connection.cursor() as cursor:
        cursor.execute(cities.HOLDER, [EXPERT])
        who = cursor.fetchone()[0]
    city = Unit.objects.get(parent=None, end=None)
    Role.objects.create(person_id=who, kind_id=EXPERT, unit=city, start=date(2020, 1, 1))
    return who


def bring_in(data: bytes, who: Any) -> Iterator[tuple[str, float, Cost]]:
    """The steps of an import, as its pages take them."""
    register = register_by_path("risks")
    with measured() as reading:
        table = read(data, known_headings(register))
    yield "read", PREVIEW, reading
    with acting(who, door="import") as actor:
        mapping = steps.mapping_named(register, actor, "bench")
        mapping.columns = guessed(register, table.head)
        mapping.save()
        file = steps.keep_file(register, actor, "bench.xlsx", data)
        file.mapping = mapping
        with measured() as previewing:
            planned = rehearse(plan(register, table, steps.reading_of(mapping), actor, mapping), actor)
    refused = [row.number for row in planned.of(REFUSED)]
    assert len(refused) == ROWS // 100, planned.counts
    yield "preview", PREVIEW, previewing
    with measured() as committing, acting(who, door="import") as actor:
        planned = plan(register, table, steps.reading_of(mapping), actor, mapping)
        commit(planned, actor, file, left_out=refused)
    yield "import", COMMIT, committing


def bring_in_many(data: bytes, who: Any) -> tuple[str, float, Cost]:
    """The steps of a large import, as its jobs take them."""
    register = register_by_path("risks")
    whole = Cost()
    with acting(who, door="import") as actor:
        file = steps.keep_file(register, actor, "bench.xlsx", data)
    for step in (work.READ, work.PREVIEW, work.COMMIT):
        with measured() as taking:
            work.work(file.pk, work.Wanted(step, leave_out=True), {"person": who}, "en")
        told(f"  {step}", f"{taking.clock:.1f}", f"{taking.busy:.1f}")
        whole.clock, whole.busy = whole.clock + taking.clock, whole.busy + taking.busy
        if step == work.READ:
            with acting(who, door="import") as actor:
                _map_as_before(register, actor, file.pk)
    with acting(who):
        assert ImportFile.objects.get(pk=file.pk).outcome["new"] == MANY - MANY // 100
    return f"{MANY:,} rows by jobs", WHOLE, whole


def _map_as_before(register: Any, actor: Any, file: Any) -> None:
    """The columns of the former file are those of this one."""
    ImportFile.objects.filter(pk=file).update(mapping=steps.mapping_named(register, actor, "bench"))


def bring_out(who: Any) -> Iterator[tuple[str, float, Cost]]:
    """All risks as a workbook."""
    with measured() as exporting, acting(who), export(register_by_path("risks"), QueryDict(), "xlsx"):
        pass
    yield "export of 100,000", EXPORT, exporting


def plainly(data: bytes) -> Cost:
    """The peer: the same rows, those that can be read."""
    with connection.schema_editor() as editor:
        editor.create_model(Imported)
    with measured() as found, transaction.atomic():
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
        units = {unit.code: unit for unit in plain.Unit.objects.all()}
        Imported.objects.bulk_create(_rows(sheet.iter_rows(min_row=2, values_only=True), units), batch_size=500)
    return found


def _rows(lines: Iterable[Any], units: dict[str, Any]) -> Iterator[Imported]:
    for title, unit, cause, event, consequence, likelihood, impact in lines:
        if isinstance(likelihood, int):
            yield Imported(uuid4(), title, units[unit].number, cause, event, consequence, likelihood, impact)


def workbook(name: str, rows: int, units: list[str]) -> bytes:
    """A register as a city may have it; every hundredth row has a likelihood that nobody can read."""
    made = io.BytesIO()
    write_sheet(made, HEADINGS, (_line(name, number, units) for number in range(1, rows + 1)))
    return made.getvalue()


def _line(name: str, number: int, units: list[str]) -> list[Any]:
    texts = [f"{word} {number}" for word in ("Vanha kaapeli", "Sähkökatko", "Palvelu seisoo")]
    likelihood = number % 5 + 1 if number % 100 else "?"
    return [f"{name} {number}", units[number % len(units)], *texts, likelihood, number % 4 + 1]


def judged(taken: Iterable[tuple[str, float, Cost]], peer: Cost) -> bool:
    """Tell each step; whether one took longer than its bound."""
    missed = False
    for name, bound, took in taken:
        late = took.clock > bound
        ratio = f"{took.clock / peer.clock:.1f}"
        told(name, f"{took.clock:.1f}", f"{took.busy:.1f}", ratio, f"over {bound} s" if late else "")
        missed |= late
    return missed


def told(name: str, *figures: str) -> None:
    print(f"{name:28}" + "".join(f"{figure:>16}" for figure in figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
