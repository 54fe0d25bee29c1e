"""Verbs of a risk: assess, decide, accept, treat, name a control, close, reopen, merge, split, confirm that nothing changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.actions import commands as actions
from kivijalka.controls.models import Control
from kivijalka.escalations import commands as escalations
from kivijalka.organisation.models import Unit
from kivijalka.policy.answers import Scale
from kivijalka.policy.queries import policy_in_force
from kivijalka.policy.scales import NO_CONTROL
from kivijalka.publishing.commands import publishing
from kivijalka.register.command import Ask, Worded, command
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join, move_links
from kivijalka.risks import acceptance, asks, beginnings, estimates, lowering, queries, rules
from kivijalka.risks.models import ENDS, Assessment, Risk

State, Stage = Risk.State, Assessment.Stage
ACCEPTANCE = ["accepted_until", "acceptance_reason", "accepted_by"]
# What an assessment of a risk as it is now says of it.
JUDGED = ["current_levels", "current_under", "likelihood", "impact", "level", "state", "review", "flagged"]
OPPORTUNITY = ("sign", Risk.Sign.OPPORTUNITY)
RiskThatStays = Annotated[Risk, Ask(_("The risk that stays"))]
UnitThatTakesOver = Annotated[Unit, Ask(_("The unit that takes it over"))]
# How adequate controls are, by the policy, when there are some.
ADEQUACY = Scale("control_adequacy")
SOME = Scale("control_adequacy", without=[NO_CONTROL])
# What a risk that is split off has from the one that it was a part of.
SPLIT = (
    "unit_id",
    "owner_id",
    "confidentiality",
    "kind",
    "sign",
    "areas",
    "objective_id",
    "common_causes",
    "cause",
    "event",
    "consequence",
)


@command(
    _("Assess"),
    when=Risk.IS_OPEN,
    primary=True,
    says=_("The worst impact and the likelihood give the level by the policy in force."),
    initial=queries.latest,
    meanings=queries.meanings,
    shows=lowering.shown,
    shows_first=True,
)
def assess(
    actor: Actor,
    risk: Risk,
    *,
    likelihood: asks.Likelihood,
    people: asks.OnPeople = None,
    service_continuity: asks.OnServiceContinuity = None,
    finance: asks.OnFinance = None,
    environment: asks.OnEnvironment = None,
    trust: asks.OnTrust = None,
    law_privacy: asks.OnLawAndPrivacy = None,
    stage: Annotated[str, Ask(_("Stage"), choices=Stage)] = Stage.CURRENT,
    note: asks.Reasons = "",
) -> Assessment:
    """Judge likelihood and impacts. A current assessment gives the risk its level and next review, and ends an acceptance."""
    impacts = {
        "people": people,
        "service_continuity": service_continuity,
        "finance": finance,
        "environment": environment,
        "trust": trust,
        "law_privacy": law_privacy,
    }
    refuse(rules.why_not_assess(likelihood, list(impacts.values())))
    today = timezone.localdate()
    policy = policy_in_force(today)
    worst = max(impact for impact in impacts.values() if impact)
    level = policy.scales.level_of(likelihood, impacts)
    levels = rules.levels_in_short(likelihood, impacts)
    if stage == Stage.TARGET:
        risk.target_levels, risk.target_under = levels, policy.pk
        risk.save(update_fields=["target_levels", "target_under"])
    if stage == Stage.CURRENT:
        risk.current_levels, risk.current_under = levels, policy.pk
        months = policy.scales.review_months(level)
        risk.likelihood, risk.impact, risk.level, risk.state = likelihood, worst, level, State.ASSESSED
        risk.review, risk.flagged = rules.months_after(today, months), None
        _end_acceptance(risk)
        risk.save(update_fields=[*JUDGED, *ACCEPTANCE])
    return Assessment.objects.create(
        risk=risk, policy_version=policy, assessor_id=str(actor.principal), stage=stage,
        likelihood=likelihood, impact=worst, level=level, note=note, **impacts,
    )  # fmt: skip


@command(
    _("Estimate"),
    when=Risk.IS_OPEN,
    says=_("Two ranges that you are nine times in ten right about. They refine what the level alone would say."),
    initial=estimates.begun,
    shows=estimates.shown,
)
def estimate(
    actor: Actor,
    risk: Risk,
    *,
    frequency_low: Annotated[
        Decimal, Ask(_("Times a year, at least"), _("0.1 is once in ten years."), example=Decimal("0.1"))
    ],
    frequency_high: Annotated[Decimal, Ask(_("Times a year, at most"), example=Decimal("0.5"))],
    loss_low: Annotated[Decimal, Ask(_("Effect of one event, at least, €"), example=Decimal(10_000))],
    loss_high: Annotated[Decimal, Ask(_("Effect of one event, at most, €"), example=Decimal(200_000))],
) -> Risk:
    """Say how often the event is expected, and what one costs, each as a range."""
    refuse(rules.why_not_estimate((frequency_low, frequency_high), (loss_low, loss_high)))
    risk.frequency_low, risk.frequency_high = frequency_low, frequency_high
    risk.loss_low, risk.loss_high = loss_low, loss_high
    risk.save(update_fields=list(ENDS))
    return risk


@command(
    _("Decide on the treatment"),
    when=Risk.IS_OPEN,
    says=_("To accept is a proposal until somebody with the authority accepts the risk, with a reason and an end."),
    initial=lambda risk: {"treatment": risk.treatment, "treatment_reason": risk.treatment_reason},
    fitting=lambda risk: {"treatment": rules.treatments_of(risk.sign, risk.state != State.DRAFT)},
)
def decide(
    actor: Actor,
    risk: Risk,
    *,
    treatment: Annotated[str, Ask(_("Treatment"), choices=Risk.Treatment)],
    treatment_reason: Annotated[str, Ask(_("Reasons"), rows=3)] = "",
) -> Risk:
    """Choose what is done with the risk. Whether it is accepted, somebody with the authority says."""
    if risk.state == State.DRAFT and treatment in rules.ONLY_OF_OPPORTUNITIES:
        risk.sign = Risk.Sign.OPPORTUNITY  # nobody has judged it yet: the treatment says what it is
    refuse(rules.why_not_decide(risk.sign, treatment))
    risk.treatment, risk.treatment_reason = treatment, treatment_reason
    risk.save(update_fields=["sign", "treatment", "treatment_reason"])
    return risk


@command(
    _("Accept the risk"),
    when=Q(state__in=[State.ASSESSED, State.ACCEPTED]),
    says=_("The acceptance ends on the day that you give, or when the risk is assessed again."),
    worded=[
        Worded(
            *OPPORTUNITY,
            _("Leave the opportunity as it is"),
            _("This ends on the day that you give, or when the opportunity is assessed again."),
        )
    ],
    shows=acceptance.shown,
    final=True,
)
def accept(
    actor: Actor,
    risk: Risk,
    *,
    reason: Annotated[str, Ask(_("Reason"), rows=3)],
    until: Annotated[date, Ask(_("Accepted until"))],
) -> Risk:
    """Live with the risk at its present level until a day. Never one's own risk, nor above one's authority."""
    limits = acceptance.limits(actor, risk)
    refuse(limits.reason)
    refuse(rules.why_not_accept(until, today=timezone.localdate(), latest=limits.latest))
    risk.state, risk.accepted_until, risk.acceptance_reason = State.ACCEPTED, until, reason
    risk.accepted_by_id = str(actor.principal)
    risk.treatment = risk.treatment or Risk.Treatment.ACCEPT
    risk.save(update_fields=["state", "accepted_until", "acceptance_reason", "accepted_by", "treatment"])
    return risk


treat = actions.treating(
    Risk.IS_OPEN,
    worded=[
        Worded(
            *OPPORTUNITY,
            _("Seize the opportunity"),
            _("An action that helps this come true. Its effect is asked for when it is done."),
        )
    ],
    initial=beginnings.treatment,
)


@command(
    _("Name a control"),
    when=Risk.IS_OPEN,
    says=_("What keeps the risk at its level today. That it works is shown by its tests."),
    worded=[Worded(*OPPORTUNITY, _("Name what helps it along"), _("What already helps the opportunity to come true."))],
    initial=beginnings.control,
)
def name_control(
    actor: Actor,
    risk: Risk,
    *,
    title: Annotated[str, Ask(_("What is in use today"))],
    kind: Annotated[str, Ask(_("Kind"), choices=Control.Kind)],
    owner: actions.Owner,
    adequacy: Annotated[str, Ask(_("Adequacy of present controls"), choices=SOME)],
) -> Control:
    """Write a control at the risk's unit that the risk rests on, and how adequate present controls are."""
    control = Control(unit_id=risk.unit_id, confidentiality=risk.confidentiality, title=title, kind=kind, owner=owner)
    control.save(force_insert=True)
    join("rests_on", risk, control)
    risk.control_adequacy = adequacy
    risk.save(update_fields=["control_adequacy"])
    return control


