"""Whether an access rule lets a row through that is not in the database yet, as far as Python can tell."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from kivijalka.access import Actor
from kivijalka.access.expressions import Me, Reach


def allows(rule: Any, actor: Actor, row: dict[str, Any]) -> bool | None:
    """True, False, or None where only the database knows. `row` is column name to value."""
    if not isinstance(rule, Q):
        return _leaf(rule, actor, row) if isinstance(rule, tuple) else None
    answers = [allows(child, actor, row) for child in rule.children]
    found = _all(answers) if rule.connector == Q.AND else _any(answers)
    return found if found is None or not rule.negated else not found


def _leaf(condition: tuple[str, Any], actor: Actor, row: dict[str, Any]) -> bool | None:
    name, value = condition
    if isinstance(value, Reach):
        column = name.removesuffix("__within")
        key = row.get(column, row.get(f"{column}_id"))
        return None if key is None else actor.has_in_reach(value.right, key)
    if isinstance(value, Me):
        return bool(row.get(name) and row[name] == actor.principal)
    return None


def _all(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False
