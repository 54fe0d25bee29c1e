"""Indicators with their values, and signals."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner, part_of, writes_node
from kivijalka.monitoring import rules
from kivijalka.register.models import CodeField, Kept, Record, indexes


class Indicator(Record):
    """A figure that tells of a risk before it comes true. Its limit is the last value that is still good."""

    class Direction(models.TextChoices):
        HIGH_IS_BAD = "high_is_bad", _("high values are bad")
        LOW_IS_BAD = "low_is_bad", _("low values are bad")

    class Standing(models.TextChoices):
        UNKNOWN = "unknown", _("no value yet")
        GOOD = "good", _("within its limit")
        WARNING = "warning", _("near its limit")
        PAST = "past", _("past its limit")

    class State(models.TextChoices):
        FOLLOWED = "followed", _("followed")
        ENDED = "ended", _("ended")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("I")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    source = models.CharField(_("source of the values"), max_length=200)
    measured_in = models.CharField(_("measured in"), max_length=40)
    direction = models.CharField(
        _("which values are bad"), max_length=12, choices=Direction, default=Direction.HIGH_IS_BAD
    )
    warning = models.DecimalField(
        _("warning from"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("A value that is still good, and from which one looks closer."),
    )  # fmt: skip
    limit = models.DecimalField(_("limit"), max_digits=18, decimal_places=4)
    every_days = models.PositiveSmallIntegerField(_("a value every (days)"), default=30)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.FOLLOWED, editable=False)
    # Of the latest value, by its day.
    value = models.DecimalField(
        _("latest value"), max_digits=18, decimal_places=4, null=True, blank=True, editable=False
    )
    value_on = models.DateField(_("measured on"), null=True, blank=True, editable=False)
    next_value = models.DateField(
        _("next value due"), null=True, blank=True, editable=False, db_default=Cast(Now(), models.DateField())
    )
    standing = models.CharField(
        _("standing"), max_length=10, choices=Standing, default=Standing.UNKNOWN, editable=False
    )

    class Meta:
        constraints = [
            Access(
                name="indicator_access",
                see=at_unit("indicator.view") | owner(),
                add=at_unit("indicator.edit"),
                edit=at_unit("indicator.edit") | owner(),
            ),
            models.CheckConstraint(
                condition=Q(warning__isnull=True)
                | Q(direction="high_is_bad", warning__lt=F("limit"))
                | Q(direction="low_is_bad", warning__gt=F("limit")),
                name="indicator_warns_before_its_limit",
                violation_error_message=_("The warning comes before the limit is reached."),
            ),
        ]
        indexes = indexes("indicator", "unit", "owner", "state", "standing", "next_value")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Where it stands follows from its value and limits, whichever of them changed."""
        self.standing = rules.standing(
            self.value, self.warning, self.limit, high_is_bad=self.direction == "high_is_bad"
        )
        super().save(*args, **kwargs)


class IndicatorValue(Kept):
    """One value of an indicator. Never edited: a later one for the same day takes its place."""

    belongs_to = "indicator"

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="values")
    at = models.DateTimeField(_("recorded at"), db_default=models.Func(function="now"))
    on = models.DateField(_("measured on"))
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)
    giver = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("recorded by"), related_name="+")
    note = models.TextField(_("note"), blank=True, default="")

    no_register = "part of an indicator, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="indicatorvalue_access",
                see=part_of("indicator", "monitoring_indicator"),
                add=writes_node("indicator") & owner("giver"),
                edit=Q(pk__in=[]),
            ),
        ]
        indexes = [models.Index(fields=["indicator", "on"], name="value_by_indicator")]

    def __str__(self) -> str:
        return f"{self.value} {self.on:%Y-%m-%d}"


class Signal(Record):
    """A sign of change outside: a new law, an incident elsewhere. The risks that it touches are looked at again."""

    class Kind(models.TextChoices):
        LAW = "law", _("law or guidance")
        INCIDENT = "incident", _("incident elsewhere")
        ENVIRONMENT = "environment", _("change in the environment")
        TECHNOLOGY = "technology", _("technology")
        WEAK = "weak", _("weak signal")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        HANDLED = "handled", _("handled")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("S")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ENVIRONMENT)
    source = models.CharField(_("source"), max_length=300, blank=True, default="")
    seen_on = models.DateField(_("noticed on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, editable=False)
    outcome = models.TextField(_("what it means for us"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="signal_access",
                see=at_unit("signal.view") | owner(),
                add=at_unit("signal.edit"),
                edit=at_unit("signal.edit") | owner(),
            )
        ]
        indexes = indexes("signal", "unit", "owner", "kind", "state", "seen_on")

    def __str__(self) -> str:
        return self.title