@command(
    _("No control yet"),
    when=Risk.IS_OPEN & Q(control_adequacy__in=["", NO_CONTROL]),
    says=_("Nothing keeps the risk at its level today. Whoever names a control later says so there."),
    worded=[Worded(*OPPORTUNITY, _("Nothing helps it yet"), _("Nothing helps the opportunity along today."))],
)
def no_control(actor: Actor, risk: Risk) -> Risk:
    """Say that nothing keeps the risk at its level."""
    refuse(rules.why_not_answer(ADEQUACY.choices))
    risk.control_adequacy = NO_CONTROL
    risk.save(update_fields=["control_adequacy"])
    return risk


@command(_("Nothing changed"), when=Q(state__in=[State.ASSESSED, State.ACCEPTED]))
def confirm(actor: Actor, risk: Risk) -> Risk:
    """The review found nothing to change: the next one is due after the interval of the risk's level."""
    today = timezone.localdate()
    months = policy_in_force(today).scales.review_months(risk.level)
    risk.review, risk.flagged = rules.months_after(today, months), None
    risk.save(update_fields=["review", "flagged"])
    return risk


@command(
    _("Close the risk"),
    when=Risk.IS_OPEN,
    says=_("The risk leaves the matrix and stays in history."),
    worded=[
        Worded(
            *OPPORTUNITY,
            _("Close the opportunity"),
            _("The opportunity is followed no more and stays in history."),
        )
    ],
)
def close(actor: Actor, risk: Risk, *, reason: Annotated[str, Ask(_("Reason"), rows=3, of_many=True)]) -> Risk:
    """The risk is no more. Refused while actions that treat it are open."""
    refuse(rules.why_not_close(queries.open_actions(risk)))
    return _closed(risk, reason)


