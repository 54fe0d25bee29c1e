"""What the form of a new record begins with, of every register: where one works, and oneself as its owner."""

from __future__ import annotations

from typing import Any

from kivijalka.access.request import ActingRequest
from kivijalka.organisation.about_me import own_unit
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Person
from kivijalka.register.declare import Register


def begun(request: ActingRequest, register: Register[Any]) -> dict[str, Any]:
    """Of a record that somebody owns: the unit that is looked at, else one's own; and for whom one acts. At most two queries.

    Of somebody whom one acts for, it is not known where they work. What nobody owns, such as a policy or a role, stands where
    it is meant to, and hardly where one works.
    """
    given = register.declared_writable
    found: dict[str, Any] = {}
    if register.model.owner_column != "owner_id" or "owner" not in given:
        return found
    if "unit" in given:
        own = own_unit(request.actor) if request.actor.on_behalf_of is None else None
        found["unit"] = unit_looked_at(request) or own
    found["owner"] = Person.objects.offered().filter(pk=request.actor.principal).first()
    return found
