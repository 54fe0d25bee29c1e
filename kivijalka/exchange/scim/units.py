"""A unit as a Group: its members are the persons who work there. Units are changed by the commands that people use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from scim2_models import Reference

from kivijalka.access import Actor
from kivijalka.exchange.scim import meta
from kivijalka.exchange.scim.query import Attributes, Kept
from kivijalka.exchange.scim.resources import Group, Member
from kivijalka.exchange.working import in_force
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Unit
from kivijalka.organisation.registers import units as register
from kivijalka.register import command as writing
from kivijalka.register.plain import plain
from kivijalka.register.refusal import Refused

MODEL, ENDPOINT = Group, "Groups"


def rows() -> QuerySet[Any]:
    """Units in force."""
    found: QuerySet[Any] = Unit.objects.seen().filter(in_force()).annotate(changed_at=meta.changed(Unit))
    return found


def attributes() -> Attributes:
    """Where each attribute is kept."""
    return {
        **meta.kept_of(Unit),
        "display_name": Kept(F("name_fi")),
        "members.value": Kept(Cast("id", CharField()), among=_among),
    }


def _among(condition: Q) -> Q:
    return Q(Exists(_workers().filter(condition, unit_id=OuterRef("number"))))


def people() -> QuerySet[Any]:
    """Persons, without the programs that act as one."""
    found: QuerySet[Any] = Person.objects.offered()
    return found


def _workers() -> QuerySet[Any]:
    return people().filter(in_force())


def shown(found: Sequence[Unit], base: str) -> list[Any]:
    """Units as Groups; `base` is the address of the service."""
    there: dict[int, list[UUID]] = defaultdict(list)
    of_these = _workers().filter(unit_id__in=[unit.number for unit in found]).order_by("id")
    for number, person in of_these.values_list("unit_id", "pk"):
        there[number].append(person)
    return [_shown(unit, there[unit.number], base) for unit in found]


def _shown(unit: Any, persons: list[UUID], base: str) -> Any:
    members = [Member(value=str(pk), ref=Reference(f"{base}/Users/{pk}"), type="User") for pk in persons]
    # Who comes and goes changes the group, though not the unit.
    who = sha256(b"".join(pk.bytes for pk in persons)).hexdigest()[:16]
    return Group(
        id=str(unit.pk),
        external_id=unit.external_id,
        display_name=unit.name_fi,
        members=members or None,
        meta=meta.meta_of(unit, "Group", f"{base}/{ENDPOINT}/{unit.pk}", f"{unit.version}-{who}"),
    )


def named(words: Iterable[str | None]) -> dict[str, Unit]:
    """Units in force by the ids and codes that they are called by."""
    texts = {word for word in words if word}
    found = Unit.objects.seen().filter(in_force()).filter(Q(pk__in=meta.uuids(texts)) | Q(code__in=texts))
    return {name: unit for unit in found for name in (str(unit.pk), unit.code)}


def defaults(group: Any | None, home: Unit) -> dict[str, Any]:
    """What a Group has when it is not said: its members as they were."""
    members = group.model_dump().get("members") if group is not None else None
    return {"members": members} if members else {}


def add(actor: Actor, group: Any, home: Unit) -> Unit:
    """A new unit below the one of whoever provisions."""
    made: Unit = writing.add(
        register, actor, name_fi=plain(group.display_name), external_id=group.external_id or None, kind=Unit.Kind.UNIT,
        parent=home, start=timezone.localdate(),
    )  # fmt: skip
    made.refresh_from_db()
    _place(actor, made, set(), _members(group), home)
    return made


def settle(unit: Any, before: Any, after: Any) -> None:
    """What is said of a unit is said in one way only."""


def change(actor: Actor, unit: Any, before: Any, after: Any, home: Unit) -> None:
    """Make of a group what it is to be. Who is taken out works at the unit of whoever provisions."""
    if after.display_name != before.display_name:
        commands.rename(actor, unit, name_fi=plain(after.display_name), name_sv=unit.name_sv, name_en=unit.name_en)
    if after.external_id != before.external_id:
        register.all_commands["edit"](actor, unit, external_id=after.external_id or None)
    _place(actor, unit, _members(before), _members(after), home)


def remove(actor: Actor, unit: Any) -> None:
    """End the unit; who works there stays, and is asked about as after any other end."""
    yesterday = timezone.localdate() - timedelta(days=1)
    if unit.start > yesterday:
        register.all_commands["edit"](actor, unit, start=yesterday)
    commands.end_unit(actor, unit, on=yesterday)


def _members(group: Any) -> set[str]:
    return {member.value for member in group.members or [] if member.value}


def _place(actor: Actor, unit: Unit, before: set[str], after: set[str], home: Unit) -> None:
    coming = _persons(after - before)
    going = [] if unit.number == home.number else _persons(before - after)
    given = [(person, {"to": unit}) for person in coming if person.unit_id != unit.number]
    given += [(person, {"to": home}) for person in going]
    for answer in commands.transfer.on_each(actor, given) if given else []:
        if isinstance(answer, Refused):
            raise answer


def _persons(keys: set[str]) -> list[Person]:
    found = list(people().filter(pk__in=meta.uuids(keys)))
    missing = keys - {str(person.pk) for person in found}
    if missing:
        told = _("There is no such person, or you may not see them: %s.") % ", ".join(sorted(missing))
        raise Refused(told, code="invalid", field="members")
    return found
