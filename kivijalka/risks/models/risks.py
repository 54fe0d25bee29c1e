"""Risks, threats and opportunities alike, and their assessments."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, current_actor, owner, part_of, writes_node
from kivijalka.areas.names import Area
from kivijalka.areas.packs import starters
from kivijalka.policy.answers import Scale
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.scales import ANSWERED
from kivijalka.register.constraints import Guard
from kivijalka.register.models import CodeField, Kept, Record, indexes
from kivijalka.register.offered import OfferedField
from kivijalka.risks import rules

# Judged by the city's day; what was in force then stays so for ever.
UNDER_POLICY_IN_FORCE = (
    "exists (select 1 from policy_version p where p.id = new.policy_version_id and p.state <> 'draft'"
    " and (new.at at time zone 'Europe/Helsinki')::date between p.valid_from and coalesce(p.valid_to, 'infinity'))"
)
# Of whoever acts, in their own name or for another; migrations and the loader act for nobody.
WITHIN_AUTHORITY = (
    "new.state <> 'accepted' or kj.person() is null"
    " or (old.state = 'accepted' and (new.accepted_by_id is null or new.owner_id is distinct from new.accepted_by_id)"
    " and row(new.level, new.accepted_until, new.accepted_by_id)"
    " is not distinct from row(old.level, old.accepted_until, old.accepted_by_id))"
    " or (kj.accepts_up_to(kj.actor(), new.unit_id) >= nullif(left(new.level, 1), '')::integer"
    " and new.accepted_by_id = kj.actor()"
    " and new.owner_id is distinct from kj.actor() and new.owner_id is distinct from kj.person())"
)
# Whether controls are shown to work is not for a form to say: `kj.judge_evidence` does, when an answer to it changes.
AS_JUDGED = "new.evidence = coalesce(old.evidence, '')"
# What flags a risk is seen to by the database (`kj.flag_risk`); a review takes the flag away.
FLAG_ONLY_TAKEN = "new.flagged is null or new.flagged is not distinct from old.flagged"
# The version that an answer was given under is there only where it was in force and has the answer (`kj.risk_answers`).
ANSWERED_BY_POLICY = " and ".join(
    f"(new.{name} = '' or new.{name}_under is not null or new.{name} = old.{name})" for name in ANSWERED
)
# Of an estimate.
ENDS = ("frequency_low", "frequency_high", "loss_low", "loss_high")
LEVEL_VALIDATORS = [MinValueValidator(1), MaxValueValidator(5)]


class Level(models.TextChoices):
    """Class of a risk by the policy's matrix; stored as a word, ordered by `rank`."""

    LOW = "1_low", _("low")
    MODERATE = "2_moderate", _("moderate")
    HIGH = "3_high", _("high")
    CRITICAL = "4_critical", _("critical")


class CommonCause(models.TextChoices):
    """What may set off many risks at once; how often each comes the policy says (`policy.scales.COMMON_CAUSES`)."""

    POWER_CUT = "power_cut", _("long power cut")
    PANDEMIC = "pandemic", _("pandemic")
    CYBER_ATTACK = "cyber_attack", _("region-wide cyber attack")
    FLOOD = "flood", _("flood")
    WEATHER = "weather", _("storm, heat or cold")
    WATER_SUPPLY = "water_supply", _("failure of the water supply")
    SUPPLY_CHAIN = "supply_chain", _("break in supplies")
    ARMED_CONFLICT = "armed_conflict", _("armed conflict")


class Benefit(models.TextChoices):
    """The same classes of an opportunity: there the matrix tells how good it is, not how bad."""

    LOW = "1_low", _("slight opportunity")
    MODERATE = "2_moderate", _("useful opportunity")
    HIGH = "3_high", _("valuable opportunity")
    CRITICAL = "4_critical", _("outstanding opportunity")


OF_THREATS, OF_OPPORTUNITIES = dict(Level.choices), dict(Benefit.choices)


