"""What the declared rules let somebody do, worked out without the database: the matrix holds every door to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from kivijalka.access.expressions import Among, Me, Reach, SeenParent, WritableNode
from kivijalka.organisation.grants import Kind, granted


@dataclass(frozen=True)
class Holder:
    """Somebody who holds one kind of role at a unit: the number of that unit and, if the kind reaches down, of all below."""

    person: UUID
    kind: Kind
    numbers: frozenset[int]


@dataclass(frozen=True)
class Facts:
    """What a rule may ask of a row. Of a part: whether the record that it belongs to is seen, and may be changed.

    `others` are persons beside the owner whom the row names, by column.
    """

    unit: int
    level: int
    owner: UUID | None = None
    parent_seen: bool = False
    parent_writable: bool = False
    others: Mapping[str, UUID | None] = field(default_factory=dict)


def lets(rule: Any, holder: Holder, facts: Facts) -> bool:
    """Whether the rule lets the holder through to a row with these facts."""
    if isinstance(rule, Q):
        found = [lets(child, holder, facts) for child in rule.children]
        joined = any(found) if rule.connector == Q.OR else all(found)
        return joined != rule.negated
    name, value = rule if isinstance(rule, tuple) else ("", rule)
    if isinstance(value, Reach):
        return reaches(value.right, holder, facts)
    if isinstance(value, Me):
        return facts.others.get(name, facts.owner) == holder.person
    if isinstance(value, SeenParent):
        return facts.parent_seen
    if isinstance(value, WritableNode):
        return facts.parent_seen and facts.parent_writable
    if isinstance(value, Among):
        return False  # nobody of the matrix has joined anything: tests/workshops
    if name == "pk__in" and not value:
        return False
    raise AssertionError(f"The matrix does not know how to judge {name or value!r}: teach tests/doors/expected.py.")


def reaches(right: str, holder: Holder, facts: Facts) -> bool:
    """A right counts in the units that the role reaches (or everywhere), up to the kind's level of confidentiality."""
    kind = holder.kind
    near = right in kind.everywhere or facts.unit in holder.numbers
    return granted(kind, right) and near and facts.level <= kind.level_of(right)
