"""Carrying out a plan: all of it or nothing, in one transaction, through the register's own commands, many rows at once.

The preview rehearses it: what a command's rule or the database refuses is told before anything is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction

from kivijalka.access import Actor
from kivijalka.register.batch import AT_ONCE
from kivijalka.register.command import add, add_each
from kivijalka.register.doors.files.done import mark_done
from kivijalka.register.doors.files.plan import CHANGED, NEW, REFUSED, SAME, Plan, PlannedRow
from kivijalka.register.many import each, rehearsal
from kivijalka.register.models.files import ImportedRow, ImportFile, ImportMapping
from kivijalka.register.refusal import Refused

# How many rows of how many are done.
Tell = Callable[[int, int], None]


def untold(done: int, of: int) -> None:
    """Nobody waits to hear."""


class NotCommitted(Exception):
    """Some rows are refused and nobody said to leave them out: nothing was imported."""


def rehearse(plan: Plan, actor: Actor, tell: Tell = untold) -> Plan:
    """The plan, with what only its commands or the database refuse. Nothing stays written."""
    with rehearsal():
        for _made in carry_out(plan.register, actor, plan.rows, tell, rehearsed=True):
            pass
    return plan


def commit(
    plan: Plan, actor: Actor, file: ImportFile, *, left_out: Collection[int] = (), tell: Tell = untold
) -> dict[str, int]:
    """Do what the plan says. `left_out` are numbers of refused rows that a person has seen and leaves out.

    Raises NotCommitted when another row is refused, also one that only its command refuses; the plan then says why.
    """
    left_out = frozenset(left_out)
    if any(row.number not in left_out for row in plan.of(REFUSED)):
        raise NotCommitted
    assert file.mapping is not None
    rows = [row for row in plan.rows if row.number not in left_out]
    levels: set[int] = set()
    with transaction.atomic():
        _remember([row for row in rows if row.fate == SAME], file.mapping, {})
        for portion, made in carry_out(plan.register, actor, rows, tell, rehearsed=False):
            _remember(portion, file.mapping, made)
            levels |= {record.confidentiality for record in made.values() if _has_level(record)}
        if any(row.refusals for row in rows):
            raise NotCommitted
        outcome = Plan(plan.register, rows).counts | {REFUSED: len(plan.rows) - len(rows)}
        mark_done(file, actor, outcome, levels)
    return outcome


def _has_level(record: Any) -> bool:
    return hasattr(record, "confidentiality")


def carry_out(
    register: Any, actor: Actor, rows: Iterable[PlannedRow], tell: Tell, *, rehearsed: bool
) -> Iterator[tuple[list[PlannedRow], dict[int, Any]]]:
    """Portions of rows, each with its records by row number. A refusal is kept with its row; the others are still
    tried, to be told as well."""
    wanted = [row for row in rows if row.fate in (NEW, CHANGED)]
    for at in range(0, len(wanted), AT_ONCE):
        tell(at, len(wanted))
        portion = wanted[at : at + AT_ONCE]
        yield portion, _portion(register, actor, portion, rehearsed)
    tell(len(wanted), len(wanted))


def _portion(register: Any, actor: Actor, rows: list[PlannedRow], rehearsed: bool) -> dict[int, Any]:
    answers = each(
        rows,
        lambda some: _together(register, actor, some, rehearsed),
        lambda row: _one(register, actor, row),
    )
    made = {}
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, Refused):
            _keep(register, row, answer)
        else:
            made[row.number] = answer
    return made


def _one(register: Any, actor: Actor, row: PlannedRow) -> Any:
    record = row.record
    if record is None:
        record = add(register, actor, **row.values)
    elif row.values:
        record = register.all_commands["edit"](actor, record, version=record.version, **row.values)
    for name, inputs in row.inputs.items():
        register.all_commands[name](actor, record, **inputs)
    return record


def _together(register: Any, actor: Actor, rows: Sequence[PlannedRow], rehearsed: bool) -> list[Any]:
    """The same for many rows: a command at a time."""
    new, edited = [r for r in rows if r.record is None], [r for r in rows if r.record is not None and r.values]
    made = {row.number: row.record for row in rows}
    if new:
        answers = add_each(register, actor, [row.values for row in new], rehearsed=rehearsed)
        made |= dict(zip((row.number for row in new), answers, strict=True))
    if edited:
        answers = register.all_commands["edit"].on_each(actor, [(r.record, r.values) for r in edited], unchanged=True)
        made |= dict(zip((row.number for row in edited), answers, strict=True))
    for command in register.imports:
        given = [r for r in rows if command.name in r.inputs and not isinstance(made[r.number], Refused)]
        if given:
            answers = command.on_each(actor, [(made[row.number], row.inputs[command.name]) for row in given])
            made |= {r.number: a for r, a in zip(given, answers, strict=True) if isinstance(a, Refused)}
    return [made[row.number] for row in rows]


def _keep(register: Any, row: PlannedRow, refused: Refused) -> None:
    for name, texts in refused.errors.items():
        label = _called(register, name)
        for text in texts:
            row.refuse(label, "", text)


def _called(register: Any, name: str) -> str:
    """What a refused column is called: a field, or what a verb asks for."""
    if name in register.writable:
        return str(register.field(name).verbose_name)
    return next((str(verb.inputs[name].ask.label) for verb in register.imports if name in verb.inputs), name)


def _remember(rows: list[PlannedRow], mapping: ImportMapping, made: dict[int, Any]) -> None:
    """Write into the ledger which record each key became."""
    became = {row.source_key: made.get(row.number) or row.record for row in rows if row.source_key}
    became = {key: record for key, record in became.items() if record is not None}
    kept = ImportedRow.objects.filter(mapping=mapping, source_key__in=became)
    for key in kept.values_list("source_key", flat=True):
        del became[key]
    ImportedRow.objects.bulk_create(
        ImportedRow(mapping=mapping, source_key=key, record=record.pk) for key, record in became.items()
    )
