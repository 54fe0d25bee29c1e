"""Links that commands make and move, within their transaction."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from kivijalka.register.models import Link
from kivijalka.register.registry import register_of


def join(kind: str, a: Any, b: Any) -> None:
    """Tie two records: "action treats risk"."""
    a_register, b_register = register_of(type(a)).key, register_of(type(b)).key
    Link.objects.create(kind=kind, a_id=a.pk, a_register=a_register, b_id=b.pk, b_register=b_register)


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
