"""Questions about events and claims."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from kivijalka.events.models import LOSSES, Claim, Event
from kivijalka.policy.queries import policy_known
from kivijalka.register.models import Link, Node


def is_tied(kind: str, event: Event, other: Any) -> bool:
    """Whether a link of this kind joins the two already."""
    found: bool = Link.objects.in_force(kind).filter(a=event.pk, b=other.pk).exists()
    return found


def without_risk() -> Q:
    """An event of which nobody has said which risk came true."""
    return ~Q(Exists(Link.objects.in_force("realised").filter(a=OuterRef("pk"))))


def unanswered(event: Event, besides: Claim | None = None) -> QuerySet[Claim]:
    """Claims that wait for an answer, the oldest first."""
    found: QuerySet[Claim] = Claim.objects.seen().filter(event=event.pk, paid_on__isnull=True)
    others = found.exclude(pk=besides.pk) if besides is not None else found
    return others.order_by("claimed_on", "id")


def asked_first(event: Event) -> dict[str, Any]:
    """What the form of an answer begins with: of whom was asked first."""
    first = unanswered(event).first()
    return {"claimed_from": first.claimed_from} if first else {}


def lost(event: Event) -> Decimal:
    """What an event cost in all, also before the database has added it up."""
    return sum((getattr(event, name) or Decimal(0) for name in LOSSES), Decimal(0))


def losses_since(risk: Any, first: date) -> tuple[list[float], int]:
    """What events of a risk cost since a day, and how many of them are not priced yet: those that the reader may see."""
    ties = Link.objects.in_force("realised").filter(b=risk.pk).values("a")
    found = list(Event.objects.seen().filter(pk__one_of=ties, happened_on__gte=first))
    priced = [float(one.loss_eur) for one in found if one.is_priced]
    return priced, len(found) - len(priced)


def threshold(day: date) -> float:
    """From how many euros on the policy of a day has events recorded; 0 where it says nothing."""
    policy = policy_known(day)
    return (policy.scales.policy.reporting_threshold_eur or 0.0) if policy else 0.0


def named(keys: Iterable[UUID]) -> dict[UUID, Node]:
    """Records of any register as they are called, as far as they are seen."""
    return {node.pk: node for node in Node.objects.filter(pk__in=set(keys))}
