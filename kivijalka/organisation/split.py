"""How a split is written down: the units that continue, each with what goes to it, a line a thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from re import fullmatch
from uuid import UUID

from django.utils.translation import gettext as _

from kivijalka.organisation import rules
from kivijalka.organisation.models import Unit
from kivijalka.organisation.queries import numbers_below
from kivijalka.register.models import Node
from kivijalka.register.refusal import Refused, refuse

UNIT, REST = "=", "*"
# More than this is not written out before the form; an asterisk stands for it.
MOST = 400
# What looks like a code is not taken for the name of a new unit.
CODE = r"[A-ZÅÄÖ]+(-[A-ZÅÄÖ0-9]+)+"
UNREAD = {"code": "unreadable", "field": "parts"}


@dataclass
class Part:
    """A unit that continues: a name, the unit where there is one already, and what goes to it."""

    name: str
    codes: list[str] = field(default_factory=list)
    rest: bool = False
    there: Unit | None = None
    takes: list[UUID] = field(default_factory=list)


def parts_of(unit: Unit, text: str) -> list[Part]:
    """The parts as written, with the units and things that they name. Refused when something has no home."""
    parts = parts_in(text)
    for part in parts:
        part.there = _unit_named(part.name, unit)
    refuse(rules.why_not_split([part.there.code if part.there else part.name for part in parts]))
    things = {node.code: node for node in things_of(unit)}
    named = [code for part in parts for code in part.codes]
    left = [] if any(part.rest for part in parts) else [node.code for node in without_owner(things.values())]
    refuse(rules.why_not_place([code for code in named if code not in things], [c for c in left if c not in named]))
    for part in parts:
        part.takes = [things[code].pk for code in part.codes]
    return parts


def parts_in(text: str) -> list[Part]:
    """Read the lines. Refuses what cannot be read, with the number of its line."""
    parts: list[Part] = []
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        first = next(iter(line.upper().split()), "")
        if first.startswith(UNIT):
            parts.append(_part(line, number))
        elif first and not parts:
            raise _unread(_("Line %(line)d: begin with a unit that continues, as = and its code or new name."), number)
        elif first in seen:
            raise _unread(_("Line %(line)d: %(code)s is there twice. Leave it on one line."), number, first)
        elif first:
            seen.add(first)
            parts[-1].rest |= first == REST
            parts[-1].codes += [first] if first != REST else []
    return parts


def proposal(unit: Unit) -> dict[str, str]:
    """The form as it opens: two new units, and what has to be placed, to be moved below the one that takes it."""
    things = without_owner(things_of(unit))
    listed = [f"{node.code} {node.title}" for node in things] if len(things) <= MOST else [REST]
    names = [_("%(unit)s, part %(number)d") % {"unit": unit.name_fi, "number": number} for number in (1, 2)]
    return {"parts": "\n".join([f"{UNIT} {names[0]}", *listed, "", f"{UNIT} {names[1]}", ""])}


def things_of(unit: Unit) -> list[Node]:
    """Units in force below, then persons, then records, as far as the acting person sees them."""
    below = Unit.objects.seen().filter(parent=unit.number, end__isnull=True).values("pk")
    units = Node.objects.filter(pk__in=below).order_by("code")
    others = Node.objects.filter(unit_number=unit.number).exclude(register="unit").order_by("register", "code")
    return [*units, *sorted(others, key=lambda node: node.register != "person")]


def without_owner(things: Iterable[Node]) -> list[Node]:
    """Of these, what does not go with an owner who is among them."""
    listed = list(things)
    persons = {node.pk for node in listed if node.register == "person"}
    return [node for node in listed if node.owner_id not in persons]


def _unit_named(name: str, unit: Unit) -> Unit | None:
    """The unit in force whose code this begins with; None where it is the name of a new one."""
    first = name.split()[0]
    found = Unit.objects.seen().filter(code__iexact=first).first()
    if found is not None:
        ended = found.end is not None
        refuse(
            rules.why_not_continue(unit.number, found.number, numbers_below(unit.number), ended=ended, field="parts")
        )
    elif fullmatch(CODE, first):
        raise Refused(_("There is no unit %s. Write its code as it stands in the list.") % first, **UNREAD)
    return found


def _part(line: str, number: int) -> Part:
    name = " ".join(line.strip().removeprefix(UNIT).split())
    if not name:
        raise _unread(_("Line %(line)d: write the unit's code or new name after =."), number)
    return Part(name)


def _unread(text: str, number: int, code: str = "") -> Refused:
    return Refused(text % {"line": number, "code": code}, **UNREAD)
