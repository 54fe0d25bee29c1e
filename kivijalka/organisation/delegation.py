"""Standing in: a person gives a role, or all but personal ones, to a deputy for the days of an absence."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor, current_actor
from kivijalka.organisation import rules
from kivijalka.organisation.models import Delegation, Person, Role, RoleKind
from kivijalka.register.command import command
from kivijalka.register.doors.related import relate
from kivijalka.register.refusal import refuse

# Kinds of role that are held in person: a board has elected deputies of its own, who oversees must be independent, and
# the power over access is given by name.
PERSONAL = ("board_member", "auditor", "access_administrator")


def write_personal(using: str = "default", **kwargs: Any) -> None:
    """Mark the kinds of role that are held in person."""
    RoleKind.objects.using(using).filter(key__in=PERSONAL).update(personal=True)


@command(_("End now"), when=Q(ended_at__isnull=True), final=True)
def end_now(actor: Actor, delegation: Delegation) -> Delegation:
    """End the delegation at this moment, begun or not."""
    refuse(rules.why_not_lend_on(actor.on_behalf_of))
    delegation.ended_at = timezone.now()
    delegation.save(update_fields=["ended_at"])
    return delegation


@command(
    _("I know"),
    when=Q(known_at__isnull=True),
    says=_("It stays in force until its end; end it if you are back."),
    final=True,
)
def know(actor: Actor, delegation: Delegation) -> Delegation:
    """Say that you know who stands in for you, named by somebody else."""
    refuse(rules.why_not_lend_on(actor.on_behalf_of))
    delegation.known_at = timezone.now()
    delegation.save(update_fields=["known_at"])
    return delegation


def refuse_delegation(given: Delegation) -> None:
    """Refuse a delegation that makes no sense: to oneself, of what is personal, twice; or one that is lent on."""
    actor = current_actor()
    own = given.principal_id == actor.principal
    lent = [given.role] if given.role else roles_of(given.principal_id)
    refuse(rules.why_not_lend_on(actor.on_behalf_of))
    if given._state.adding:
        refuse(rules.why_not_absent(given.start, given.end, today=timezone.localdate()))
    # Nobody is told when somebody leaves whom they may not see.
    leaves = Person.objects.seen().filter(pk=given.deputy_id).values_list("end", flat=True).first()
    refuse(rules.why_not_deputy(given.principal_id, given.deputy_id, leaves=leaves, end=given.end))
    refuse(rules.why_not_theirs([role.person_id for role in lent], given.principal_id))
    refuse(rules.why_not_lend([role.kind.personal for role in lent], one=given.role is not None, own=own))
    clashes = clashing(given.principal_id, given.role, given.start, given.end).exclude(pk=given.pk)
    refuse(rules.why_not_overlap(clashes.exists(), own=own))


def roles_of(person: UUID | None) -> list[Role]:
    """Roles that a person holds today or later, with kind and unit."""
    rows = Role.objects.filter(Q(end__isnull=True) | Q(end__gte=timezone.localdate()), person=person)
    return relate(rows.select_related("kind").order_by("start"), ["unit"])


def given_by(person: UUID | None) -> list[Delegation]:
    """Who stands, will stand or lately stood in for a person, the latest first."""
    rows = Delegation.objects.filter(principal=person).order_by("-start")
    return relate(rows.select_related("role__kind")[:20], ["deputy", "named_by"])


def given_to(person: UUID | None, today: date) -> list[Delegation]:
    """For whom a person stands in now or later, the soonest first."""
    rows = Delegation.objects.filter(deputy=person, end__gte=today, ended_at__isnull=True).order_by("start")
    return relate(rows, ["principal"])


def clashing(person: UUID | None, role: Role | None, start: date, end: date) -> QuerySet[Delegation]:
    """Delegations of the same role, or of all, on some of the same days."""
    rows = Delegation.objects.filter(principal=person, ended_at__isnull=True, start__lte=end, end__gte=start)
    return rows.filter(Q(role=role) | Q(role__isnull=True)) if role else rows
