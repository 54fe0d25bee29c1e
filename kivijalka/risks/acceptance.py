"""Who may accept a risk at its present level, and until when: asked by the verb, and told while its form is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from kivijalka.access import Actor, current_actor
from kivijalka.policy.queries import policy_in_force
from kivijalka.register.refusal import Reason
from kivijalka.risks import queries, rules
from kivijalka.risks.models import Risk


@dataclass(frozen=True)
class Limits:
    """Who has the authority for a risk's level, how long it is accepted at most, and why this person may not."""

    who: str
    latest: date
    reason: Reason | None


def limits(actor: Actor, risk: Risk) -> Limits:
    """What the policy in force says of accepting a risk today; two queries at most."""
    today = timezone.localdate()
    authority = policy_in_force(today).scales.authority(risk.level)
    # The rule of access asks whose right is used; a deputy uses another's, and may still be the owner.
    reason = rules.why_not_own(risk.owner_id, actor.person) or rules.why_above_authority(
        risk.level, queries.accepts_up_to(actor, risk.unit_id), authority
    )
    latest = rules.months_after(today, authority.max_months)
    return Limits(authority.name.in_(get_language() or "fi"), latest, reason)


def shown(risk: Risk, _given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The limits beside the form."""
    return "risks/_acceptance.html", {"limits": limits(current_actor(), risk)}
