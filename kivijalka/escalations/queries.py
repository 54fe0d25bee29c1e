"""Who a matter is taken to, and what an escalation is about."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import LinkKind
from kivijalka.register.models import Link
from kivijalka.register.registry import REGISTERS

ESCALATES = LinkKind("escalates", _("asks about"), _("is asked about by"), to=["escalation"])


class Superior(NamedTuple):
    """Who leads, and the number of the unit at which they do."""

    unit: int
    person: UUID


def superior(
    unit: int, confidentiality: int, besides: list[UUID | None], *, also: str | None = None
) -> Superior | None:
    """The nearest who leads at a unit or above it, may know so much, holds a second right, and is none of those."""
    with connection.cursor() as cursor:
        others = [person for person in besides if person is not None]
        asked = "select unit, person from kj.superior(%s, %s, %s::uuid[], also => %s)"
        cursor.execute(asked, [unit, confidentiality, others, also])
        row = cursor.fetchone()
    return Superior(*row) if row else None


def about(escalation: Any) -> Any | None:
    """The record that was taken to the next level, as far as the acting person sees it."""
    link = Link.objects.seen().in_force(ESCALATES.kind).filter(a=escalation.pk).first()
    if link is None:
        return None
    return REGISTERS[link.b_register].model._default_manager.seen().filter(pk=link.b_id).first()
