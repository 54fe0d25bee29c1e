"""Standing in: a person gives a role, or all but personal ones, to a deputy for the days of an absence."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.organisation import rules
from kivijalka.organisation.models import Delegation, Person, Role, RoleKind
from kivijalka.register.command import translated
from kivijalka.register.doors.related import relate
from kivijalka.register.refusal import NotThere, Refused, refuse

# Kinds of role that are held in person: a board has elected deputies of its own, who oversees must be independent, and
# the power over access is given by name.
PERSONAL = ("board_member", "auditor", "access_administrator")


def write_personal(using: str = "default", **kwargs: Any) -> None:
    """Mark the kinds of role that are held in person."""
    RoleKind.objects.using(using).filter(key__in=PERSONAL).update(personal=True)


def give(
    actor: Actor, *, deputy: Person, start: date, end: date, role: Role | None = None, reason: str = ""
) -> Delegation:
    """Let a deputy act on one's behalf from one day to another, both included."""
    me = Person.objects.seen().filter(pk__in=[actor.principal]).first()
    if me is None:
        raise NotThere
    lent = [role] if role else roles_of(actor.principal)
    refuse(rules.why_not_lend_on(actor.on_behalf_of))
    refuse(rules.why_not_absent(start, end, today=timezone.localdate()))
    refuse(rules.why_not_deputy(actor.principal, deputy.pk, leaves=deputy.end, end=end))
    refuse(rules.why_not_lend([held.kind.personal for held in lent], one=role is not None))
    refuse(rules.why_not_overlap(bool(clashing(actor.principal, role, start, end))))
    with transaction.atomic():
        say_command("delegate")
        made: Delegation = translated(
            lambda: Delegation.objects.create(
                principal=me, deputy=deputy, role=role, start=start, end=end, reason=reason
            )
        )
    return made


def end_now(actor: Actor, pk: UUID) -> Delegation:
    """End a delegation of one's own at this moment, begun or not."""
    refuse(rules.why_not_lend_on(actor.on_behalf_of))
    with transaction.atomic():
        mine: Delegation | None = (
            Delegation.objects.select_for_update().filter(pk=pk, principal_id=actor.principal).first()
        )
        if mine is None:
            raise NotThere
        if mine.ended_at is not None or mine.end < timezone.localdate():
            raise Refused(_("This delegation has ended already."), code="state")
        say_command("end_delegation")
        mine.ended_at = Now()
        mine.save(update_fields=["ended_at"])
    return mine


def roles_of(person: UUID | None) -> list[Role]:
    """Roles that a person holds today or later, with kind and unit."""
    rows = Role.objects.filter(Q(end__isnull=True) | Q(end__gte=timezone.localdate()), person=person)
    return relate(rows.select_related("kind").order_by("start"), ["unit"])


def given_by(person: UUID | None) -> list[Delegation]:
    """Who stands, will stand or lately stood in for a person, the latest first."""
    rows = Delegation.objects.filter(principal=person).order_by("-start")
    return relate(rows.select_related("role__kind")[:20], ["deputy"])


def given_to(person: UUID | None, today: date) -> list[Delegation]:
    """For whom a person stands in now or later, the soonest first."""
    rows = Delegation.objects.filter(deputy=person, end__gte=today, ended_at__isnull=True).order_by("start")
    return relate(rows, ["principal"])


def clashing(person: UUID | None, role: Role | None, start: date, end: date) -> QuerySet[Delegation]:
    """Delegations of the same role, or of all, on some of the same days."""
    rows = Delegation.objects.filter(principal=person, ended_at__isnull=True, start__lte=end, end__gte=start)
    return rows.filter(Q(role=role) | Q(role__isnull=True)) if role else rows
