"""Links that commands make and move, within their transaction."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kivijalka.register.declare import LinkKind
from kivijalka.register.models import Link, Node
from kivijalka.register.refusal import Reason
from kivijalka.register.registry import register_of


def join(kind: str, a: Any, b: Any) -> None:
    """Tie two records: "action treats risk"."""
    a_register, b_register = register_of(type(a)).key, register_of(type(b)).key
    Link.objects.create(kind=kind, a_id=a.pk, a_register=a_register, b_id=b.pk, b_register=b_register)


def why_not_tie(kind: LinkKind, a: UUID, b: UUID) -> Reason | None:
    """Why a tie would lead back to where it began, as far as the acting person sees: which circle. None: it would not.

    One query for each step on the way, and one for the names.
    """
    way = _way_back(kind, b, a) if kind.in_order and a != b else []
    if not way:
        return None
    named = {node.pk: str(node) for node in Node.objects.filter(pk__in=way)}
    steps = [
        f"{named.get(one, '?')} {kind.forward} {named.get(next_one, '?')}" for one, next_one in pairwise([a, *way])
    ]
    text = _(
        "This would close a circle, in which each waits for the next: %(circle)s. Take one of these links out first."
    )
    return Reason("circle", text % {"circle": "; ".join(steps)}, field="other")


def _way_back(kind: LinkKind, start: UUID, to: UUID) -> list[UUID]:
    """The records on a shortest way along links of a kind, both ends with it; none where no way leads there."""
    came_from: dict[UUID, UUID | None] = {start: None}
    edge = [start]
    while edge and to not in came_from:
        ties = Link.objects.in_force(kind.kind).filter(a__in=edge).order_by("id").values_list("a", "b")
        edge = []
        for a, b in ties:
            if b not in came_from:
                came_from[b] = a
                edge.append(b)
    way, here = [], to if to in came_from else None
    while here is not None:
        way.append(here)
        here = came_from[here]
    return way[::-1]


def move_links(record: Any, to: Any) -> None:
    """Tie to another record of the same register what this one is tied to, as far as the acting person may change it."""
    had = set(_in_force(to).values_list("kind", "a", "b"))
    ours = list(_in_force(record).filter(Link.access.may("edit")))
    Link.objects.filter(pk__in=[link.pk for link in ours]).update(until=timezone.now())
    moved = []
    for link in ours:
        a, b = (to.pk if end == record.pk else end for end in (link.a_id, link.b_id))
        if a != b and (link.kind, a, b) not in had:
            had.add((link.kind, a, b))
            ends = {"a_register": link.a_register, "b_register": link.b_register}
            moved.append(Link(kind=link.kind, a_id=a, b_id=b, note=link.note, **ends))
    Link.objects.bulk_create(moved)


def _in_force(record: Any) -> QuerySet[Link]:
    found: QuerySet[Link] = Link.objects.seen().of(record).in_force()
    return found
