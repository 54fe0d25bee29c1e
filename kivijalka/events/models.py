"""Loss events, and what was claimed for them."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner, part_of, writes_node
from kivijalka.events import rules
from kivijalka.insurance.models import euros
from kivijalka.policy.scales import DIMENSIONS
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Kept, Record, indexes

# Euros by the dimension in which a loss is felt; each euro stands in one of them.
LOSSES = tuple(f"{dimension}_eur" for dimension in DIMENSIONS)
NOTHING = Value(0, output_field=models.DecimalField(max_digits=14, decimal_places=2))


def total() -> Any:
    """What an event cost in all: in SQL, for the database to hold."""
    return reduce(add, (Coalesce(F(name), NOTHING) for name in LOSSES))


def loss(label: Any, help: Any = "") -> models.DecimalField[Any, Any]:
    """What was lost of one kind, where it is money; empty where it is not known, or nothing."""
    return euros(label, null=True, blank=True, help_text=help)


class Event(Record):
    """Something that did happen and cost: when, what, how much, and what of it came back."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("settled")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("L")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("what happened"))
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    happened_on = models.DateField(_("happened on"))
    found_on = models.DateField(_("found on"))
    people_eur = loss(_("people, €"), _("Care, absence and damages, as they were paid. No price is set on a person."))
    service_continuity_eur = loss(_("service continuity, €"), _("Stand-in work, overtime, replacing services."))
    finance_eur = loss(_("finance, €"), _("Repairs, things lost, income that was not had."))
    environment_eur = loss(_("environment, €"), _("Stopping the harm and restoring what it touched."))
    trust_eur = loss(_("trust, €"), _("Telling people and answering them."))
    law_privacy_eur = loss(_("law and privacy, €"), _("Penalties, damages, legal help."))
    loss_eur = models.GeneratedField(
        verbose_name=_("loss in all, €"),
        expression=total(),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    # Sums of its claims, and since when one of them waits for an answer; written by the verbs alone.
    claimed_eur = euros(_("claimed, €"), default=0, editable=False)
    recovered_eur = euros(_("recovered, €"), default=0, editable=False)
    unanswered_since = models.DateField(_("claim unanswered since"), null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, editable=False)
    outcome = models.TextField(_("what was learned"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="event_access",
                see=at_unit("event.view") | owner(),
                add=at_unit("event.edit"),
                edit=at_unit("event.edit") | owner(),
            ),
            models.CheckConstraint(
                condition=Q(**dict.fromkeys((f"{name}__gte" for name in LOSSES), 0)),
                name="event_loss_not_negative",
                violation_error_message=_("A loss is not negative. What came back is recorded as a claim."),
            ),
            models.CheckConstraint(
                condition=Q(recovered_eur__lte=total()),
                name="event_recovers_its_loss_at_most",
                violation_error_message=_(
                    "More would have come back than was lost. Mend the loss first, or the claim."
                ),
            ),
            models.CheckConstraint(
                condition=Q(found_on__gte=F("happened_on")),
                name="event_found_after_it_happened",
                violation_error_message=_("It is found on the day that it happened, or later."),
            ),
            Guard(
                name="event_has_happened",
                on="insert or update of happened_on, found_on",
                holds="new.found_on <= kj.today()",
                violation_error_message=_("An event has happened: its days are not in the future."),
            ),
        ]
        indexes = indexes("event", "unit", "owner", "state", "happened_on", "found_on", "loss_eur", "unanswered_since")

    def __str__(self) -> str:
        return self.title

    @property
    def is_priced(self) -> bool:
        """Whether anybody has said what it cost, be it nothing."""
        return any(getattr(self, name) is not None for name in LOSSES)

    def clean(self) -> None:
        """Each mistake at its own field."""
        reason = rules.why_not_days(self.happened_on, self.found_on, today=timezone.localdate())
        if reason is not None:
            raise ValidationError({str(reason.field): reason.text})


class Claim(Kept):
    """What was asked of an insurance, or of whoever caused the event; and what came of it."""

    belongs_to = "event"

    event = models.ForeignKey(Event, models.PROTECT, related_name="claims")
    at = models.DateTimeField(_("recorded at"), db_default=models.Func(function="now"))
    giver = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("recorded by"), related_name="+")
    insurance = models.ForeignKey(
        "insurance.Insurance",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("insurance claimed from"),
        related_name="+",
    )
    claimed_from = models.CharField(_("claimed from"), max_length=200)
    claimed_eur = models.DecimalField(
        _("claimed, €"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    claimed_on = models.DateField(_("claimed on"))
    paid_eur = euros(_("paid, €"), null=True, blank=True)
    paid_on = models.DateField(_("answered on"), null=True, blank=True)

    no_register = "part of an event, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="claim_access",
                see=part_of("event", "events_event"),
                add=writes_node("event") & owner("giver"),
                edit=writes_node("event"),
            ),
            models.CheckConstraint(condition=Q(claimed_eur__gt=0), name="claim_asks_for_something"),
            models.CheckConstraint(
                condition=Q(paid_eur__isnull=True, paid_on__isnull=True)
                | Q(paid_eur__gte=0, paid_on__gte=F("claimed_on")),
                name="claim_answered_after_it_was_made",
                violation_error_message=_("A claim is answered on the day that it was made, or later."),
            ),
        ]
        indexes = [models.Index(fields=["event", "at"], name="claim_by_event")]

    def __str__(self) -> str:
        return f"{self.claimed_from} {self.claimed_on:%Y-%m-%d}"
