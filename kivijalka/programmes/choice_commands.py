"""Verbs of a choice: ask for a least, work out, decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.actions.models import Action
from kivijalka.policy.queries import policy_in_force
from kivijalka.programmes import rules, working
from kivijalka.programmes.models import Choice, ChosenAction, ChosenRisk, Least, Priority
from kivijalka.register.batch import together
from kivijalka.register.command import Ask, command
from kivijalka.register.refusal import Refused, refuse

DRAFT = Q(state=Choice.State.DRAFT)
# Named: inside a signature the Django plugin of the type checker misreads a model.
Served = Annotated[Priority, Ask(_("Priority"))]


@command(
    _("Ask for a least"),
    when=DRAFT,
    says=_("At least so much of the money goes to actions of programmes that serve the priority. Zero takes it back."),
)
def ask_for(
    actor: Actor, choice: Choice, *, priority: Served, least_eur: Annotated[Decimal, Ask(_("At least, €"), example=0)]
) -> Choice:
    """Bind the choice to spend at least so much for a priority."""
    refuse(rules.why_not_least(least_eur, choice.budget_eur))
    found = Least.objects.seen().filter(choice=choice.pk, priority=priority).first()
    if found is None:
        Least.objects.create(choice=choice, priority=priority, least_eur=least_eur)
    else:
        found.least_eur = least_eur
        found.save(update_fields=["least_eur"])
    return choice


@command(
    _("Work out the best set"),
    when=DRAFT,
    primary=True,
    says=_("Of the planned actions that you see at the unit and below, those that take off most under the budget."),
)
def work_out(actor: Actor, choice: Choice) -> Choice:
    """Have the best set worked out, for oneself; nothing is decided by it."""
    policy_in_force(timezone.localdate())
    working.begin(actor, choice)
    return choice


@command(
    _("Decide on the set"),
    when=DRAFT,
    says=_(
        "The best set as you worked it out is recorded with what it promises, and compared with what is measured later."
    ),
    final=True,
)
def decide(
    actor: Actor, choice: Choice, *, reason: Annotated[str, Ask(_("Reason for the decision"), rows=3)]
) -> Choice:
    """Record which actions are taken, who decided so, under which policy, and what it promises."""
    found = working.worked_out(actor, choice)
    taken = [line[0] for line in found["lines"] if line[1]]
    still = Action.objects.seen().filter(pk__in=taken, state=Action.State.PLANNED).count()
    if still < len(taken):
        raise Refused(_("Some of the actions are not planned any more. Work it out anew."), code="stale")
    with together():
        for pk, is_taken, worth, why, other, cost, days in found["lines"]:
            ChosenAction(
                choice=choice, action_id=pk, is_taken=is_taken, worth_eur=worth, why=why, other_id=other, cost_eur=cost,
                work_days=days,
            ).save(force_insert=True)  # fmt: skip
        for pk, before, promised in found["risks"]:
            ChosenRisk(choice=choice, risk_id=pk, before_eur=before, promised_eur=promised).save(force_insert=True)
    choice.state, choice.decided_on, choice.decision_reason = Choice.State.DECIDED, timezone.localdate(), reason
    choice.decided_by_id, choice.policy_version_id = str(actor.principal), found["policy"]
    choice.gap_percent = Decimal(str(round(100 * found["gap"], 4)))
    choice.save(update_fields=["state", "decided_on", "decision_reason", "decided_by", "policy_version", "gap_percent"])
    return choice
