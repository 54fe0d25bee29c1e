"""Carrying out a plan: all of it or nothing, in one transaction, each row through the register's own commands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from kivijalka.access import Actor
from kivijalka.register.command import add
from kivijalka.register.doors.files.plan import CHANGED, NEW, REFUSED, Plan, PlannedRow
from kivijalka.register.files_models import ImportedRow, ImportMapping
from kivijalka.register.refusal import Refused


class NotCommitted(Exception):
    """Some rows are refused and nobody said to leave them out: nothing was imported."""


def commit(plan: Plan, actor: Actor, mapping: ImportMapping, *, left_out: Collection[int] = ()) -> dict[str, int]:
    """Do what the plan says. `left_out` are numbers of refused rows that a person has seen and leaves out.

    Raises NotCommitted when another row is refused, also one that only its command refuses; the plan then says why.
    """
    if any(row.number not in left_out for row in plan.of(REFUSED)):
        raise NotCommitted
    rows = [row for row in plan.rows if row.number not in left_out]
    with transaction.atomic():
        made = {row.number: _carry_out(plan, actor, row) for row in rows if row.fate in (NEW, CHANGED)}
        if any(row.refusals for row in rows):
            raise NotCommitted
        _remember(rows, mapping, made)
    return Plan(plan.register, rows).counts | {REFUSED: len(plan.rows) - len(rows)}


def _carry_out(plan: Plan, actor: Actor, row: PlannedRow) -> Any:
    """One row: its record, or None and the refusal kept with the row; the others are still tried, to be told as well."""
    register, record = plan.register, row.record
    try:
        if record is None:
            record = add(register, actor, **row.values)
        elif row.values:
            record = register.all_commands["edit"](actor, record, version=record.version, **row.values)
        for name, inputs in row.inputs.items():
            register.all_commands[name](actor, record, **inputs)
        return record
    except Refused as refused:
        _keep(register, row, refused)
        return None


def _keep(register: Any, row: PlannedRow, refused: Refused) -> None:
    for name, texts in refused.errors.items():
        label = str(register.field(name).verbose_name) if name in register.writable else name
        for text in texts:
            row.refuse(label, "", text)


def _remember(rows: list[PlannedRow], mapping: ImportMapping, made: dict[int, Any]) -> None:
    """Write into the ledger which record each key became."""
    became = {r.source_key: made.get(r.number) or r.record for r in rows if r.source_key}
    kept = ImportedRow.objects.filter(mapping=mapping, source_key__in=became)
    for key in kept.values_list("source_key", flat=True):
        del became[key]
    ImportedRow.objects.bulk_create(
        ImportedRow(mapping=mapping, source_key=key, record=record.pk) for key, record in became.items()
    )
