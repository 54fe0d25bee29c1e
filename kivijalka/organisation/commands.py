"""Verbs of the organisation: rename, move, merge, split and end units; end roles. History stays with the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.organisation import rules
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.organisation.queries import numbers_below
from kivijalka.organisation.split import parts_of, proposal
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

IN_FORCE = Q(end__isnull=True)
# Named: inside a signature the Django plugin of the type checker misreads a model.
UpperUnit = Annotated[Unit, Ask(_("New upper unit"))]
UnitThatContinues = Annotated[Unit, Ask(_("Unit that continues"))]
NewUnit = Annotated[Unit, Ask(_("New unit"))]


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
    to: UpperUnit,
) -> Unit:
    """Put the unit, with all below it, under another."""
    refuse(rules.why_not_move(unit.number, to.number, numbers_below(unit.number), ended=to.end is not None))
    unit.parent = to
    unit.save(update_fields=["parent"])
    return unit


@command(
    _("Merge into another unit"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_("Records, persons, roles and units below move to the other unit. This unit ends."),
    final=True,
)
def merge(
    actor: Actor,
    unit: Unit,
    *,
    into: UnitThatContinues,
    on: Annotated[date, Ask(_("Last day of this unit"))],
) -> Unit:
    """End the unit and hand everything that it has to another."""
    ended = into.end is not None
    refuse(rules.why_not_continue(unit.number, into.number, numbers_below(unit.number), ended=ended, field="into"))
    refuse(rules.why_not_end(on, start=unit.start, has_units_below=False))
    hand_over(unit, into)
    unit.end = on
    unit.save(update_fields=["end"])
    return unit


@command(
    _("Split"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_(
        "This unit ends, and two or more continue. Roles and records go with the person who holds or owns them, unless a"
        " line names them. What you may not see and nobody here owns goes to the unit with the asterisk, else to the first."
    ),
    initial=proposal,
    final=True,
)
def split(
    actor: Actor,
    unit: Unit,
    *,
    parts: Annotated[
        str,
        Ask(
            _("Units that continue, and what goes to each"),
            _(
                "A unit: = and its code, or the name of a new one. Below it, codes of what goes there, or * for the rest."
            ),
            rows=16,
            example="= Pohjoinen\n*\n= Eteläinen",
        ),
    ],
    on: Annotated[date, Ask(_("Last day of this unit"))],
) -> Unit:
    """End the unit and hand everything that it has to two or more that continue."""
    refuse(rules.why_not_end(on, start=unit.start, has_units_below=False))
    planned = parts_of(unit, parts)
    homes = [part.there or below_the_same(unit, part.name, on + timedelta(days=1)) for part in planned]
    for part, home in zip(planned, homes, strict=True):
        hand_over(unit, home, records=part.takes)
    for part, home in zip(planned, homes, strict=True):
        hand_over(unit, home, owners=part.takes)
    hand_over(unit, next((home for part, home in zip(planned, homes, strict=True) if part.rest), homes[0]))
    unit.end = on
    unit.save(update_fields=["end"])
    return unit


@command(
    _("End the unit"),
    when=IN_FORCE & Q(parent__isnull=False),
    says=_("The unit stays in history; its roles end the same day."),
    final=True,
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


@command(
    _("Transfer"),
    when=IN_FORCE,
    says=_("Their roles at the present unit end at once. What they answer for is asked to be handed over."),
    final=True,
)
def transfer(
    actor: Actor,
    person: Person,
    *,
    to: NewUnit,
) -> Person:
    """Put the person to another unit; the database ends their roles at the old one and lapses what they answered for."""
    refuse(rules.why_not_transfer(person.unit_id, to.number, ended=to.end is not None))
    person.unit = to
    person.save(update_fields=["unit"])
    return person


@command(
    _("Mark as leaving"),
    when=IN_FORCE,
    says=_("After that day they reach nothing. What they answer for is asked to be handed over, a month before."),
    final=True,
)
def leave(
    actor: Actor,
    person: Person,
    *,
    on: Annotated[date, Ask(_("Last day"), _("Yesterday takes their access away at once."))],
) -> Person:
    """Say when the person's work here ends."""
    refuse(rules.why_not_end(on, start=person.start, has_units_below=False))
    person.end = on
    person.save(update_fields=["end"])
    return person


@command(_("End the role"), when=IN_FORCE, final=True)
def end_role(actor: Actor, role: Role, *, on: Annotated[date, Ask(_("Last day"))]) -> Role:
    """End the role on a day; what it reached is out of reach from the next day on."""
    refuse(rules.why_not_end(on, start=role.start, has_units_below=False))
    role.end = on
    role.save(update_fields=["end"])
    return role


def below_the_same(unit: Unit, name: str, start: date) -> Unit:
    """A new unit beside one, of its kind."""
    made = Unit.objects.create(parent_id=unit.parent_id, kind=unit.kind, name_fi=name, start=start)
    made.refresh_from_db(fields=["number"])
    return made


def hand_over(unit: Unit, into: Unit, *, records: list[UUID] | None = None, owners: list[UUID] | None = None) -> None:
    """Move records and what the owners own, or else everything; also what the acting person may not see."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.hand_over(%s, %s, %s, %s)", [unit.number, into.number, records, owners])
