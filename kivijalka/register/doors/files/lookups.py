"""Records that cells name by code, e-mail or name: all cells of a column in two queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kivijalka.register.doors.files.cells import Unreadable
from kivijalka.register.doors.files.words import folded
from kivijalka.register.fields import RecordField


def find_all(field: RecordField, texts: Iterable[str]) -> dict[str, Any]:
    """Folded text to its record within reach, or to the reason why there is not one."""
    wanted = {folded(text): _spellings(text) for text in texts}
    by_code = _by_code(field, {text.split()[0] for text in texts if text.split()})
    by_name = _by_name(field, {spelling for spellings in wanted.values() for spelling in spellings})
    found: dict[str, Any] = {}
    for text, spellings in wanted.items():
        code = text.split()[0] if text else ""
        named = {record.pk: record for spelling in spellings for record in by_name.get(spelling, ())}
        found[text] = by_code.get(code) or _one(list(named.values()))
    return found


def _one(records: list[Any]) -> Any:
    # Who or what has ended gives way to the one in force.
    present = [record for record in records if getattr(record, "end", None) is None] or records
    if len(present) == 1:
        return present[0]
    if present:
        return Unreadable(_("Several have this name."), _("Write the code of the one that you mean."))
    return Unreadable(
        _("Nothing was found by this name or code."),
        _("Write the code, the e-mail address or the full name, or add it to its register first."),
    )


def _spellings(text: str) -> set[str]:
    """The text, and "Virtanen, Aino" as "aino virtanen"."""
    plain = " ".join(text.split()).lower()
    family, comma, given = plain.partition(",")
    return {plain, f"{given.strip()} {family.strip()}"} if comma else {plain}


def _by_code(field: RecordField, codes: set[str]) -> dict[str, Any]:
    found = field.rows().filter(code__in={code.upper() for code in codes})
    return {folded(record.code): record for record in found}


def _by_name(field: RecordField, spellings: set[str]) -> dict[str, list[Any]]:
    names = field.register.model.names_to_pick
    lowered = {f"low_{name}": Lower(name) for name in names}
    rule = Q(*(Q(**{f"{low}__in": spellings}) for low in lowered), _connector=Q.OR)
    found: dict[str, list[Any]] = {}
    for record in field.rows().annotate(**lowered).filter(rule):
        for low in lowered:
            if record not in found.setdefault(getattr(record, low), []):
                found[getattr(record, low)].append(record)
    return found
