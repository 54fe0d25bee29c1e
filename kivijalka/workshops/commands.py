"""Verbs of a workshop, for whoever leads it: take up a risk, open and close the answers, record what was agreed, end."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.policy.queries import policy_in_force
from kivijalka.register.command import Ask, command
from kivijalka.register.models import Link
from kivijalka.register.refusal import refuse
from kivijalka.register.ties import join
from kivijalka.risks import asks
from kivijalka.risks import commands as risks
from kivijalka.risks import queries as of_risks
from kivijalka.risks.models import Assessment, Risk
from kivijalka.workshops import codes, rules
from kivijalka.workshops.models import Participant, Question, Workshop

State = Workshop.State
ASKS_ABOUT = "asks_about"
OneRisk = Annotated[Risk, Ask(_("Risk"))]
WORDS = ("sign", "title", "cause", "event", "consequence")


@command(
    _("Add a risk"),
    when=Q(state__in=[State.PLANNED, State.OPEN]),
    says=_("Whoever joins the workshop sees the risk's title, cause, event and consequence, and nothing else of it."),
    final=True,
)
def take_up(actor: Actor, workshop: Workshop, *, risk: OneRisk) -> Workshop:
    """The workshop is to assess this risk, which whoever leads it may assess."""
    refuse(rules.why_not_ask(_not_assessable([risk])))
    if not _links(workshop).filter(b=risk.pk).exists():
        join(ASKS_ABOUT, workshop, risk)
    if workshop.state == State.OPEN:
        _ask(workshop, risk)
    return workshop


@command(
    _("Open for answers"),
    when=Q(state=State.PLANNED),
    primary=True,
    says=_("People can join by the code and answer. They see the title, cause, event and consequence of each risk."),
    final=True,
)
def open_answers(actor: Actor, workshop: Workshop) -> list[Question]:
    """Ask about the risks that the workshop is linked to, each of which whoever leads it may assess."""
    found = Risk.objects.seen().filter(pk__one_of=_links(workshop).values("b")).order_by("code")
    linked = list(found)
    refuse(rules.why_not_ask(_not_assessable(linked)))
    workshop.state, workshop.code_mark = State.OPEN, codes.mark_of(codes.code_of(workshop.pk))
    workshop.policy_version = policy_in_force(timezone.localdate())
    workshop.save(update_fields=["state", "code_mark", "policy_version"])
    return [_ask(workshop, risk) for risk in linked]


@command(
    _("Close the answers"),
    when=Q(state=State.OPEN),
    primary=True,
    says=_("Nobody can answer any more, and everybody sees how the answers are spread. This cannot be taken back."),
    final=True,
)
def close_answers(actor: Actor, workshop: Workshop) -> Workshop:
    """From now on answers are refused, and their spread is shown."""
    workshop.state = State.CLOSED
    workshop.save(update_fields=["state"])
    return workshop


@command(
    _("Record the shared assessment"),
    when=Q(state=State.CLOSED),
    says=_("The risk is assessed so, as by anybody who may: by the policy in force, with the workshop named."),
    meanings=of_risks.meanings,
    final=True,
)
def agree(
    actor: Actor,
    workshop: Workshop,
    *,
    risk: OneRisk,
    likelihood: asks.Likelihood,
    people: asks.OnPeople = None,
    service_continuity: asks.OnServiceContinuity = None,
    finance: asks.OnFinance = None,
    environment: asks.OnEnvironment = None,
    trust: asks.OnTrust = None,
    law_privacy: asks.OnLawAndPrivacy = None,
    note: asks.Reasons = "",
) -> Assessment:
    """What the workshop agreed on becomes the risk's assessment. One that came up only in the discussion counts too."""
    question = Question.objects.seen().filter(workshop=workshop, risk=risk).first()
    refuse(rules.why_not_agree(question is not None and question.assessment_id is not None))
    made: Assessment = risks.assess(
        actor, risk, likelihood=likelihood, people=people, service_continuity=service_continuity, finance=finance,
        environment=environment, trust=trust, law_privacy=law_privacy, note=_named(workshop, note),
    )  # fmt: skip
    question = question or _ask(workshop, risk)
    question.assessment = made
    question.save(update_fields=["assessment"])
    return made


@command(
    _("End the workshop"),
    when=Q(state__in=[State.PLANNED, State.CLOSED]),
    says=_("Those who joined no longer see it. What was agreed stands on the risks."),
    final=True,
)
def end(actor: Actor, workshop: Workshop) -> Workshop:
    """It is over, or is not held."""
    workshop.state = State.ENDED
    workshop.save(update_fields=["state"])
    return workshop


def _ask(workshop: Workshop, risk: Risk) -> Question:
    """Show the risk's words of now to whoever takes part."""
    words = {name: getattr(risk, name) for name in WORDS}
    return Question.objects.create(workshop=workshop, risk=risk, **words)


def _links(workshop: Workshop) -> Any:
    return Link.objects.seen().in_force(ASKS_ABOUT).filter(a=workshop.pk)


def _not_assessable(wanted: list[Risk]) -> list[str]:
    """Codes of those that the acting person may not assess now."""
    keys: list[UUID] = [risk.pk for risk in wanted]
    fit = Risk.objects.may("assess").filter(risks.assess.when, pk__in=keys).values_list("pk", flat=True)
    return [risk.code for risk in wanted if risk.pk not in set(fit)]


def _named(workshop: Workshop, note: str) -> str:
    """The reasons, with the workshop and how many took part."""
    took_part = Participant.objects.seen().filter(workshop=workshop).count()
    told = gettext("Workshop %(code)s, participants: %(count)d.") % {"code": workshop.code, "count": took_part}
    return f"{told} {note}".strip()
