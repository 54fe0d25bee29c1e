"""Choices among actions: what is asked, what was worked out for whom, and what was decided."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, nobody, oneself, owner, part_of, writes_node
from kivijalka.actions.models import Action
from kivijalka.policy.models import PolicyVersion
from kivijalka.programmes.models.programmes import Priority
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, DeclaredAccess, Kept, NewId, Record, SeenQuerySet, indexes
from kivijalka.risks.models import Risk

# What reorganising and handing over move; what was decided stays.
FROZEN = (
    "old.state <> 'decided' or"
    " to_jsonb(new) - array['unit_id', 'owner_id', 'confidentiality', 'key', 'version']"
    " = to_jsonb(old) - array['unit_id', 'owner_id', 'confidentiality', 'key', 'version']"
)
WHILE_DRAFT = "exists (select 1 from programmes_choice c where c.id = new.choice_id and c.state = 'draft')"
STANDS = _("The choice is decided and stays as it was. Make a new one.")


def _euros(label: Any, **given: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=16, decimal_places=2, **given)


class Choice(Record):
    """Which of the planned actions of a unit and those below it are taken, under a budget: so that the least is lost."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        DECIDED = "decided", _("decided")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("CH")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    budget_eur = _euros(_("budget, €"), validators=[MinValueValidator(0)])
    budget_days = models.PositiveIntegerField(
        _("work at most, person-days"), null=True, blank=True, help_text=_("Empty means that work is not limited.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    decided_by = models.ForeignKey(
        "organisation.Person",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("decided by"),
        related_name="+",
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True, editable=False)
    decision_reason = models.TextField(_("reason for the decision"), blank=True, default="", editable=False)
    policy_version = models.ForeignKey(
        PolicyVersion,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("under policy"),
        related_name="+",
    )
    # At most so much of the loss that is left could another set have saved.
    gap_percent = models.DecimalField(
        _("at most so far from the best, %"), max_digits=7, decimal_places=4, null=True, blank=True, editable=False
    )

    class Meta:
        constraints = [
            Access(
                name="choice_access",
                see=at_unit("choice.view") | owner(),
                add=at_unit("choice.edit"),
                edit=at_unit("choice.edit") | owner(),
                verbs={"decide": at_unit("choice.edit")},
            ),
            Guard(name="choice_is_frozen", on="update", holds=FROZEN, violation_error_message=STANDS),
        ]
        indexes = indexes("choice", "unit", "owner", "state", "decided_on", "budget_eur")

    def __str__(self) -> str:
        return self.title


class Least(Kept):
    """At least so much of a choice's money goes to actions of programmes that serve a priority."""

    belongs_to = "choice"

    choice = models.ForeignKey(Choice, models.PROTECT, related_name="+")
    priority = models.ForeignKey(Priority, models.PROTECT, verbose_name=_("priority"), related_name="+")
    least_eur = _euros(_("at least, €"), validators=[MinValueValidator(0)])

    no_register = "part of a choice, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="least_access",
                see=part_of("choice", "programmes_choice"),
                add=writes_node("choice"),
                edit=writes_node("choice"),
            ),
            models.UniqueConstraint(fields=["choice", "priority"], name="least_once"),
            Guard(name="least_while_draft", holds=WHILE_DRAFT, violation_error_message=STANDS),
        ]


class ChosenAction(Kept):
    """An action of a decided choice, taken or not: what it cost then, and why. Never edited."""

    class Why(models.TextChoices):
        TAKEN = "taken", _("taken: without it more would be lost")
        EXCLUDED = "excluded", _("excluded by one that is taken")
        NEEDS = "needs", _("needs one that is not taken")
        MONEY = "money", _("the money goes to what saves more")
        DAYS = "days", _("the work goes to what saves more")
        NOTHING = "nothing", _("saves nothing beside what is taken")
        NEAR = "near", _("as good as what is taken, within what is proved")

    belongs_to = "choice"

    choice = models.ForeignKey(Choice, models.PROTECT, related_name="+")
    action = models.ForeignKey(Action, models.PROTECT, verbose_name=_("action"), related_name="+")
    is_taken = models.BooleanField(_("taken"))
    cost_eur = _euros(_("cost, €"))
    work_days = models.PositiveIntegerField(_("work, person-days"), null=True)
    # Euros a year that would be lost more without it, or less with it.
    worth_eur = _euros(_("saves, € a year"))
    why = models.CharField(_("why"), max_length=10, choices=Why)
    other = models.ForeignKey(Action, models.PROTECT, null=True, verbose_name=_("because of"), related_name="+")

    no_register = "part of a choice, shown on a page of its own to whoever sees the action"

    class Meta:
        constraints = [
            Access(
                name="chosenaction_access",
                see=part_of("choice", "programmes_choice") & part_of("action", "actions_action"),
                add=writes_node("choice") & part_of("action", "actions_action"),
                edit=nobody(),
            ),
            models.UniqueConstraint(fields=["choice", "action"], name="chosen_action_once"),
            Guard(name="chosen_action_while_draft", holds=WHILE_DRAFT, violation_error_message=STANDS),
        ]


class ChosenRisk(Kept):
    """What a decided choice promised of a risk: its yearly loss then, and with the actions taken. Never edited."""

    belongs_to = "choice"

    choice = models.ForeignKey(Choice, models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, models.PROTECT, verbose_name=_("risk"), related_name="+")
    before_eur = _euros(_("at the decision, € a year"))
    promised_eur = _euros(_("promised, € a year"))

    no_register = "part of a choice, shown on a page of its own to whoever sees the risk"

    class Meta:
        constraints = [
            Access(
                name="chosenrisk_access",
                see=part_of("choice", "programmes_choice") & part_of("risk", "risks_risk"),
                add=writes_node("choice") & part_of("risk", "risks_risk"),
                edit=nobody(),
            ),
            models.UniqueConstraint(fields=["choice", "risk"], name="chosen_risk_once"),
            Guard(name="chosen_risk_while_draft", holds=WHILE_DRAFT, violation_error_message=STANDS),
        ]


class Working(models.Model):
    """What was worked out of a choice for one person, within that person's reach; nobody else sees it. Working state."""

    access = DeclaredAccess()

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    choice = models.ForeignKey(Choice, models.CASCADE, related_name="+")
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Func(function="now"))
    # The job that works on it, and what it came to; the version of the choice that was asked.
    job = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField()
    found = models.JSONField(null=True)

    no_register = "each person's own, shown on the page of the choice"
    site_may = "select, insert, update"

    objects = SeenQuerySet.as_manager()

    class Meta:
        constraints = [
            Access(
                name="working_access",
                see=oneself(),
                add=oneself() & part_of("choice", "programmes_choice"),
                edit=oneself(),
            ),
            models.UniqueConstraint(fields=["choice", "person"], name="working_once"),
        ]
        indexes = [models.Index(fields=["choice"], name="working_by_choice", condition=Q(job__isnull=False))]