class Risk(Record):
    """An effect of uncertainty on what must keep running: cause, event, consequence (ISO 31000)."""

    class Kind(models.TextChoices):
        STRATEGIC = "strategic", _("strategic risk")
        OPERATIONAL = "operational", _("operational risk")
        FINANCIAL = "financial", _("financial risk")
        HAZARD = "hazard", _("hazard risk")

    class Sign(models.TextChoices):
        THREAT = "threat", _("threat")
        OPPORTUNITY = "opportunity", _("opportunity")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ASSESSED = "assessed", _("assessed")
        ACCEPTED = "accepted", _("accepted")
        CLOSED = "closed", _("closed")

    # What is open: as a list's address asks it, and as a rule says it.
    OPEN = (State.DRAFT, State.ASSESSED, State.ACCEPTED)
    IS_OPEN = ~Q(state=State.CLOSED)

    class Treatment(models.TextChoices):
        AVOID = "avoid", _("avoid")
        REDUCE = "reduce", _("reduce")
        SHARE = "share", _("share")
        ACCEPT = "accept", _("accept")
        EXPLOIT = "exploit", _("exploit")
        ENHANCE = "enhance", _("enhance")

    class Evidence(models.TextChoices):
        CONFIRMED = "confirmed", _("shown by a test")
        CLAIMED = "claimed", _("claimed")
        UNCONFIRMED = "unconfirmed", _("unconfirmed")

    owner_column = "owner_id"
    names_to_pick = ("title",)
    untold = (
        "current_levels", "current_under", "target_levels", "target_under",
        "controllability_under", "control_adequacy_under",
    )  # fmt: skip

    code = CodeField("R")
    title = models.CharField(_("title"), max_length=300)
    owner = models.ForeignKey(
        "organisation.Person", models.PROTECT, null=True, blank=True, verbose_name=_("risk owner"), related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.OPERATIONAL)
    sign = models.CharField(_("threat or opportunity"), max_length=20, choices=Sign, default=Sign.THREAT)
    areas = ArrayField(
        models.CharField(max_length=30, choices=Area), verbose_name=_("areas of security"), blank=True, default=list
    )
    objective = models.ForeignKey(
        "objectives.Objective",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("objective that it is an effect on"),
        help_text=_("A strategic risk has one. Others that it bears on are linked to it."),
        related_name="+",
    )
    # The key of the typical risk that it was begun from; the pack may have given it up since.
    starter = models.CharField(_("begun from the typical risk"), max_length=60, blank=True, default="", editable=False)
    cause = models.TextField(_("cause"), blank=True, default="")
    event = models.TextField(_("event"), blank=True, default="")
    consequence = models.TextField(_("consequence"), blank=True, default="")
    common_causes = ArrayField(
        models.CharField(max_length=20, choices=CommonCause),
        verbose_name=_("common causes that can set it off"),
        help_text=_("What sets off many risks at once. They are then not reckoned as independent of one another."),
        blank=True,
        default=list,
    )
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    state_reason = models.TextField(_("reason for closing or reopening"), blank=True, default="", editable=False)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, blank=True, validators=LEVEL_VALIDATORS)
    impact = models.PositiveSmallIntegerField(_("impact"), null=True, blank=True, validators=LEVEL_VALIDATORS)
    level = models.CharField(_("level of risk"), max_length=20, choices=Level, blank=True, default="")
    treatment = models.CharField(_("treatment"), max_length=20, choices=Treatment, blank=True, default="")
    treatment_reason = models.TextField(_("reason for the treatment"), blank=True, default="")
    # Answers by the policy, and the versions that they were given under; those the database writes (`kj.risk_answers`).
    controllability = OfferedField(_("controllability"), max_length=20, offers=Scale("controllability"))
    controllability_under = models.UUIDField(null=True, editable=False)
    control_adequacy = OfferedField(_("adequacy of present controls"), max_length=20, offers=Scale("control_adequacy"))
    control_adequacy_under = models.UUIDField(null=True, editable=False)
    # What shows that controls keep the risk at its level; written by the database alone (`kj.judge_evidence`).
    evidence = models.CharField(
        _("evidence of the level"), max_length=12, choices=Evidence, blank=True, default="", editable=False
    )
    review = models.DateField(_("next review"), null=True, blank=True)
    # What somebody expects of it, each as the ends between which nine of ten such judgements would hold.
    frequency_low = models.DecimalField(
        _("times a year, at least"), max_digits=12, decimal_places=6, null=True, blank=True, editable=False
    )
    frequency_high = models.DecimalField(
        _("times a year, at most"), max_digits=12, decimal_places=6, null=True, blank=True, editable=False
    )
    loss_low = models.DecimalField(
        _("effect of one event, at least, €"), max_digits=14, decimal_places=2, null=True, blank=True, editable=False
    )
    loss_high = models.DecimalField(
        _("effect of one event, at most, €"), max_digits=14, decimal_places=2, null=True, blank=True, editable=False
    )
    # What the losses of all risks are reckoned from without reading every assessment: the levels of the latest one of the
    # present and of the target (`rules.levels_in_short`), and the version of the policy that each was made under.
    current_levels = models.CharField(max_length=7, blank=True, default="", editable=False)
    current_under = models.UUIDField(null=True, editable=False)
    target_levels = models.CharField(max_length=7, blank=True, default="", editable=False)
    target_under = models.UUIDField(null=True, editable=False)
    flagged = models.DateField(_("to be looked at again since"), null=True, blank=True, editable=False)
    accepted_until = models.DateField(_("accepted until"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        "organisation.Person", models.PROTECT, null=True, blank=True, verbose_name=_("accepted by"), related_name="+"
    )
    acceptance_reason = models.TextField(_("reason for acceptance"), blank=True, default="")

    class Meta:
        constraints = [
            Access(
                name="risk_access",
                see=at_unit("risk.view") | owner(),
                add=at_unit("risk.edit"),
                edit=at_unit("risk.edit") | owner(),
                verbs={
                    "assess": at_unit("risk.assess") | owner(),
                    # Never one's own risk.
                    "accept": at_unit("risk.accept") & ~owner(),
                    "treat": at_unit("risk.edit") & at_unit("action.edit"),
                    "name_control": at_unit("risk.edit") & at_unit("control.edit"),
                    # It adds a risk at the unit.
                    "split": at_unit("risk.edit"),
                    "adopt": at_unit("risk.edit"),
                    "adopt_too": at_unit("risk.edit"),
                    "publish": at_unit("publication.publish"),
                },
            ),
            models.CheckConstraint(
                condition=Q(accepted_until__isnull=True) | ~Q(acceptance_reason=""),
                name="acceptance_has_reason_and_end",
                violation_error_message=_("An acceptance needs a reason and a day on which it ends."),
            ),
            models.CheckConstraint(
                condition=Q(**dict.fromkeys((f"{end}__isnull" for end in ENDS), True))
                | Q(
                    **dict.fromkeys((f"{end}__isnull" for end in ENDS), False),
                    frequency_low__gt=0,
                    frequency_high__gt=F("frequency_low"),
                    loss_low__gt=0,
                    loss_high__gt=F("loss_low"),
                ),
                name="estimate_has_both_ends",
                violation_error_message=_(
                    "An estimate is two ranges, each from a lower to a higher end above nothing."
                ),
            ),
            Guard(
                name="acceptance_within_authority",
                holds=WITHIN_AUTHORITY,
                violation_error_message=_(
                    "A risk is accepted by somebody whose authority at its unit reaches its level, and never by its owner."
                ),
            ),
            Guard(
                name="answers_of_policy_in_force",
                holds=ANSWERED_BY_POLICY,
                violation_error_message=_(
                    "An answer is one of those of the policy in force. Choose one of them, or leave it as it was."
                ),
            ),
            Guard(
                name="flag_only_taken_away",
                holds=FLAG_ONLY_TAKEN,
                of_site=True,
                violation_error_message=_("A risk is flagged by what it is watched by."),
            ),
            Guard(
                name="evidence_as_judged",
                holds=AS_JUDGED,
                of_site=True,
                violation_error_message=_(
                    "The evidence of a level follows from assessments, controls and their tests."
                ),
            ),
        ]
        indexes = [
            *indexes(
                "risk",
                "unit",
                "owner",
                "state",
                "kind",
                "sign",
                "level",
                "review",
                "likelihood",
                "impact",
                "evidence",
                "objective",
                "flagged",
                "treatment",
                "controllability",
                "control_adequacy",
                "accepted_until",
                "starter",
            ),
            GinIndex(fields=["areas"], name="risk_by_areas"),
            # All that the matrix and its access rule ask, in the order that it counts by: no rows, no sorting.
            models.Index(
                fields=["sign", "level", "likelihood", "impact", "state", "review", "key", "owner"], name="risk_matrix"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Asked of who describes a risk; a spreadsheet from elsewhere names no objectives, and a list shows what lacks one."""
        reason = None if current_actor().door == "import" else rules.why_not_strategic(self.kind, self.objective_id)
        if reason is not None:
            raise ValidationError({"objective": reason.text})

    def get_level_display(self) -> str:  # type: ignore[no-redef]  # Django looks for one of the model's own
        return level_in_words(self.sign, self.level)

    def get_starter_display(self) -> str:
        known = starters().get(self.starter)
        return str(known.title) if known else self.starter

    def badge_of(self, name: str) -> str:
        return level_badge(self.sign, self.level) if name == "level" else super().badge_of(name)


def level_in_words(sign: str, level: str) -> str:
    """A class in words. Of an opportunity in its own: it is good, not critical."""
    words = OF_OPPORTUNITIES if sign == Risk.Sign.OPPORTUNITY else OF_THREATS
    return str(words.get(level, level))


def level_badge(sign: str, level: str) -> str:
    """What a class is coloured by; with + before it for an opportunity."""
    return f"+{level}" if level and sign == Risk.Sign.OPPORTUNITY else level


class Assessment(Kept):
    """One judgement of a risk under one version of the policy. Never edited: a new one replaces it."""

    class Stage(models.TextChoices):
        INHERENT = "inherent", _("inherent risk")
        CURRENT = "current", _("current risk")
        TARGET = "target", _("target risk")

    belongs_to = "risk"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="assessments")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, verbose_name=_("under policy"), related_name="+")
    at = models.DateTimeField(_("assessed at"), db_default=Func(function="now"))
    assessor = models.ForeignKey("organisation.Person", models.PROTECT, verbose_name=_("assessed by"), related_name="+")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.CURRENT)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), validators=LEVEL_VALIDATORS)
    people = models.PositiveSmallIntegerField(_("people"), null=True, validators=LEVEL_VALIDATORS)
    service_continuity = models.PositiveSmallIntegerField(
        _("service continuity"), null=True, validators=LEVEL_VALIDATORS
    )
    finance = models.PositiveSmallIntegerField(_("finance"), null=True, validators=LEVEL_VALIDATORS)
    environment = models.PositiveSmallIntegerField(_("environment"), null=True, validators=LEVEL_VALIDATORS)
    trust = models.PositiveSmallIntegerField(_("trust"), null=True, validators=LEVEL_VALIDATORS)
    law_privacy = models.PositiveSmallIntegerField(_("law and privacy"), null=True, validators=LEVEL_VALIDATORS)
    impact = models.PositiveSmallIntegerField(_("impact"), validators=LEVEL_VALIDATORS)
    level = models.CharField(_("level of risk"), max_length=20, choices=Level)
    note = models.TextField(_("reasons"), blank=True, default="")

    no_register = "part of a risk, shown on its page"

    class Meta:
        constraints = [
            Access(
                name="assessment_access",
                see=part_of("risk", "risks_risk"),
                add=writes_node("risk") & owner("assessor"),
                edit=Q(pk__in=[]),
            ),
            Guard(
                name="assessment_under_policy_in_force",
                on="insert or update of policy_version_id, at",
                holds=UNDER_POLICY_IN_FORCE,
                violation_error_message=_(
                    "An assessment belongs to the policy in force on its day. This one is not: assess under that one."
                ),
            ),
        ]
        indexes = [models.Index(fields=["risk", "at"], name="assessment_by_risk")]

    def get_level_display(self) -> str:  # type: ignore[no-redef]  # Django looks for one of the model's own
        return level_in_words(self.risk.sign, self.level)

    def get_likelihood_display(self) -> str:
        """In the words of the policy that it was made under."""
        return self.policy_version.scales.likelihood_in_words(self.likelihood, get_language() or "fi")

    def get_impact_display(self) -> str:
        """The worst one, and in brackets how large it is in each dimension."""
        scales, language = self.policy_version.scales, get_language() or "fi"
        given = [(one.name.in_(language), getattr(self, one.key, None)) for one in scales.dimensions]
        each = ", ".join(f"{name} {level}" for name, level in given if level)
        return scales.impact_in_words(self.impact, language) + (f" ({each})" if each else "")

    def badge_of(self, name: str) -> str:
        return level_badge(self.risk.sign, self.level) if name == "level" else super().badge_of(name)
