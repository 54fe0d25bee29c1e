"""Related records of many rows at once: a query per relation, never a join.

A join with a table under row-level security is planned badly (its rule is estimated at half a percent), and an inner
one would hide a record whose owner one may not see. Here such a relation is simply None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from kivijalka.register.own import fields as own

# Of one model, by one of its columns: the keys wanted, and who takes the records.
Asked = dict[tuple[Any, str], list[tuple[set[Any], Callable[[dict[Any, Any]], None]]]]
# Of a model of few records, those that a page asks for anyway: within the acting person's reach.
KNOWN: dict[Any, Callable[[], Iterable[Any]]] = {}
_asked: ContextVar[Asked | None] = ContextVar("kivijalka_asked", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is asked for inside is fetched at the end, at once: a query per model. Nothing related may be read before."""
    if _asked.get() is not None:
        yield
        return
    asked: Asked = defaultdict(list)
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)
    for (model, key), asking in asked.items():
        wanted = set().union(*(keys for keys, _take in asking)) - {None}
        known = {getattr(record, key): record for record in (KNOWN[model]() if wanted and model in KNOWN else [])}
        if missing := wanted - known.keys():
            rows = model._default_manager.filter(**{f"{key}__in": missing})
            known |= {getattr(record, key): record for record in rows}
        for _keys, take in asking:
            take(known)


def ask(model: Any, key: str, wanted: set[Any], take: Callable[[dict[Any, Any]], None]) -> None:
    """Give `take` the records of a model by key, as far as they are within reach."""
    with together():
        asked = _asked.get()
        assert asked is not None
        asked[model, key].append((wanted, take))


def relate(rows: Iterable[Any], names: Sequence[str]) -> list[Any]:
    """Set each named relation of each row to its record, or to None where there is none within reach."""
    listed = list(rows)
    with together():
        for name in names if listed else ():
            field = listed[0]._meta.get_field(name)
            wanted = {getattr(row, field.attname) for row in listed}
            ask(field.related_model, field.target_field.attname, wanted, partial(_set, listed, field))
    return listed


def _set(rows: list[Any], field: Any, known: dict[Any, Any]) -> None:
    for row in rows:
        row._state.fields_cache[field.cache_name] = known.get(getattr(row, field.attname))


def value_of(record: Any, name: str) -> Any:
    """A field's value; of a relation to something out of reach, None."""
    if name.startswith(own.PREFIX):
        return own.value_of(record, name)
    try:
        return getattr(record, name)
    except ObjectDoesNotExist:
        return None
