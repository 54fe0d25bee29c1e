"""Importing in one line: a table from rows, a plan of it, and its commit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files import steps
from kivijalka.register.doors.files.commit import commit, rehearse
from kivijalka.register.doors.files.guesses import guessed
from kivijalka.register.doors.files.mapping import known_headings
from kivijalka.register.doors.files.plan import Plan, plan
from kivijalka.register.doors.files.read import Table, read
from kivijalka.register.registry import register_by_path


def csv_of(*rows: Iterable[Any]) -> bytes:
    """A CSV file as a spreadsheet saves it."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


@contextmanager
def importing(
    data: bytes,
    who: Person,
    *,
    into: str = "risks",
    columns: dict[str, str] | None = None,
    fixed: dict[str, str] | None = None,
    words: dict[str, dict[str, str]] | None = None,
    name: str = "kept",
) -> Iterator[tuple[Plan, Any, Any]]:
    """Inside: the plan, the actor and the kept mapping. Columns not named are guessed."""
    register = register_by_path(into)
    table: Table = read(data, known_headings(register))
    with acting(who.pk, door="import") as actor:
        mapping = steps.mapping_named(register, actor, name)
        chosen = columns or {}
        rest = {h: "" if t in chosen.values() else t for h, t in guessed(register, table.head).items()}
        mapping.columns = {**rest, **chosen}
        mapping.fixed, mapping.words = fixed or {}, words or {}
        mapping.save()
        yield plan(register, table, steps.reading_of(mapping), actor, mapping), actor, mapping


def planned(data: bytes, who: Person, **how: Any) -> Plan:
    """The preview alone."""
    with importing(data, who, **how) as (found, actor, _mapping):
        return rehearse(found, actor)


def imported(data: bytes, who: Person, *, leave_out: bool = False, **how: Any) -> Plan:
    """The preview, carried out; with `leave_out`, without the rows that it refuses."""
    with importing(data, who, **how) as (found, actor, mapping):
        if leave_out:
            rehearse(found, actor)
        file = steps.keep_file(found.register, actor, "file.csv", data)
        file.mapping = mapping
        commit(found, actor, file, left_out=[row.number for row in found.of("refused")] if leave_out else ())
        return found


def reasons(found: Plan) -> dict[int, str]:
    """Row number to why it is refused."""
    return {row.number: " ".join(map(str, row.refusals)) for row in found.of("refused")}
