"""A program that acts as itself, and who answers for it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.organisation.models.persons import Person
from kivijalka.organisation.models.shapes import OF_ANOTHER
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Record, indexes


class ServiceAccount(Record):
    """A program. It acts by roles of its own, by tokens that whoever answers for it makes, until its last day.

    Roles, history and records know persons: a trigger makes the one that it acts as, who has no account to sign in with.
    """

    owner_column = "owner_id"
    names_to_pick = ("name",)

    code = CodeField("W")
    name = models.CharField(_("name of the program"), max_length=100)
    owner = models.ForeignKey(Person, models.PROTECT, verbose_name=_("who answers for it"), related_name="+")
    start = models.DateField(_("start"))
    end = models.DateField(_("last day"), help_text=_("Yesterday takes its access away at once."))
    acts_as = models.OneToOneField(
        Person, models.PROTECT, verbose_name=_("acts as"), null=True, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            Access(
                name="serviceaccount_access",
                see=at_unit("service_account.view") | owner("owner"),
                add=at_unit("service_account.edit"),
                edit=at_unit("service_account.edit"),
            ),
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="serviceaccount_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end."),
            ),
            Guard(
                name="serviceaccount_taken_over_by_another",
                holds=f"{OF_ANOTHER.format('owner_id')} or new.owner_id = old.owner_id",
                on="update",
                of_site=True,
                violation_error_message=_("Nobody takes over a program with the roles it has. Ask somebody else to."),
            ),
        ]
        indexes = indexes("serviceaccount", "unit", "owner", "start", "end")

    def __str__(self) -> str:
        return self.name
