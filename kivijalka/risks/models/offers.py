"""A risk of one unit that may be another's too.

Not an escalation: who leads another unit does not see the risk, so an offer carries the words that it is known by.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, owner
from kivijalka.areas.names import Area
from kivijalka.register.models import CodeField, Record, indexes
from kivijalka.risks.models.risks import Risk


class Offer(Record):
    """The description of a risk, offered to another unit. It stands there, and is owned by whoever offers it."""

    class State(models.TextChoices):
        OFFERED = "offered", _("waits for an answer")
        ADOPTED = "adopted", _("adopted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    owner_column = "owner_id"
    names_to_pick = ("title",)

    code = CodeField("RO")
    title = models.CharField(_("title"), max_length=300)
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("offered by"), related_name="+")
    asked_of = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("offered to"), related_name="+")
    from_unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, to_field="number", verbose_name=_("risk of"), related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Risk.Kind, default=Risk.Kind.OPERATIONAL)
    sign = models.CharField(_("threat or opportunity"), max_length=20, choices=Risk.Sign, default=Risk.Sign.THREAT)
    areas = ArrayField(
        models.CharField(max_length=30, choices=Area), verbose_name=_("areas of security"), blank=True, default=list
    )
    cause = models.TextField(_("cause"), blank=True, default="")
    event = models.TextField(_("event"), blank=True, default="")
    consequence = models.TextField(_("consequence"), blank=True, default="")
    reason = models.TextField(_("why it concerns them too"))
    answer_due = models.DateField(_("answer due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OFFERED, editable=False)
    answer = models.TextField(_("answer"), blank=True, default="", editable=False)
    answered_on = models.DateField(_("answered on"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            Access(
                name="offer_access",
                see=at_unit("offer.view") | owner() | owner("asked_of"),
                add=owner(),
                edit=owner(),
                # Whoever may add a risk at the unit answers for it.
                verbs={"adopt": at_unit("risk.edit") & ~owner(), "decline": at_unit("risk.edit") & ~owner()},
            ),
            models.CheckConstraint(
                condition=~Q(owner=F("asked_of")),
                name="offer_asked_of_another",
                violation_error_message=_("Nobody offers a risk to themselves."),
            ),
        ]
        indexes = indexes("offer", "unit", "owner", "asked_of", "state", "answer_due")

    def __str__(self) -> str:
        return self.title
