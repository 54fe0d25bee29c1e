"""What the frame around every page needs: places, the acting person, the date looked at, the language."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kivijalka.access.actor import NOBODY
from kivijalka.access.request import ActingRequest
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.register.declare import Register
from kivijalka.register.refusal import NotThere
from kivijalka.register.registry import REGISTERS

# The chain, in its order; a register's `chain` is one of these.
CHAIN = {
    "organisation": _("The organisation"),
    "what must keep running": _("What must keep running"),
    "what may happen": _("What may happen"),
    "what we do": _("What we do"),
    "what did happen": _("What did happen"),
}


def frame(request: ActingRequest) -> dict[str, Any]:
    """Context of every template; no query but for the unit that the address names."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "acting_person": actor.names[0],
        "acting_for": actor.names[1],
        "chain": chain(),
        "looked_at": lambda: _unit(request),
        "as_of": getattr(request, "as_of", None),
        "languages": settings.LANGUAGES,
        "language": getattr(request, "LANGUAGE_CODE", "fi"),
        "demo": settings.DEMO,
    }


def _unit(request: ActingRequest) -> Unit | None:
    """The unit looked at. That there is none such is the page's to say."""
    try:
        return unit_looked_at(request)
    except NotThere:
        return None


def chain() -> list[tuple[Any, list[Register[Any]]]]:
    """Registers grouped along the chain, groups in its order."""
    order = list(CHAIN)
    registers = sorted(REGISTERS.values(), key=lambda register: order.index(register.chain))
    return [(CHAIN[link], list(group)) for link, group in groupby(registers, key=lambda register: register.chain)]
