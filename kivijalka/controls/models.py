"""Controls and their tests."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner, part_of, writes_node
from kivijalka.register.models import CodeField, Kept, Record, indexes


class Control(Record):
    """A measure that keeps a risk at its level, or changes it (ISO 31000). What shows that it works is its last test."""

    class Kind(models.TextChoices):
        PREVENTIVE = "preventive", _("preventive control")
        DETECTIVE = "detective", _("detective control")
        CORRECTIVE = "corrective", _("corrective control")

    class State(models.TextChoices):
        IN_USE = "in_use", _("in use")
        ENDED = "ended", _("ended")

    class Result(models.TextChoices):
        WORKS = "works", _("works")
        FAILED = "failed", _("does not work")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("C")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.PREVENTIVE)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.IN_USE)
    # Of the last test; a control that was never tested has neither.
    result = models.CharField(_("result of the last test"), max_length=10, choices=Result, blank=True, default="")
    tested_on = models.DateField(_("last tested"), null=True, blank=True)
    next_test = models.DateField(_("next test"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="control_access",
                see=at_unit("control.view") | owner(),
                add=at_unit("control.edit"),
                edit=at_unit("control.edit") | owner(),
                verbs={"treat": at_unit("control.edit") & at_unit("action.edit")},
            ),
            models.CheckConstraint(
                condition=Q(result="", tested_on__isnull=True) | (~Q(result="") & Q(tested_on__isnull=False)),
                name="control_result_has_its_day",
                violation_error_message=_("The result of a test has its day."),
            ),
        ]
        indexes = indexes("control", "unit", "owner", "kind", "state", "result", "tested_on", "next_test")

    def __str__(self) -> str:
        return self.title


class ControlTest(Kept):
    """One test of a control: what came of it, and what shows it. Never edited."""

    belongs_to = "control"

    control = models.ForeignKey(Control, models.PROTECT, related_name="tests")
    at = models.DateTimeField(_("recorded at"), db_default=models.Func(function="now"))
    on = models.DateField(_("tested on"))
    tester = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("tested by"), related_name="+")
    result = models.CharField(_("result"), max_length=10, choices=Control.Result)
    evidence = models.TextField(_("evidence"))

    no_register = "part of a control, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="controltest_access",
                see=part_of("control", "controls_control"),
                add=writes_node("control") & owner("tester"),
                edit=Q(pk__in=[]),
            ),
        ]
        indexes = [models.Index(fields=["control", "at"], name="controltest_by_control")]

    def __str__(self) -> str:
        return f"{self.get_result_display()} {self.on:%Y-%m-%d}"
