"""Whose judgements are asked about, and what came of their risks: the only place that decides who sees a calibration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor, oneself
from kivijalka.events.calibration import Judgement, Loss
from kivijalka.events.models import Event
from kivijalka.policy.queries import decided
from kivijalka.policy.scales import Scales
from kivijalka.register.declare import Register
from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.models import Link
from kivijalka.register.refusal import Refused
from kivijalka.risks.models import ENDS, Assessment, Risk

CURRENT = Assessment.Stage.CURRENT


def estimator(actor: Actor) -> UUID:
    """Whose calibration the acting person may see: their own alone, never as somebody's deputy nor through a program."""
    if actor.person is None or actor.on_behalf_of is not None or actor.token is not None:
        text = _("How a person's estimates held is shown to that person alone. Act as yourself first.")
        raise Refused(text, code="oneself_alone")
    return actor.person


def judgements(who: UUID) -> list[Judgement]:
    """Everybody's judgements, within the acting person's reach, of the risks that this person has judged."""
    mine = Assessment.objects.seen().filter(oneself("assessor"), stage=CURRENT).values("risk")
    rows = Assessment.objects.seen().filter(stage=CURRENT, risk__in=mine)
    columns = ("risk_id", "assessor_id", "at", "policy_version_id", "likelihood", "impact")
    scales = {policy.pk: policy.scales for policy in decided()}
    assessed = [
        Judgement(risk, by, timezone.localdate(at), *ranges, is_estimate=False)
        for risk, by, at, policy, likelihood, impact in rows.values_list(*columns)
        if policy in scales and (ranges := _ranges(scales[policy], likelihood, impact))
    ]
    return [*assessed, *_estimates(who, {one.risk for one in assessed})]


def losses_of(risks: set[UUID]) -> list[Loss]:
    """What events of these risks cost, where that is known."""
    ties = Link.objects.in_force("realised").filter(b__in=risks)
    of_event = ArraySubquery(ties.filter(a=OuterRef("pk")).values("b"))
    found = Event.objects.seen().filter(pk__one_of=ties.values("a")).annotate(came_true=of_event)
    return [
        Loss(one.pk, risk, one.happened_on, float(one.loss_eur))
        for one in found
        if one.is_priced
        for risk in one.came_true
    ]


def _ranges(scales: Scales, likelihood: int, impact: int) -> tuple[Any, Any] | None:
    """What levels say in events a year and euros of one, by the policy that they were given under."""
    money = next((one.levels for one in scales.dimensions if one.key == "finance"), ())
    often = next(((step.low, step.high) for step in scales.likelihood if step.level == likelihood), None)
    dear = next(((step.low, step.high) for step in money if step.level == impact), None)
    return (often, dear) if often and dear else None


def _estimates(who: UUID, risks: set[UUID]) -> Iterator[Judgement]:
    """Who estimated when stands in the history of each risk; its rows are held to the same rule as the risk."""
    past = " and kept_from <= kj.as_of()" if in_the_past() else ""
    said = f"kept_command = 'estimate' and loss_low is not null{past}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"select id, kept_by, kept_from, {', '.join(ENDS)} from history.risks_risk where {said} and (id = any(%s)"
            f" or id in (select id from history.risks_risk where {said} and kept_by = %s))",
            [list(risks), who],
        )
        rows = cursor.fetchall()
    for risk, by, at, *ends in rows:
        a, b, c, d = map(float, ends)
        yield Judgement(risk, by, timezone.localdate(at), (a, b), (c, d), is_estimate=True)


def first_assessed(register: Register[Any]) -> dict[str, Any]:
    """Along with a risk that is shown: since when somebody has looked at it. What happened before was not looked for."""
    if register.model is not Risk:
        return {}
    rows = Assessment.objects.filter(risk=OuterRef("pk"), stage=CURRENT).order_by("at")
    return {"first_assessed_at": Subquery(rows.values("at")[:1])}
