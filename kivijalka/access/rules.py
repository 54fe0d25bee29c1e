"""The words that access rules are written in; each is a plain `Q`."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from kivijalka.access.expressions import Among, Attached, HeldBelow, Me, Reach, SeenParent, Self, WritableNode


def at_unit(right: str, column: str = "key") -> Q:
    """Holders of `right` at the record's unit or above it, cleared for its confidentiality."""
    return Q(**{f"{column}__within": Reach(right)})


def owner(column: str = "owner") -> Q:
    """The person named in `column`, or who acts on their behalf."""
    return Q(**{f"{column}_id": Me()})


def oneself(column: str = "person") -> Q:
    """The person named in `column` alone: what they keep for themselves no deputy sees."""
    return Q(**{f"{column}_id": Self()})


def part_of(column: str, table: str) -> Q:
    """Whoever sees the record (`table`.id = `column`) that this one is a part of."""
    return Q(SeenParent(column, table))


def seen_node(column: str) -> Q:
    """Whoever sees the record of any register that `column` points at."""
    return part_of(column, "register_node")


def writes_node(column: str) -> Q:
    """Whoever may change the record of any register that `column` points at."""
    return Q(WritableNode(column))


def attached() -> Q:
    """Whoever sees the record that a file's content is attached to."""
    return Q(Attached())


def of_unit(column: str) -> Q:
    """Everybody who holds a role at the unit that `column` names, or at one below it."""
    return Q(HeldBelow(column))


def among(column: str, function: str) -> Q:
    """Whoever a function of the database names what `column` holds for: the workshops that one has joined."""
    return Q(Among(column, function))


def nobody() -> Q:
    """No person at all; the owner of the tables may still write (loader, migrations)."""
    return Q(pk__in=[])


def rights_in(rule: Q) -> set[str]:
    """Names of the rights that a rule asks for."""
    return {leaf.right for leaf in leaves(rule) if isinstance(leaf, Reach)}


def leaves(rule: Any) -> list[Any]:
    """All values and expressions at the ends of a rule."""
    if isinstance(rule, Q):
        return [leaf for child in rule.children for leaf in leaves(child)]
    return [rule[1]] if isinstance(rule, tuple) else [rule]