@command(_("Reopen"), when=Q(state=State.CLOSED))
def reopen(actor: Actor, risk: Risk, *, reason: Annotated[str, Ask(_("Reason"), rows=3, of_many=True)]) -> Risk:
    """The risk is back: it waits for a new assessment."""
    risk.state, risk.state_reason = State.DRAFT, reason
    risk.save(update_fields=["state", "state_reason"])
    return risk


@command(
    _("Merge into another"),
    when=Risk.IS_OPEN,
    says=_("The same risk is in the register twice. Its actions, controls and other links go to the one that stays."),
)
def merge(
    actor: Actor,
    risk: Risk,
    *,
    into: RiskThatStays,
    reason: Annotated[str, Ask(_("Reason"), rows=3)],
) -> Risk:
    """The other risk takes over what is linked to this one, which is closed."""
    refuse(rules.why_not_merge(into, risk))
    move_links(risk, into)
    # Those of actions that the acting person may not change stay behind.
    refuse(rules.why_not_close(queries.open_actions(risk)))
    join("merged_into", risk, into)
    return _closed(risk, reason)


@command(
    _("Split off a risk"),
    when=Risk.IS_OPEN,
    says=_(
        "What was described as one are two. The new one begins with the words of this, and waits for its assessment."
    ),
)
def split(
    actor: Actor,
    risk: Risk,
    *,
    title: Annotated[str, Ask(_("Title of the new risk"))],
    reason: Annotated[str, Ask(_("Reason"), rows=3)],
) -> Risk:
    """Make a new risk of a part of this one."""
    made = Risk(title=title, state_reason=reason, **{name: getattr(risk, name) for name in SPLIT})
    made.save(force_insert=True)
    join("split_from", made, risk)
    return made


@command(_("Take over"), when=Risk.IS_OPEN, says=_("The risk becomes this unit's, and you own it."), final=True)
def adopt(
    actor: Actor,
    risk: Risk,
    *,
    unit: UnitThatTakesOver,
    answer: Annotated[str, Ask(_("Reason"), rows=3)],
) -> Risk:
    """A unit takes over a risk that goes beyond what the unit below can do about it; who asked for that is answered."""
    risk.unit, risk.owner_id = unit, str(actor.principal)
    risk.save(update_fields=["unit", "owner"])
    escalations.settle(risk, answer)
    return risk


escalate = escalations.escalating(Risk.IS_OPEN)
publish = publishing(Risk.IS_OPEN)


def _closed(risk: Risk, reason: str) -> Risk:
    risk.state, risk.state_reason, risk.review, risk.flagged = State.CLOSED, reason, None, None
    _end_acceptance(risk)
    risk.save(update_fields=["state", "state_reason", "review", "flagged", *ACCEPTANCE])
    return risk


def _end_acceptance(risk: Risk) -> None:
    risk.accepted_until, risk.acceptance_reason, risk.accepted_by = None, "", None
