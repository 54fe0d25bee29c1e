"""Many records at once, each with an answer of its own: what the write gave, or the Refused that says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import DatabaseError, transaction

from kivijalka.register.batch import AT_ONCE
from kivijalka.register.refusal import Refused

Row = TypeVar("Row")


def each(rows: Sequence[Row], together: Callable[[Sequence[Row]], list[Any]], alone: Callable[[Row], Any]) -> list[Any]:
    """An answer for each row. Part of what a refused one wrote may stand; whoever calls rolls back when there is one."""
    portions = [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]
    return [answer for portion in portions for answer in _portion(portion, together, alone)]


def _portion(rows: Sequence[Row], together: Callable[..., list[Any]], alone: Callable[..., Any]) -> list[Any]:
    """Rows written together. When the database refuses them, the halves are tried, down to the row at fault."""
    try:
        with transaction.atomic():
            return [alone(rows[0])] if len(rows) == 1 else together(rows)
    except (Refused, DatabaseError) as error:
        if len(rows) == 1:
            if isinstance(error, Refused):
                return [error]
            raise
    half = len(rows) // 2
    return _portion(rows[:half], together, alone) + _portion(rows[half:], together, alone)


@contextmanager
def rehearsal() -> Iterator[None]:
    """What the block writes is gone at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
