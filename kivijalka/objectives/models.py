"""Objectives."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.register.models import CodeField, Record, indexes


class Objective(Record):
    """A result to be reached (ISO 31000); a risk is the effect of uncertainty on one."""

    class State(models.TextChoices):
        PURSUED = "pursued", _("pursued")
        REACHED = "reached", _("reached")
        GIVEN_UP = "given_up", _("given up")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("O")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    measure = models.TextField(_("how one sees that it is reached"), blank=True, default="")
    due = models.DateField(_("to be reached by"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PURSUED, editable=False)
    outcome = models.TextField(_("what came of it"), blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="objective_access",
                see=at_unit("objective.view") | owner(),
                add=at_unit("objective.edit"),
                edit=at_unit("objective.edit") | owner(),
            )
        ]
        indexes = indexes("objective", "unit", "owner", "state", "due")

    def __str__(self) -> str:
        return self.title
