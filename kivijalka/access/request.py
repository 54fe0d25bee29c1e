"""The request as views get it: with who acts, and at which moment one looks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from kivijalka.access.actor import Actor


class ActingRequest(HttpRequest):
    """A request after the middleware: who acts, which past moment is looked at (None: now), what of the address's moment
    was not understood, and the program's token. Filled on the way: the unit looked at, what links carry along."""

    actor: Actor
    as_of: datetime | None
    mistaken: Exception | None
    token: Any
    user: Any
    unit_looked_at: Any
    carried_query: str


def day_of(request: ActingRequest) -> date:
    """The day that is looked at, where the city is."""
    return timezone.localdate(request.as_of)


def signed_in(request: ActingRequest) -> UUID:
    """Who acts, on a page that is for somebody signed in."""
    assert request.actor.person is not None, "the middleware lets nobody else here"
    return request.actor.person
