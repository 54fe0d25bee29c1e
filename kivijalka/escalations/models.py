"""Escalations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.policy.queries import decided
from kivijalka.register.models import CodeField, Record, indexes


class Escalation(Record):
    """A record taken to the nearest who leads above it. It stands at their unit, and is owned by whoever asks.

    One that a rule of the policy asks for is nobody's own: the database raises it, and settles it when its cause is gone.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waits for an answer")
        ANSWERED = "answered", _("answered")
        ADOPTED = "adopted", _("taken over")
        PASSED_ON = "passed_on", _("taken further")
        WITHDRAWN = "withdrawn", _("withdrawn")
        SETTLED = "settled", _("settled: its cause is gone")

    class Asked(models.TextChoices):
        NAMED = "named", _("whom the rule names")
        FURTHER = "further", _("the next who leads above: nobody holds the role that the rule names")
        NOBODY = "nobody", _("an access administrator: nobody leads above")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("E")
    title = models.CharField(_("title"), max_length=300)
    reason = models.TextField(_("reason"))
    owner = models.ForeignKey(
        "organisation.Person", models.PROTECT, null=True, blank=True, verbose_name=_("asked by"), related_name="+"
    )
    asked_of = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("asked of"), related_name="+")
    answer_due = models.DateField(_("answer due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED, editable=False)
    answer = models.TextField(_("answer"), blank=True, default="", editable=False)
    answered_on = models.DateField(_("answered on"), null=True, blank=True, editable=False)
    # Of one that a rule asks for: the rule's key in the policy, who it came to, and since when its cause is gone.
    rule = models.CharField(_("by the policy's rule"), max_length=60, blank=True, default="", editable=False)
    came_to = models.CharField(_("who is asked"), max_length=10, choices=Asked, blank=True, default="", editable=False)
    cause_gone_on = models.DateField(_("cause gone on"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="escalation_access",
                see=at_unit("escalation.view") | owner() | owner("asked_of"),
                add=owner(),
                edit=owner(),
                verbs={
                    "answer": (at_unit("escalation.answer") & ~owner()) | owner("asked_of"),
                    "pass_on": at_unit("escalation.answer") & ~owner(),
                },
            ),
            models.CheckConstraint(
                condition=~Q(owner=F("asked_of")),
                name="escalation_asked_of_another",
                violation_error_message=_("Nobody takes a matter to the next level and answers it."),
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=False, rule="") | Q(owner__isnull=True) & ~Q(rule=""),
                name="escalation_by_somebody_or_a_rule",
            ),
        ]
        indexes = indexes("escalation", "unit", "owner", "asked_of", "state", "answer_due")

    def __str__(self) -> str:
        return self.title

    def get_rule_display(self) -> str:
        """What the rule asks for, by the latest version that has it."""
        rules = (rule for version in decided() for rule in version.scales.escalation if rule.key == self.rule)
        return next((rule.text.in_(get_language() or "fi") for rule in rules), self.rule)
