"""A role that a person holds at a unit, its kinds, and what they grant."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.organisation.models.persons import Person
from kivijalka.organisation.models.shapes import NO_LATER_END, OF_ANOTHER, OF_NO_PROGRAM_OF_MINE, DateRange
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Confidentiality, Named, Record, indexes


class RoleKind(Named):
    """A kind of role, such as head of unit. What it grants stands in `Grant`."""

    key = models.CharField(max_length=40, primary_key=True)
    # Held in person: a deputy of its holder does not act with it.
    personal = models.BooleanField(default=False)

    no_register = "data of the policy, edited with it"


class Grant(models.Model):
    """A right that a kind of role gives, up to a level of confidentiality, as far as its reach goes."""

    class Reach(models.TextChoices):
        UNIT = "unit"
        BELOW = "below"
        EVERYWHERE = "everywhere"

    kind = models.ForeignKey(RoleKind, models.CASCADE)
    right = models.CharField(max_length=60)
    confidentiality = models.PositiveSmallIntegerField(choices=Confidentiality)
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.BELOW)

    no_register = "written from the role kinds' patterns"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "right"], name="grant_once")]


class Role(Record):
    """A role that a person holds at a unit for a time; it reaches down the tree."""

    owner_column = "person_id"
    names_to_pick = ("code",)
    # A program acts by roles of its own.
    may_name = ("person",)

    code = CodeField("T")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"), related_name="roles")
    kind = models.ForeignKey(RoleKind, models.PROTECT, verbose_name=_("role"))
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="role_access",
                see=at_unit("role.view") | owner("person"),
                add=at_unit("role.edit"),
                edit=at_unit("role.edit"),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="role_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            Guard(
                name="role_given_by_another",
                # One's own may be ended sooner, and nothing else.
                holds=f"({OF_ANOTHER.format('person_id')} and {OF_NO_PROGRAM_OF_MINE})"
                f" or (new.start >= old.start and {NO_LATER_END}"
                " and row(new.person_id, new.kind_id, new.unit_id) = row(old.person_id, old.kind_id, old.unit_id))",
                of_site=True,
                violation_error_message=_(
                    "Nobody gives a role to themselves, or to a program that they answer for, or widens it. Ask somebody else"
                    " who may."
                ),
            ),
            ExclusionConstraint(
                name="role_held_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (DateRange.of_days(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_(
                    "This person holds the role at this unit during that time already. End the earlier one first."
                ),
            ),
        ]
        indexes = indexes("role", "person", "kind", "unit", "start", "end")

    def __str__(self) -> str:
        return f"{self.kind}, {self.person}"
