"""What was imported: who brought in which file, and the undoing of it for as long as nobody has built on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.actor import current_actor
from kivijalka.register.command import translated
from kivijalka.register.declare import Register
from kivijalka.register.doors.related import relate
from kivijalka.register.models import SPAN, Confidentiality
from kivijalka.register.models.files import ImportFile
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS
from kivijalka.register.steps import BuiltOn

MOST_SHOWN = 200
PERSONS = ["person", "undone_by"]
# What a file holds while it is under way.
WORKING = ("table", "found", "refused_rows")


def mark_done(file: ImportFile, actor: Actor, outcome: dict[str, int], levels: set[int]) -> None:
    """Say that what this transaction wrote came from this file. Seen by whoever is cleared for all of it."""
    unit = REGISTERS["person"].model._default_manager.values_list("unit_id", flat=True).get(pk=actor.principal)
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint")
        file.done_as = cursor.fetchone()[0]
    file.key = max(levels, default=int(Confidentiality.INTERNAL)) * SPAN + unit
    file.outcome, file.done_at = outcome, TransactionNow()
    file.table, file.found, file.refused_rows = {}, {}, None
    file.save(update_fields=["outcome", "table", "found", "refused_rows", "done_at", "done_as", "key"])


def done_imports(register: Register[Any]) -> list[ImportFile]:
    """Imports into this register that the acting person may know of, the latest first."""
    rows = ImportFile.objects.seen().filter(register=register.key, done_at__isnull=False)
    moment = current_actor().as_of
    if moment is not None:
        rows = rows.filter(done_at__lte=moment)
    return relate(list(rows.defer(*WORKING).order_by("-done_at")[:MOST_SHOWN]), PERSONS)


def imports_under_way(register: Register[Any]) -> list[ImportFile]:
    """The acting person's own files that are not imported yet, the latest first."""
    actor = current_actor()
    if actor.as_of is not None:
        return []
    rows = ImportFile.objects.filter(person=actor.principal, register=register.key, done_at=None)
    return list(rows.defer(*WORKING).order_by("-at")[:MOST_SHOWN])


def done_import(register: Register[Any], pk: UUID) -> ImportFile:
    """One of them."""
    rows = ImportFile.objects.seen().filter(register=register.key, done_at__isnull=False, pk=pk)
    found: list[ImportFile] = relate(list(rows.defer(*WORKING)), PERSONS)
    if not found:
        raise NotThere
    return found[0]


def undo(file: ImportFile) -> None:
    """Undo all of it, or raise BuiltOn with what stands in the way."""
    if file.undone_at is not None:
        raise Refused(_("This import was undone already."), code="state")
    with connection.cursor() as cursor:
        translated(lambda: cursor.execute("select record, what, by, since from kj.undo_import(%s)", [file.pk]))
        rows = cursor.fetchall()
    if rows:
        raise BuiltOn(rows)


def imports_of(record: Any) -> dict[int, tuple[UUID, str, str]]:
    """By transaction, the import that wrote versions of a record: its id, the file's name and the hash of its content."""
    with connection.cursor() as cursor:
        cursor.execute("select xid::text::bigint, id, name, sha256 from kj.imports_of(%s)", [record.pk])
        return {xid: (pk, name, sha256) for xid, pk, name, sha256 in cursor.fetchall()}
