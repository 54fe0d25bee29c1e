"""Two people edited one record: what does not conflict is merged; what does is shown, and nothing of either is lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from kivijalka.register.declare import Register
from kivijalka.register.doors.history import Version, names_in, raw_versions, said, versions_of
from kivijalka.register.doors.values import text_of
from kivijalka.register.own.fields import PREFIX, filled, value_of


@dataclass(frozen=True)
class Clash:
    """A field that both changed, each differently: what it was, what it is now, what this person wrote, in words."""

    before: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Merged:
    """What to save, and the fields to decide about first. `theirs` is the latest change by another."""

    values: dict[str, Any]
    clashes: dict[str, Clash] = field(default_factory=dict)
    theirs: Version | None = None


def merge(
    register: Register[Any], record: Any, mine: dict[str, Any], *, since: int | None, keep: Collection[str] = ()
) -> Merged:
    """What this person wrote upon version `since`, laid over the record as it is now.

    A field that they left as it was keeps what others made of it; so does one of `keep`, where they chose the other's.
    """
    mine = {name: value for name, value in mine.items() if name not in keep}
    if since is None or since == record.version:
        return Merged(mine)
    base = next((row for row in raw_versions(register, record.pk) if row["version"] == since), None)
    written = filled(register.model, mine)
    values, clashing = {}, []
    for name, value in mine.items():
        was, now, new = (_raw(of, register.field(name)) for of in (base, record, written))
        if new == was:
            continue
        if new != now and was != now:
            clashing.append(name)
        values[name] = value
    names = names_in(register, [base] if base and clashing else [], record)
    clashes = {
        name: Clash(
            before=said(register.field(name), base[str(register.field(name).column)], names) if base else "",
            theirs=text_of(record, name),
            mine=text_of(written, name),
        )
        for name in clashing
    }
    return Merged(values, clashes, next(iter(versions_of(register, record)), None))


def _raw(of: Any, field: Any) -> Any:
    """What a version, a record or an answer holds in a field, so that equal ones compare equal."""
    if of is None:
        return None
    if isinstance(of, dict):
        value = of[field.column]
    else:
        value = value_of(of, field.name) if field.name.startswith(PREFIX) else getattr(of, field.attname)
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    return sorted(value) if isinstance(value, list) else value
