"""Insurances."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.register.models import CodeField, Record, indexes


def euros(label: Any, **given: Any) -> models.DecimalField[Any, Any]:
    """A field of whole or broken euros, never negative."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, validators=[MinValueValidator(0)], **given)


class Insurance(Record):
    """A contract that shares a risk (ISO 31000): of each loss the city bears the deductible, and what is over the limit."""

    class State(models.TextChoices):
        IN_FORCE = "in_force", _("in force")
        ENDED = "ended", _("ended")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("N")
    title = models.CharField(_("title"), max_length=200)
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    insurer = models.CharField(_("insurer"), max_length=200)
    contract_number = models.CharField(_("number of the contract"), max_length=60, blank=True, default="")
    covers = models.TextField(_("what is covered"))
    excludes = models.TextField(_("what is not covered"), blank=True, default="")
    deductible_eur = euros(_("deductible of a loss, €"))
    limit_eur = euros(
        _("loss up to which it pays, €"), help_text=_("Of a loss it pays what is between the deductible and this.")
    )
    aggregate_eur = euros(_("most paid in a year, €"), null=True, blank=True)
    premium_eur = euros(_("premium of a year, €"))
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(_("in force to"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.IN_FORCE, editable=False)

    class Meta:
        constraints = [
            Access(
                name="insurance_access",
                see=at_unit("insurance.view") | owner(),
                add=at_unit("insurance.edit"),
                edit=at_unit("insurance.edit") | owner(),
            ),
            models.CheckConstraint(
                condition=Q(limit_eur__gt=F("deductible_eur")),
                name="insurance_pays_over_its_deductible",
                violation_error_message=_("The insurance pays from the deductible up to a limit above it."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")),
                name="insurance_ends_after_its_start",
                violation_error_message=_("The end is before the start."),
            ),
        ]
        indexes = indexes("insurance", "unit", "owner", "state", "valid_to", "premium_eur")

    def __str__(self) -> str:
        return self.title
