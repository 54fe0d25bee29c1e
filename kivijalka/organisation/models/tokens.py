"""What a program acts with in the name of a person: never more than they may, and as much less as they choose."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.organisation.models.persons import Person
from kivijalka.organisation.models.service_accounts import ServiceAccount
from kivijalka.organisation.models.units import Unit
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Record, indexes
from kivijalka.register.registry import REGISTERS


class Token(Record):
    """A token of the API. With chosen registers or a unit it acts by its holder's roles alone, not by what they own."""

    owner_column = "person_id"
    names_to_pick = ("code",)

    code = CodeField("Q")
    name = models.CharField(_("what it is for"), max_length=100)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("holder"), related_name="tokens")
    # The program that acts as itself with it; its holder is who answers for that. Else it acts in the holder's name.
    service = models.ForeignKey(
        ServiceAccount, models.PROTECT, verbose_name=_("service account"), null=True, editable=False, related_name="tokens"
    )  # fmt: skip
    reads = models.BooleanField(_("only reads"), default=True, editable=False)
    # Keys of registers, parted by spaces; empty: all.
    registers = models.CharField(_("registers"), max_length=400, blank=True, default="", editable=False)
    within = models.ForeignKey(
        Unit, models.PROTECT, to_field="number", verbose_name=_("unit and below"), null=True, editable=False,
        related_name="+",
    )  # fmt: skip
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    # By the door: once a day, so that the history tells the days of its use.
    used_on = models.DateField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="token_access",
                see=owner("person") | at_unit("token.view"),
                add=owner("person"),
                edit=owner("person") | at_unit("token.edit"),
            ),
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="token_ends_after_start",
                violation_error_message=_("The end is before the start. Choose a later end."),
            ),
            Guard(
                name="token_made_by_oneself",
                holds="kj.person() = new.person_id and kj.behalf() is null and kj.token() is null and ("
                "new.service_id is null or exists (select from organisation_serviceaccount s"
                " where s.id = new.service_id and s.owner_id = new.person_id))",
                on="insert",
                of_site=True,
                violation_error_message=_("A token is made by its holder in person, never by another token."),
            ),
            Guard(
                name="token_never_widens",
                holds="row(new.person_id, new.service_id, new.registers, new.within_id, new.reads)"
                " is not distinct from row(old.person_id, old.service_id, old.registers, old.within_id, old.reads)"
                """ and new."end" <= old."end" and (old.revoked_at is null or new.revoked_at is not null)""",
                on="update",
                of_site=True,
                violation_error_message=_("A token is not widened. Make a new one, and revoke this."),
            ),
        ]
        indexes = indexes("token", "unit", "person", "start", "end")

    def __str__(self) -> str:
        return self.name

    def get_registers_display(self) -> str:
        """The chosen registers as people know them."""
        return ", ".join(str(found.names[1]) for key, found in REGISTERS.items() if key in self.registers.split())


class TokenKey(models.Model):
    """The hash of a token's secret, and how often it came this minute: apart from the token, so that no history holds it."""

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="secret")
    hash = models.BinaryField(max_length=32, unique=True)
    minute = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)

    no_register = "sign-in only"
    site_may = "select, insert"
