"""Related records of many rows at once: a query per relation, never a join.

A join with a table under row-level security is planned badly (its rule is estimated at half a percent), and an inner
one would hide a record whose owner one may not see. Here such a relation is simply None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist


def relate(rows: Iterable[Any], names: Sequence[str]) -> list[Any]:
    """Set each named relation of each row to its record, or to None where there is none within reach."""
    listed = list(rows)
    found: dict[tuple[Any, str], dict[Any, Any]] = {}
    for name in names:
        if not listed:
            break
        field = listed[0]._meta.get_field(name)
        key = field.target_field.attname
        wanted = {getattr(row, field.attname) for row in listed} - {None}
        known = found.setdefault((field.related_model, key), {})
        missing = wanted - set(known)
        if missing:
            related = field.related_model._default_manager.filter(**{f"{key}__in": missing})
            known |= {getattr(record, key): record for record in related}
        for row in listed:
            row._state.fields_cache[field.cache_name] = known.get(getattr(row, field.attname))
    return listed


def value_of(record: Any, name: str) -> Any:
    """A field's value; of a relation to something out of reach, None."""
    try:
        return getattr(record, name)
    except ObjectDoesNotExist:
        return None
