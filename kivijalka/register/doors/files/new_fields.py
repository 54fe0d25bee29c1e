"""A column that has no home becomes a field of the city's own, for whoever may add one."""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor, at_unit
from kivijalka.register.command import add
from kivijalka.register.declare import Register
from kivijalka.register.own.fields import PREFIX
from kivijalka.register.own.models import OwnField
from kivijalka.register.own.rules import may_add_to
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS, register_of

# Before a kind of value: what a person chooses for such a column.
NEW = "new:"


def offered(register: Register[Any], actor: Actor) -> list[tuple[str, Any]]:
    """What to choose for a column, where this person may add fields. A choice needs its words first."""
    if not may_add_to(register, actor):
        return []
    kinds = [kind for kind in OwnField.Kind if kind != OwnField.Kind.CHOICE]
    return [(NEW + kind.value, format_lazy("{}: {}", _("a new field of the city's own"), kind.label)) for kind in kinds]


def added(register: Register[Any], actor: Actor, chosen: dict[str, str]) -> dict[str, str]:
    """The same choices, with a field made for each column that shall become one."""
    made = {
        heading: _made(register, actor, heading, target.removeprefix(NEW))
        for heading, target in chosen.items()
        if target.startswith(NEW)
    }
    return {**chosen, **made}


def _made(register: Register[Any], actor: Actor, heading: str, kind: str) -> str:
    """Its name. It belongs to the highest unit for which this person may add fields."""
    units = REGISTERS["unit"].model._default_manager.filter(at_unit("own_field.edit")).order_by("number")
    given = {"name_fi": heading, "asked_in": register.key, "kind": kind, "unit": units.first()}
    try:
        return PREFIX + str(add(register_of(OwnField), actor, **given).name)
    except Refused as refused:
        texts = " ".join(str(text) for texts in refused.errors.values() for text in texts)
        raise Refused(f"{heading}: {texts}", code=refused.code) from refused
