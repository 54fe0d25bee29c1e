"""Links that commands make and move, within their transaction."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from kivijalka.register.models import Link
from kivijalka.register.registry import register_of


def join(kind: str, a: Any, b: Any) -> None:
    """Tie two records: "action treats risk"."""
    a_register, b_register = register_of(type(a)).key, register_of(type(b)).key
    Link.objects.create(kind=kind, a_id=a.pk, a_register=a_register, b_id=b.pk, b_register=b_register)


def move_links(record: Any, to: Any) -> None:
    """Tie to another record of the same register what this one is tied to, as far as the acting person may change it."""
    links = Link.objects.seen().filter(until__isnull=True)
    had = set(links.filter(Q(a=to.pk) | Q(b=to.pk)).values_list("kind", "a", "b"))
    now = timezone.now()
    for link in links.filter(Q(a=record.pk) | Q(b=record.pk)):
        # One that is seen but may not be changed is no row of an update.
        if not Link.objects.seen().filter(pk=link.pk).update(until=now):
            continue
        a, b = (to.pk if end == record.pk else end for end in (link.a_id, link.b_id))
        if a != b and (link.kind, a, b) not in had:
            had.add((link.kind, a, b))
            Link.objects.create(
                kind=link.kind, a_id=a, a_register=link.a_register, b_id=b, b_register=link.b_register, note=link.note
            )
