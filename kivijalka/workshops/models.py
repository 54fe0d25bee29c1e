"""Workshops, the risks that they ask about, who takes part, and what each of them answers unseen."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, among, at_unit, nobody, oneself, owner, part_of, writes_node
from kivijalka.policy.models import PolicyVersion
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Kept, Record, indexes
from kivijalka.risks.models import LEVEL_VALIDATORS, Assessment, Risk

TAKING_PART = "kj.taking_part"
# Who has seen the answers does not open them again.
ONLY_FORWARD = (
    "array_position(array['planned', 'open', 'closed', 'ended'], new.state::text)"
    " >= array_position(array['planned', 'open', 'closed', 'ended'], old.state::text)"
)
ASKED_AND_AGREED_ONCE = (
    "row(new.workshop_id, new.risk_id, new.sign, new.title, new.cause, new.event, new.consequence)"
    " = row(old.workshop_id, old.risk_id, old.sign, old.title, old.cause, old.event, old.consequence)"
    " and (old.assessment_id is null or new.assessment_id = old.assessment_id)"
)
# The lock makes whoever closes the answers wait for those that are on their way, and those that come later wait for it.
WHILE_OPEN = (
    "exists (select 1 from workshops_question q join workshops_workshop w on w.id = q.workshop_id"
    " join workshops_participant p on p.workshop_id = w.id and p.person_id = new.person_id"
    " where q.id = new.question_id and w.state = 'open' for share of w)"
)


class Workshop(Record):
    """A meeting, in one room or far apart, that assesses risks together. Its owner leads it."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        OPEN = "open", _("open for answers")
        CLOSED = "closed", _("answers closed")
        ENDED = "ended", _("ended")

    owner_column = "owner_id"
    names_to_pick = ("title",)
    untold = ("code_mark",)

    code = CodeField("WS")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("what it is about"), blank=True, default="")
    owner = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("facilitator"), related_name="+")
    held_on = models.DateField(_("day of the workshop"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    policy_version = models.ForeignKey(
        PolicyVersion,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("under policy"),
        related_name="+",
    )
    # What the code that people join by is found by. The code itself is nowhere in the database: see codes.py.
    code_mark = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        constraints = [
            Access(
                name="workshop_access",
                see=at_unit("workshop.view") | owner() | among("id", TAKING_PART),
                add=at_unit("workshop.edit"),
                edit=at_unit("workshop.edit") | owner(),
            ),
            models.UniqueConstraint(fields=["code_mark"], condition=~Q(code_mark=""), name="workshop_by_code_mark"),
            Guard(
                name="workshop_only_forward",
                holds=ONLY_FORWARD,
                on="update",
                violation_error_message=_("Answers that were closed are not opened again. Hold a new workshop."),
            ),
        ]
        indexes = indexes("workshop", "unit", "owner", "state", "held_on")

    def __str__(self) -> str:
        return self.title


class Question(Kept):
    """A risk as a workshop asks about it: its words when it was asked, and the assessment that was agreed on."""

    belongs_to = "workshop"

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="+")
    risk = models.ForeignKey(Risk, models.PROTECT, verbose_name=_("risk"), related_name="+")
    sign = models.CharField(_("threat or opportunity"), max_length=20, choices=Risk.Sign, default=Risk.Sign.THREAT)
    title = models.CharField(_("title"), max_length=300)
    cause = models.TextField(_("cause"), blank=True, default="")
    event = models.TextField(_("event"), blank=True, default="")
    consequence = models.TextField(_("consequence"), blank=True, default="")
    assessment = models.OneToOneField(
        Assessment, models.PROTECT, null=True, verbose_name=_("shared assessment"), related_name="+"
    )

    no_register = "shown with its workshop, to whoever sees the risk or takes part"

    class Meta:
        constraints = [
            # Who takes part sees the words and not the risk; who sees the workshop, the words of the risks that they see.
            Access(
                name="question_access",
                see=among("workshop", TAKING_PART)
                | (part_of("workshop", "workshops_workshop") & part_of("risk", "risks_risk")),
                add=writes_node("workshop") & part_of("risk", "risks_risk"),
                edit=writes_node("workshop") & part_of("risk", "risks_risk"),
            ),
            models.UniqueConstraint(fields=["workshop", "risk"], name="question_once"),
            Guard(
                name="question_asked_and_agreed_once",
                holds=ASKED_AND_AGREED_ONCE,
                on="update",
                violation_error_message=_(
                    "What was asked stays as it was asked, and what was agreed as it was agreed."
                ),
            ),
        ]


class Participant(Kept):
    """Somebody who has joined a workshop by its code. Written by `kj.join_workshop` alone."""

    belongs_to = "workshop"

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="+")
    person = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("participant"), related_name="+")
    joined_at = models.DateTimeField(_("joined"), db_default=Func(function="now"))

    no_register = "part of a workshop, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="participant_access",
                see=part_of("workshop", "workshops_workshop"),
                add=nobody(),
                edit=nobody(),
            ),
            models.UniqueConstraint(fields=["workshop", "person"], name="participant_once"),
        ]
        indexes = [models.Index(fields=["person"], name="participant_by_person")]


class Answer(Kept):
    """What one participant thinks of one risk. Seen by them alone, for ever; others see how many answered what."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    person = models.ForeignKey("organisation.Person", models.PROTECT, related_name="+")
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), validators=LEVEL_VALIDATORS)
    impact = models.PositiveSmallIntegerField(_("impact"), validators=LEVEL_VALIDATORS)

    no_register = "each participant's own"

    class Meta:
        constraints = [
            Access(name="answer_access", see=oneself(), add=oneself(), edit=oneself()),
            models.UniqueConstraint(fields=["question", "person"], name="answer_once"),
            models.CheckConstraint(
                condition=Q(likelihood__range=(1, 5), impact__range=(1, 5)),
                name="answer_is_levels",
                violation_error_message=_("Levels go from 1 to 5."),
            ),
            Guard(
                name="answer_while_open",
                holds=WHILE_OPEN,
                violation_error_message=_("The answers are closed. What you answered before counts."),
            ),
        ]
