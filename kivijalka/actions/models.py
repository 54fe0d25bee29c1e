"""Actions: one kind for the whole chain, whatever they answer to."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.register.models import CodeField, Record, indexes


class Action(Record):
    """Something to be done by somebody by a day, with the effect that it should have and how that will be measured."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        STARTED = "started", _("in progress")
        DONE = "done", _("done")
        EFFECT_CONFIRMED = "effect_confirmed", _("effect confirmed")
        NO_EFFECT = "no_effect", _("no effect found")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.PLANNED, State.STARTED)
    MEASURED = (State.EFFECT_CONFIRMED, State.NO_EFFECT)
    OVER = (*MEASURED, State.CANCELLED)
    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("A")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    due = models.DateField(_("due date"))
    cost_eur = models.DecimalField(
        _("cost, €"), max_digits=14, decimal_places=2, null=True, validators=[MinValueValidator(0)]
    )
    work_days = models.PositiveIntegerField(_("work, person-days"), null=True, blank=True)
    expected_effect = models.TextField(_("expected effect"))
    # The same as a number, for choosing among actions and for what a programme brings.
    expected_cut = models.PositiveSmallIntegerField(
        _("takes off of the yearly loss, %"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_("Of the expected yearly loss of each risk that it treats, once it is done. From 0 to 100."),
    )
    how_measured = models.TextField(_("how the effect will be measured"))
    effect_due = models.DateField(
        _("effect to be measured on"), null=True, blank=True, help_text=_("Empty means when the action is done.")
    )
    progress = models.PositiveSmallIntegerField(_("progress, %"), default=0, validators=[MaxValueValidator(100)])
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.PLANNED)
    completed_on = models.DateField(_("completed on"), null=True, blank=True)
    measured_effect = models.TextField(_("measured effect"), blank=True, default="")
    effect_measured_on = models.DateField(_("effect measured on"), null=True, blank=True)
    # On the day agreed, never before it is done; at the latest when somebody measured it anyway.
    effect_asked_on = models.GeneratedField(
        verbose_name=_("effect asked for on"),
        expression=Case(
            When(completed_on__isnull=False, then=Least(Greatest("effect_due", "completed_on"), "effect_measured_on"))
        ),
        output_field=models.DateField(),
        db_persist=True,
        null=True,
    )
    postponements = models.PositiveSmallIntegerField(_("times postponed"), default=0)

    class Meta:
        constraints = [
            Access(
                name="action_access",
                see=at_unit("action.view") | owner(),
                add=at_unit("action.edit"),
                edit=at_unit("action.edit") | owner(),
            ),
            models.CheckConstraint(
                condition=~Q(expected_effect="") & ~Q(how_measured=""),
                name="action_says_how_measured",
                violation_error_message=_("Write the expected effect and how it will be measured."),
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="action_progress_at_most_100"),
            models.CheckConstraint(
                condition=Q(expected_cut__isnull=True) | Q(expected_cut__lte=100),
                name="action_cuts_at_most_100",
                violation_error_message=_("More than all of a loss cannot be taken off. Write a number from 0 to 100."),
            ),
        ]
        indexes = indexes(
            "action", "unit", "owner", "state", "due", "progress", "cost_eur", "postponements", "effect_asked_on"
        )

    def __str__(self) -> str:
        return self.title
