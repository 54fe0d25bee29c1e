"""Verbs of a finding (remedy, close, send back) and of an exception (grant, refuse, ask anew, end)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.actions import commands as actions
from kivijalka.escalations import commands as escalations
from kivijalka.findings import rules
from kivijalka.findings.models import Finding, RequirementException
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import refuse

State = Finding.State
Leave = RequirementException.State
IN_FORCE = Q(state__in=[Leave.ASKED, Leave.GRANTED])

treat_finding = actions.treating(Q(state=State.OPEN))
escalate_finding = escalations.escalating(Q(state=State.OPEN))
treat_exception = actions.treating(IN_FORCE)


@command(
    _("Mark as remedied"),
    when=Q(state=State.OPEN),
    primary=True,
    says=_("Whoever raised the finding is asked whether they agree."),
)
def remedy(actor: Actor, finding: Finding, *, remedy: Annotated[str, Ask(_("How it was remedied"), rows=3)]) -> Finding:
    """Say how the finding was remedied."""
    finding.state, finding.remedy = State.REMEDIED, remedy
    finding.save(update_fields=["state", "remedy"])
    return finding


@command(_("Agree and close"), when=Q(state=State.REMEDIED), primary=True, final=True)
def close(actor: Actor, finding: Finding, *, answer: Annotated[str, Ask(_("What shows it"), rows=3)] = "") -> Finding:
    """Whoever raised the finding agrees that it is remedied."""
    finding.state, finding.answer, finding.closed_on = State.CLOSED, answer, timezone.localdate()
    finding.save(update_fields=["state", "answer", "closed_on"])
    return finding


@command(_("Send back"), when=Q(state=State.REMEDIED), says=_("The finding is open again, and its owner is told why."))
def send_back(actor: Actor, finding: Finding, *, answer: Annotated[str, Ask(_("What is lacking"), rows=3)]) -> Finding:
    """Whoever raised the finding does not agree."""
    finding.state, finding.answer = State.OPEN, answer
    finding.save(update_fields=["state", "answer"])
    return finding


@command(_("Grant the exception"), when=Q(state=Leave.ASKED), primary=True, final=True)
def grant(
    actor: Actor,
    exception: RequirementException,
    *,
    until: Annotated[date, Ask(_("Ends on"))],
    reason: Annotated[str, Ask(_("Reasons"), rows=3)],
) -> RequirementException:
    """Let a requirement be departed from until a day."""
    refuse(rules.why_not_until(until, timezone.localdate()))
    exception.until = until
    return _decide(actor, exception, Leave.GRANTED, reason)


@command(_("Refuse the exception"), when=Q(state=Leave.ASKED), final=True)
def refuse_exception(
    actor: Actor, exception: RequirementException, *, reason: Annotated[str, Ask(_("Reasons"), rows=3)]
) -> RequirementException:
    """The requirement is to be met."""
    return _decide(actor, exception, Leave.REFUSED, reason)


@command(_("Ask anew"), when=Q(state__in=[Leave.GRANTED, Leave.REFUSED, Leave.ENDED]))
def ask_anew(
    actor: Actor,
    exception: RequirementException,
    *,
    until: Annotated[date, Ask(_("Ends on"))],
    reason: Annotated[str, Ask(_("Reason"), rows=3)],
) -> RequirementException:
    """Ask for the exception once more, with a reason of today."""
    refuse(rules.why_not_until(until, timezone.localdate()))
    exception.state, exception.until, exception.reason = Leave.ASKED, until, reason
    exception.save(update_fields=["state", "until", "reason"])
    return exception


@command(_("End the exception"), when=IN_FORCE, says=_("The requirement is to be met from now on."))
def end(actor: Actor, exception: RequirementException) -> RequirementException:
    """The exception is needed no more, or its day has come."""
    exception.state = Leave.ENDED
    exception.save(update_fields=["state"])
    return exception


def _decide(actor: Actor, exception: RequirementException, state: Leave, reason: str) -> RequirementException:
    # The rule of access asks whose right is used; a deputy uses another's, and may still be the owner.
    refuse(rules.why_not_own(exception.owner_id, actor.person))
    exception.state, exception.decision_reason = state, reason
    exception.decided_by_id, exception.decided_on = str(actor.principal), timezone.localdate()
    exception.save(update_fields=["state", "until", "decision_reason", "decided_by", "decided_on"])
    return exception
