"""Questions about the organisation: delegations, responsibilities, and why somebody may see something."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from kivijalka.organisation.models import Responsibility, RoleKind, Unit
from kivijalka.register.models import Node
from kivijalka.register.registry import REGISTERS

State = Responsibility.State


class Stands(Func):
    """Whether somebody who accepted still answers today: they work here, their unit and the record's are in force."""

    function = "kj.stands"
    output_field = BooleanField()

    def __init__(self, record: str, person: str) -> None:
        super().__init__(F(record), F(person))


def offered_to(person: UUID | None) -> QuerySet[Responsibility]:
    """Responsibilities offered to a person and not yet answered."""
    return Responsibility.objects.filter(person=person, state=State.OFFERED).order_by("share", "at")


def answered_for(person: UUID | None) -> QuerySet[Responsibility]:
    """What a person has accepted: "what I answer for"."""
    return Responsibility.objects.filter(person=person, state=State.ACCEPTED).order_by("share", "at")


def of_record(record: UUID) -> QuerySet[Responsibility]:
    """Responsibilities for a record: offered, accepted, and those that lapsed without anybody in their place."""
    rows = Responsibility.objects.filter(still_asked(), record_id=record)
    found: QuerySet[Responsibility] = rows.annotate(stands=Stands("record_id", "person_id")).order_by("share", "at")
    return found


def still_asked() -> Q:
    """Offered, accepted, or lapsed and neither offered to nor accepted by anybody since."""
    open_states = [State.OFFERED, State.ACCEPTED]
    in_its_place = Responsibility.objects.filter(
        record_id=OuterRef("record_id"), share=OuterRef("share"), state__in=open_states
    )
    return Q(state__in=open_states) | Q(~Exists(in_its_place), state=State.LAPSED)


def without_accountable(register: str) -> QuerySet[Node]:
    """Records of a register, within reach and not over, that nobody who is here has accepted to be accountable for."""
    accepted = Responsibility.objects.filter(
        Stands("record_id", "person_id"),
        record_id=OuterRef("pk"),
        share=Responsibility.Share.ACCOUNTABLE,
        state=State.ACCEPTED,
    )
    over = REGISTERS[register].model.objects.filter(REGISTERS[register].over).values("pk")
    nodes = Node.objects.filter(~Exists(accepted), register=register).exclude(pk__in=over)
    return nodes.order_by("code")


def numbers_below(unit: int) -> set[int]:
    """Numbers of the unit of this number and of all below it; none where the acting person does not see it."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.below(%s)", [unit])
        return {row[0] for row in cursor.fetchall()}


def record_to_explain(code: str) -> UUID | None:
    """The record with this code, where the acting person holds `access.explain`; they need not see the record itself."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.asked(%s)", [code])
        found: UUID | None = cursor.fetchone()[0]
        return found


def ways_to(person: UUID, record: UUID) -> list[dict[str, Any]]:
    """Each role and ownership by which a person might see a record, also by delegation; `lets` says whether it does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select *, in_force and given and near and cleared as lets from kj.why(%s, %s)", [person, record]
        )
        names = [column.name for column in cursor.description or []]
        ways = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    kinds = RoleKind.objects.in_bulk({way["role"] for way in ways})
    units = Unit.objects.in_bulk({way["unit"] for way in ways}, field_name="number")
    named: dict[str, dict[Any, Any]] = {"role": kinds, "unit": units}
    return [{**way, **{name: str(found.get(way[name], "")) for name, found in named.items()}} for way in ways]


def reasons(person: UUID, record: UUID) -> list[dict[str, Any]]:
    """The ways by which a person sees a record. Empty: nothing lets them."""
    return [way for way in ways_to(person, record) if way["lets"]]
