"""What the form of a new record begins with, of every register: where one works, and oneself as its owner."""

from __future__ import annotations

from typing import Any

from kivijalka.access.request import ActingRequest
from kivijalka.organisation.about_me import own_unit
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Person
from kivijalka.register.declare import Register


def begun(request: ActingRequest, register: Register[Any]) -> dict[str, Any]:
    """The unit that is looked at, else one's own; and for whom one acts, where the record has an owner. At most two queries.

    Of somebody whom one acts for, it is not known where they work.
    """
    found: dict[str, Any] = {}
    if "unit" in register.declared_writable:
        own = own_unit(request.actor) if request.actor.on_behalf_of is None else None
        found["unit"] = unit_looked_at(request) or own
    if register.model.owner_column == "owner_id" and "owner" in register.declared_writable:
        found["owner"] = Person.objects.offered().filter(pk=request.actor.principal).first()
    return found
