"""Findings, and exceptions from a requirement."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.register.models import CodeField, Record, indexes


class Finding(Record):
    """What an audit, an inspection, an authority or one's own look found; followed until who raised it agrees."""

    class Source(models.TextChoices):
        INTERNAL_AUDIT = "internal_audit", _("internal audit")
        EXTERNAL_AUDIT = "external_audit", _("external audit")
        INSPECTION = "inspection", _("inspection")
        AUTHORITY = "authority", _("authority")
        TEST = "test", _("test or exercise")
        OWN = "own", _("found by ourselves")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REMEDIED = "remedied", _("remedied, not yet agreed")
        CLOSED = "closed", _("closed")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("F")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    source = models.CharField(_("source"), max_length=20, choices=Source, default=Source.OWN)
    raised_by = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("raised by"), related_name="+")
    raised_on = models.DateField(_("raised on"))
    due = models.DateField(_("to be remedied by"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    remedy = models.TextField(_("how it was remedied"), blank=True, default="")
    answer = models.TextField(_("what who raised it says"), blank=True, default="")
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        constraints = [
            Access(
                name="finding_access",
                see=at_unit("finding.view") | owner() | owner("raised_by"),
                add=at_unit("finding.edit"),
                edit=at_unit("finding.edit") | owner(),
                verbs={
                    # Whoever raised it, and nobody else, says that it is remedied.
                    "close": owner("raised_by"),
                    "send_back": owner("raised_by"),
                    "treat": at_unit("finding.edit") & at_unit("action.edit"),
                },
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_on__isnull=False),
                name="closed_finding_has_its_day",
                violation_error_message=_("A closed finding has the day on which it was closed."),
            ),
        ]
        indexes = indexes("finding", "unit", "owner", "raised_by", "source", "state", "due", "raised_on")

    def __str__(self) -> str:
        return self.title


class RequirementException(Record):
    """Leave to depart from a requirement or a plan: with a reason, what is done instead, who granted it, and an end."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        ENDED = "ended", _("ended")

    OVER = (State.REFUSED, State.ENDED)
    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("X")
    title = models.CharField(_("title"), max_length=200)
    requirement = models.TextField(_("what it departs from"))
    reason = models.TextField(_("reason"))
    instead = models.TextField(_("what is done instead"))
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("owner"), related_name="+")
    until = models.DateField(_("ends on"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_of = models.ForeignKey(
        "organisation.Person", models.PROTECT, verbose_name=_("who is asked to decide"), related_name="+"
    )
    decided_by = models.ForeignKey(
        "organisation.Person", models.PROTECT, null=True, blank=True, verbose_name=_("decided by"), related_name="+"
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decision_reason = models.TextField(_("reason for the decision"), blank=True, default="")

    class Meta:
        constraints = [
            Access(
                name="exception_access",
                see=at_unit("exception.view") | owner(),
                add=at_unit("exception.edit"),
                edit=at_unit("exception.edit") | owner(),
                verbs={
                    # Never one's own.
                    "grant": at_unit("exception.grant") & ~owner(),
                    "refuse_exception": at_unit("exception.grant") & ~owner(),
                    "treat": at_unit("exception.edit") & at_unit("action.edit"),
                },
            ),
            models.CheckConstraint(
                condition=~Q(state="granted") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("owner"))),
                name="exception_granted_by_another",
                violation_error_message=_("An exception is granted by somebody else than its owner."),
            ),
        ]
        indexes = indexes("exception", "unit", "owner", "asked_of", "state", "until")

    def __str__(self) -> str:
        return self.title
