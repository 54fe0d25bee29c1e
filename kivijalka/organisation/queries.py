"""Questions about the organisation: delegations, responsibilities, and why somebody may see something."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from kivijalka.organisation.models import Delegation, Responsibility, Unit
from kivijalka.register.models import Node


def delegations_in_force(person: UUID | None, today: date) -> QuerySet[Delegation]:
    """Delegations that let this person act for another today."""
    return Delegation.objects.filter(deputy_id=person, start__lte=today, end__gte=today).select_related("principal")


def offered_to(person: UUID | None) -> QuerySet[Responsibility]:
    """Responsibilities offered to a person and not yet answered."""
    return _with_records(Responsibility.objects.filter(person=person, state=Responsibility.State.OFFERED))


def answered_for(person: UUID | None) -> QuerySet[Responsibility]:
    """What a person has accepted: "what I answer for"."""
    return _with_records(Responsibility.objects.filter(person=person, state=Responsibility.State.ACCEPTED))


def of_record(record: UUID) -> QuerySet[Responsibility]:
    """Responsibilities for a record that are offered or accepted."""
    states = [Responsibility.State.OFFERED, Responsibility.State.ACCEPTED]
    return (
        Responsibility.objects.filter(record_id=record, state__in=states)
        .select_related("person")
        .order_by("share", "at")
    )


def without_accountable(register: str | None) -> QuerySet[Node]:
    """Records within reach that nobody has accepted to be accountable for."""
    accepted = Responsibility.objects.filter(
        record_id=OuterRef("pk"), share=Responsibility.Share.ACCOUNTABLE, state=Responsibility.State.ACCEPTED
    )
    nodes = Node.objects.filter(~Exists(accepted)).defer("words", "folded")
    return (nodes.filter(register=register) if register else nodes).order_by("register", "code")


def numbers_below(unit: Unit) -> set[int]:
    """Numbers of the unit and of all below it."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.below(%s)", [unit.number])
        return {row[0] for row in cursor.fetchall()}


def reasons(person: UUID, record: UUID) -> list[dict[str, Any]]:
    """Every role that gives a person the right to view a record's unit and level, and through which delegation.

    Asked of a SECURITY DEFINER function that answers holders of `access.explain` only. Empty: nothing does.
    """
    with connection.cursor() as cursor:
        cursor.execute("select * from kj.why(%s, %s)", [person, record])
        names = [column.name for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _with_records(rows: QuerySet[Responsibility]) -> QuerySet[Responsibility]:
    return rows.select_related("record").order_by("share", "at")
