"""One version of a row, and the values that every table of the example city writes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.register.models import SPAN


class Row(NamedTuple):
    """One version: the table's columns, from when to when, and what made it."""

    values: dict[str, Any]
    start: datetime
    end: datetime | None
    op: str
    by: UUID | None
    command: str


def key_of(unit: int, confidentiality: int = 1) -> int:
    """A record's access key; the tables compute it themselves, the history holds it as a plain column."""
    return confidentiality * SPAN + unit


def last_day(end: date) -> date:
    """The city's ends are the first day after; ours is the last day."""
    return end - timedelta(days=1)


def instant(day: date) -> datetime:
    """The beginning of a day, as an instant."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def array_of(words: Sequence[str]) -> str:
    """Plain words as PostgreSQL writes an array; handing over a list costs more than all other columns together."""
    return "{" + ",".join(words) + "}"


def versions_of(versions: Sequence[Any], columns: Callable[[Any], dict[str, Any]]) -> Iterator[Row]:
    """Versions of records, each until the next of the same record."""
    in_order = sorted(versions, key=attrgetter("id", "at"))
    for _, of_one in groupby(in_order, key=attrgetter("id")):
        for number, (version, following) in enumerate(pairwise([*of_one, None]), start=1):
            values = {"id": version.id, "version": number, **columns(version)}
            end = following.at if following else None
            yield Row(values, version.at, end, "I" if number == 1 else "U", version.by, version.command)
