"""Handing over: what a person answers or answered for, who is asked about it, and giving it to somebody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.access.rules import rights_in
from kivijalka.organisation import queries, responsibility
from kivijalka.organisation.models import Person, Responsibility, Role
from kivijalka.register.declare import Register
from kivijalka.register.doors.related import ask
from kivijalka.register.models import Node
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS

Share = Responsibility.Share
# The share of whoever owns a record, which is a column of it and no handshake.
OWNER = "O"
PASSES_ON = (Share.ACCOUNTABLE, Share.RESPONSIBLE)


@dataclass(frozen=True)
class Held:
    """Something that a person answers for, or answered for and nobody does now."""

    node: Node
    share: str
    row: Responsibility | None
    may: bool

    @property
    def key(self) -> str:
        return f"{self.share}:{self.node.pk}"

    @property
    def label(self) -> str:
        return _("owner") if self.row is None else str(self.row.get_share_display())

    @property
    def lapsed(self) -> bool:
        return self.row is not None and self.row.state == Responsibility.State.LAPSED


@dataclass(frozen=True)
class Asked:
    """Things of one person that the acting person is asked to hand over; without a last day, at once."""

    person: Person
    things: int
    last_day: date | None


def held_by(person: Person) -> list[Held]:
    """What a person owns, is accountable or responsible for, or was until it lapsed; within the reader's reach."""
    rows = Responsibility.objects.filter(queries.still_asked(), person=person, share__in=PASSES_ON)
    rows = rows.exclude(state=Responsibility.State.OFFERED)
    by_key = {(row.record_id, row.share): row for row in rows.order_by("at")}
    owned = Node.objects.filter(owner_id=person.pk).exclude(register="role")
    nodes = {node.pk: node for node in [*owned, *Node.objects.filter(pk__in={record for record, _share in by_key})]}
    may = rights_on({node.pk: node.register for node in nodes.values()})
    pairs = [*by_key, *((node.pk, OWNER) for node in nodes.values() if node.owner_id == person.pk)]
    held = [Held(nodes[pk], share, by_key.get((pk, share)), may[pk]) for pk, share in pairs if pk in may]
    return sorted(held, key=lambda item: (item.node.register, item.node.code, item.share))


def asked(actor: Actor) -> list[Asked]:
    """What waits for the acting person to hand over, by whom it was answered for; the soonest first. Complete when all that
    is asked `together` with it is there."""
    if not any(actor.holds(right) for register in REGISTERS.values() for right in rights_in(register.access.edit)):
        return []
    there = [
        register.model.objects.seen().filter(pk__in=RawSQL("select record from asked", [])).exclude(register.over)
        for register in REGISTERS.values()
    ]
    first, *others = (rows.values_list("pk") for rows in there)
    within_reach, params = first.union(*others, all=True).query.sql_with_params()
    days: dict[UUID, list[date | None]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "with asked as materialized (select record, person, last_day from kj.hand_overs())"
            f" select person, last_day from asked where record in ({within_reach})",
            params,
        )
        for person, day in cursor.fetchall():
            days[person].append(day)
    made: list[Asked] = []

    def with_persons(persons: dict[Any, Person]) -> None:
        of_each = [(p, days[p.pk]) for p in persons.values() if p.pk in days]
        made.extend(Asked(p, len(its), min((day for day in its if day), default=None)) for p, its in of_each)
        made.sort(key=lambda item: (item.last_day or date.min, str(item.person)))

    ask(Person, "id", set(days), with_persons)
    return made


def hand_over(actor: Actor, person: Person, *, to: Person, what: Sequence[str]) -> int:
    """Give things to somebody else: a share as an offer, an owned record at once. All or nothing."""
    held = {item.key: item for item in held_by(person)}
    if not what:
        raise Refused(_("Choose at least one thing to hand over."), code="nothing", field="what")
    if not held.keys() >= set(what):
        raise Refused(_("The list has changed meanwhile. Look at it again and choose."), code="conflict", field="what")
    # Before anything is told of what the other may see.
    if kept := [held[key].node.code for key in what if not held[key].may]:
        no_right = _("You do not have the right to do this here.")
        raise Refused(f"{', '.join(kept)}: {no_right}", code="no_right", field="what")
    with transaction.atomic():
        responsibility.refuse_offer(to, [held[key].node for key in what])
        for key in what:
            _give(actor, held[key], to)
    return len(what)


def asked_along(register: Register[Any]) -> dict[str, Any]:
    """Whether a record is over, and whether the owner of one that is not is here no longer; asked along with it."""
    is_over = Case(When(register.over, then=Value(True)), default=Value(False))
    column = register.model.owner_column
    if column is None or register.model is Role:
        return {"is_over": is_over}
    gone = Q(**{f"{column}__isnull": False}) & ~Q(queries.Stands("id", column)) & ~register.over
    return {"is_over": is_over, "owner_gone": Case(When(gone, then=Value(True)), default=Value(False))}


def rights_on(records: Mapping[UUID, str]) -> dict[UUID, bool]:
    """Of these, each with its register, what is seen and not over; and whether the acting person may change it. One query
    over all registers."""
    by_register: dict[str, list[UUID]] = defaultdict(list)
    for pk, key in records.items():
        by_register[key].append(pk)
    asked = [_rights(REGISTERS[key], ids) for key, ids in by_register.items()]
    return dict(asked[0].union(*asked[1:], all=True)) if asked else {}


def _rights(register: Register[Any], ids: list[UUID]) -> Any:
    rows = register.model.objects.seen().filter(pk__in=ids).exclude(register.over)
    return rows.values_list("pk", Case(When(register.access.may("edit"), then=Value(True)), default=Value(False)))


def _give(actor: Actor, item: Held, to: Person) -> None:
    try:
        if item.share == OWNER:
            _make_owner(actor, item.node, to)
        else:
            responsibility.offered(item.node, to, item.share)
    except Refused as refused:
        told = " ".join(str(text) for texts in refused.errors.values() for text in texts)
        raise Refused(f"{item.node.code}: {told}", code=refused.code, field="person") from refused


def _make_owner(actor: Actor, node: Node, to: Person) -> None:
    register = REGISTERS[node.register]
    name = str(register.model.owner_column).removesuffix("_id")
    record = register.model.objects.seen().get(pk=node.pk)
    values: dict[str, Any] = {name: to}
    register.all_commands["edit"](actor, record, **values)
