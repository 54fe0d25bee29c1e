"""Verbs of the organisation: rename, move, merge, split and end units; end roles. History stays with the database."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.organisation import rules
from kivijalka.organisation.models import Role, Unit
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

IN_FORCE = Q(end__isnull=True)


@command(_("Rename"), when=IN_FORCE)
def rename(
    actor: Actor,
    unit: Unit,
    *,
    name_fi: Annotated[str, Ask(_("Name in Finnish"))],
    name_sv: Annotated[str, Ask(_("Name in Swedish"))] = "",
    name_en: Annotated[str, Ask(_("Name in English"))] = "",
) -> Unit:
    """Give the unit new names; the old ones stay in its history."""
    unit.name_fi, unit.name_sv, unit.name_en = name_fi, name_sv, name_en
    unit.save(update_fields=["name_fi", "name_sv", "name_en"])
    return unit


@command(
    _("Move"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_("Everyone with a role above the new place will reach this unit; those above the old one no longer."),
)
def move(
    actor: Actor,
    unit: Unit,
    *,
    to: Annotated[Unit, Ask(_("New upper unit"))],  # type: ignore[valid-type]  # the Django plugin misreads models here
) -> Unit:
    """Put the unit, with all below it, under another."""
    refuse(rules.why_not_move(unit.number, to.number, numbers_below(unit), ended=to.end is not None))
    unit.parent = to
    unit.save(update_fields=["parent"])
    return unit


@command(
    _("Merge into another unit"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_("Records, persons, roles and units below move to the other unit. This unit ends."),
)
def merge(
    actor: Actor,
    unit: Unit,
    *,
    into: Annotated[Unit, Ask(_("Unit that continues"))],  # type: ignore[valid-type]  # as above
    on: Annotated[date, Ask(_("Last day of this unit"))],
) -> Unit:
    """End the unit and hand everything that it has to another."""
    refuse(rules.why_not_move(unit.number, into.number, numbers_below(unit), ended=into.end is not None))
    refuse(rules.why_not_end(on, start=unit.start, has_units_below=False))
    hand_over(unit, into)
    unit.end = on
    unit.save(update_fields=["end"])
    return unit


@command(
    _("End the unit"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_("The unit stays in history; its roles end the same day."),
)
def end_unit(actor: Actor, unit: Unit, *, on: Annotated[date, Ask(_("Last day"))]) -> Unit:
    """End the unit. Refused while units are in force below it."""
    below = Unit.objects.seen().filter(parent=unit.number, end__isnull=True).exists()
    refuse(rules.why_not_end(on, start=unit.start, has_units_below=below))
    unit.end = on
    unit.save(update_fields=["end"])
    with connection.cursor() as cursor:
        cursor.execute("select kj.end_roles(%s, %s)", [unit.number, on])
    return unit


@command(_("End the role"), when=IN_FORCE)
def end_role(actor: Actor, role: Role, *, on: Annotated[date, Ask(_("Last day"))]) -> Role:
    """End the role on a day; what it reached is out of reach from the next day on."""
    refuse(rules.why_not_end(on, start=role.start, has_units_below=False))
    role.end = on
    role.save(update_fields=["end"])
    return role


def numbers_below(unit: Unit) -> set[int]:
    """Numbers of the unit and of all below it."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.below(%s)", [unit.number])
        return {row[0] for row in cursor.fetchall()}


def hand_over(unit: Unit, into: Unit) -> None:
    """Move every record of every register, also those that the acting person may not see."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.hand_over(%s, %s)", [unit.number, into.number])
