"""A delegation: a deputy acts for somebody who is away."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.organisation.models.persons import Person
from kivijalka.organisation.models.roles import Role
from kivijalka.organisation.models.shapes import OF_ANOTHER, DateRange
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Record, indexes

# What another names is no more than what they lead: roles, and what is owned and imported, which goes to a deputy too.
WITHIN_REACH = (
    "new.principal_id = kj.actor() or new.ended_at is not null or not (exists (select from"
    " organisation_role r join organisation_rolekind k on k.key = r.kind_id where not k.personal"
    " and r.person_id = new.principal_id and coalesce(r.id = new.role_id, true)"
    """ and coalesce(r."end" >= kj.today(), true) and not r.unit_id <@ kj.reach('delegation.edit'))"""
    " or exists (select from register_node n where n.owner_id = new.principal_id"
    " and not n.key <@ kj.reach_of_all('view'))"
    " or exists (select from register_importfile f where f.person_id = new.principal_id"
    " and not f.key <@ kj.reach('import.view')))"
)


class Delegation(Record):
    """While somebody is away, a deputy acts on their behalf: with one of their roles, or with all but personal ones.

    It stands at the absent person's unit, by trigger. Named by another where they could not do it themselves.
    """

    owner_column = "principal_id"
    names_to_pick = ("code",)

    code = CodeField("D")
    principal = models.ForeignKey(Person, models.PROTECT, verbose_name=_("absent"), related_name="delegations")
    deputy = models.ForeignKey(Person, models.PROTECT, verbose_name=_("deputy"), related_name="deputised")
    role = models.ForeignKey(
        Role,
        models.PROTECT,
        verbose_name=_("role"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: all that can be given."),
    )
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    # By trigger: whoever wrote it for the absent person, and since when that person knows.
    named_by = models.ForeignKey(
        Person, models.PROTECT, verbose_name=_("named by"), null=True, editable=False, related_name="+"
    )
    known_at = models.DateTimeField(_("known to the absent person"), null=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="delegation_access",
                see=owner("principal") | owner("deputy") | at_unit("delegation.view"),
                add=owner("principal") | at_unit("delegation.edit"),
                edit=owner("principal") | at_unit("delegation.edit"),
                verbs={"know": owner("principal")},
            ),
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="delegation_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end."),
            ),
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")),
                name="delegation_to_another",
                violation_error_message=_("One cannot be one's own deputy. Choose another person."),
            ),
            Guard(
                name="delegation_not_to_whoever_names",
                holds=f"{OF_ANOTHER.format('deputy_id')} or new.ended_at is not null",
                of_site=True,
                violation_error_message=_("Nobody makes themselves a deputy. Ask somebody else who leads the unit."),
            ),
            Guard(
                name="delegation_within_reach",
                holds=WITHIN_REACH,
                of_site=True,
                violation_error_message=_(
                    "They hold a role, or own something, beyond your reach. Choose one role that is within it, or ask"
                    " whoever leads above."
                ),
            ),
            ExclusionConstraint(
                name="delegation_once",
                expressions=[
                    ("principal", RangeOperators.EQUAL),
                    (Coalesce("role", "principal"), RangeOperators.EQUAL),
                    (DateRange.of_days(), RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at__isnull=True),
                violation_error_message=_("Somebody stands in for you during that time already. End that first."),
            ),
        ]
        indexes = indexes("delegation", "unit", "principal", "deputy", "start", "end")

    def __str__(self) -> str:
        return f"{self.code} {self.principal}: {self.deputy}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The unit is the database's to give."""
        super().clean_fields({*(exclude or ()), "unit"})

    def clean(self) -> None:
        """What a delegation must be, whoever gives it."""
        from kivijalka.organisation.delegation import refuse_delegation

        refuse_delegation(self)
