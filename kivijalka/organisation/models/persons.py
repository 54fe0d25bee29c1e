"""A person, and the account that they sign in with."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit
from kivijalka.organisation.models.shapes import NO_LATER_END, OF_ANOTHER, Concatenated
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, FinnishOrder, Record, indexes

# The address of what a program acts as: nobody signs in with it, nothing is sent there.
PROGRAM = "@program.invalid"
# By hand, or for the system that knows who works here.
_EDITS = at_unit("person.edit") | at_unit("person.provision")


class Person(Record):
    """Somebody who works for the city or a partner. Whether they can sign in is their account's business."""

    names_to_pick = ("email", "full_name", "external_id")
    # A program answers for nothing; it is found among the service accounts.
    to_offer = ~Q(email__endswith=PROGRAM)

    class Language(models.TextChoices):
        FI = "fi", "suomi"
        SV = "sv", "svenska"
        EN = "en", "English"

    code = CodeField("P")
    given_name = models.CharField(_("given name"), max_length=100)
    family_name = models.CharField(_("family name"), max_length=100)
    full_name = models.GeneratedField(
        expression=Concatenated("given_name", models.Value(" "), "family_name"),
        output_field=models.CharField(max_length=201),
        db_persist=True,
        verbose_name=_("name"),
    )
    email = models.EmailField(_("e-mail"), unique=True)
    # What the systems that a city's persons come from call them.
    user_name = models.CharField(_("user name"), max_length=254, unique=True, null=True, blank=True)
    external_id = models.CharField(_("id in the source system"), max_length=200, unique=True, null=True, blank=True)
    # A column, so that it is found by its index: a rule of access lets no function of a column be asked first.
    signs_in_as = models.GeneratedField(
        expression=Lower(Coalesce("user_name", "email", output_field=models.CharField())),
        output_field=models.CharField(max_length=254),
        db_persist=True,
        verbose_name=_("user name or address"),
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FI)
    work_title = models.CharField(_("work title"), max_length=200, blank=True, default="")
    start = models.DateField(_("start"), default=timezone.localdate)
    end = models.DateField(_("end"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="person_access",
                see=at_unit("person.view"),
                add=_EDITS,
                edit=_EDITS,
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="person_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end, or leave it empty."),
            ),
            models.UniqueConstraint(
                fields=["signs_in_as"],
                name="person_signs_in_once",
                violation_error_message=_(
                    "Somebody signs in with this user name or address already. Give another one."
                ),
            ),
            Guard(
                name="person_stays_by_another",
                holds=f"{OF_ANOTHER.format('id')} or {NO_LATER_END}",
                on="update",
                of_site=True,
                violation_error_message=_("Nobody moves their own last day to later. Ask somebody else to."),
            ),
        ]
        indexes = [
            *indexes("person", "unit", "language", "start", "end", "email"),
            models.Index(FinnishOrder("family_name"), "id", name="person_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Accounts(BaseUserManager):  # type: ignore[type-arg]  # generic in the stubs only
    """Finds an account by the address that a person signs in with, in any spelling of its letters."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email__iexact=(username or "").strip())


class Account(AbstractBaseUser):
    """What somebody signs in with. Apart from Person, so that no list, history or export can hold a password's hash."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="account", db_constraint=True)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    objects = Accounts()

    no_register = "sign-in only"
    site_may = "select, update"
