"""What an import has to do (read, preview, commit): at once where the file is small, by a job where it is large.

Each piece of work is one transaction that holds the file's row. A job whose worker was killed is done again: what it
wrote is gone with its transaction, and what was committed is seen at the row, so nothing is imported twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.access import Actor, acting
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import steps
from kivijalka.register.doors.files.commit import NotCommitted, Tell, commit, rehearse
from kivijalka.register.doors.files.plan import REFUSED, Plan, plan
from kivijalka.register.doors.files.preview import preview_of
from kivijalka.register.doors.files.read import Origin, Table
from kivijalka.register.doors.files.write import refused_rows
from kivijalka.register.garbage import collect_seldom, uncollected
from kivijalka.register.models.files import ImportFile
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_key

BYTES_AT_ONCE, ROWS_AT_ONCE = 2**20, 2_000
TASK = "kivijalka.register.jobs.work_on_import"
READ, PREVIEW, COMMIT = "read", "preview", "commit"


@dataclass(frozen=True)
class Standing:
    """Where a file's job stands: to be done, with so many rows of how many done, or given up after some tries."""

    is_open: bool
    done: int | None = None
    of: int | None = None


def is_large(file: ImportFile) -> bool:
    """Whether its rows are too many to be looked at while somebody waits for a page."""
    return bool(file.table["count"] > ROWS_AT_ONCE)


def planned(register: Register[Any], actor: Actor, file: ImportFile) -> tuple[Plan, Table]:
    """What importing the file would do, as far as can be told without trying."""
    assert file.mapping is not None
    table = steps.table_of(register, file)
    return plan(register, table, steps.reading_of(file.mapping), actor, file.mapping), table


def rows_refused(table: Table, found: Plan) -> bytes:
    """The refused rows as they came, with the reasons, as a workbook."""
    reasons = {row.number: "\n".join(map(str, row.refusals)) for row in found.of(REFUSED)}
    lines = ([*row.cells.values(), reasons[row.number]] for row in table.rows if row.number in reasons)
    with refused_rows(table.headings, lines, "xlsx") as made:
        return made.read()


def ask(file: ImportFile, actor: Actor, step: str, *, leave_out: bool = False, origin: Origin | None = None) -> None:
    """Have it done by a job, in the name of who asks. One file after the other, so that other jobs have room."""
    behalf = str(actor.on_behalf_of) if actor.on_behalf_of else None
    # The arguments of a job are no place for texts of a file: a sheet is told by its number.
    sheet = list(origin.sheets).index(origin.sheet) if origin else None
    file.job = app.configure_task(TASK, lock="import").defer(
        file=str(file.pk),
        step=step,
        person=str(actor.person),
        on_behalf_of=behalf,
        language=translation.get_language(),
        leave_out=leave_out,
        sheet=sheet,
        with_hidden=origin is not None and origin.with_hidden,
    )
    file.found = file.found if step == COMMIT else {}
    file.save(update_fields=["job", "found"])


def standing(files: list[ImportFile]) -> dict[UUID, Standing]:
    """Files that a job has still to do with, or could not do with."""
    keys = {file.job: file.pk for file in files if file.job is not None}
    jobs = dict(ProcrastinateJob.objects.filter(pk__in=keys).exclude(status="succeeded").values_list("pk", "status"))
    told = _told() if "doing" in jobs.values() else {}
    return {
        keys[pk]: Standing(status in ("todo", "doing"), *told.get(str(keys[pk]), ())) for pk, status in jobs.items()
    }


# What the job's session in the database is called: others see it while its transaction is open, and not after.
CALLED = "import %s %s/%s"


def _told() -> dict[str, tuple[int, int]]:
    """By file, how many rows of how many are done."""
    with connection.cursor() as cursor:
        cursor.execute("select application_name from pg_stat_activity where application_name like 'import %'")
        names = [re.fullmatch(r"import (\S+) (\d+)/(\d+)", row[0]) for row in cursor.fetchall()]
    return {name[1]: (int(name[2]), int(name[3])) for name in names if name}


def _tell_of(file: UUID) -> Tell:
    def tell(done: int, of: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select set_config('application_name', %s, true)", [CALLED % (file, done, of)])

    return tell


@dataclass(frozen=True)
class Wanted:
    """What is to be done with a file: a step; leaving out its refused rows; reading its sheet of this number."""

    step: str
    leave_out: bool = False
    sheet: int | None = None
    with_hidden: bool = False

    def origin(self, file: ImportFile) -> Origin | None:
        if self.sheet is None:
            return None
        sheets = steps.head_of(file).origin.sheets
        return Origin(list(sheets)[self.sheet], sheets, with_hidden=self.with_hidden)


def work(file: UUID, wanted: Wanted, who: dict[str, UUID | None], language: str) -> None:
    """Do a piece of work as the person who asked for it. What is refused is kept with the file, to be told."""
    collect_seldom()
    with translation.override(language), uncollected():
        try:
            with acting(**who, door="import") as actor:  # type: ignore[arg-type]
                _do(file, wanted, actor)
        except Refused as refused:
            with acting(**who, door="import"):  # type: ignore[arg-type]
                told = {"why": str(refused), "step": wanted.step}
                ImportFile.objects.filter(pk=file, done_at=None).update(found=told)


def _do(pk: UUID, wanted: Wanted, actor: Actor) -> None:
    mine = ImportFile.objects.filter(pk=pk, person=actor.principal, done_at=None)
    file = mine.select_for_update(of=("self",)).first()
    if file is None:
        return
    register = register_by_key(file.register)
    steps.may_import(register, actor)
    tell = _tell_of(pk)
    if wanted.step == READ:
        steps.keep_head(register, file, steps.table_of(register, file, wanted.origin(file)).head)
    elif wanted.step == PREVIEW:
        found, table = planned(register, actor, file)
        _keep(file, rehearse(found, actor, tell), table)
    else:
        _commit(register, actor, file, tell, leave_out=wanted.leave_out)


def _commit(register: Register[Any], actor: Actor, file: ImportFile, tell: Tell, *, leave_out: bool) -> None:
    found, table = planned(register, actor, file)
    try:
        commit(found, actor, file, left_out=file.found["refused"] if leave_out else (), tell=tell)
    except NotCommitted:
        _keep(file, found, table, _("%s rows are refused. Nothing was imported.") % len(found.of(REFUSED)))


def _keep(file: ImportFile, found: Plan, table: Table, stopped: str = "") -> None:
    assert file.mapping is not None
    file.found = preview_of(found, table, steps.reading_of(file.mapping), stopped).as_json()
    file.refused_rows = rows_refused(table, found)
    file.save(update_fields=["found", "refused_rows"])
