"""What the frame around every page needs: places, the acting person, the date looked at, the language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access.actor import NOBODY
from kivijalka.access.request import ActingRequest
from kivijalka.organisation.looked_at import unit_looked_at
from kivijalka.organisation.models import Unit
from kivijalka.register.declare import Register
from kivijalka.register.doors.place import carried
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


# Pages over all registers, to which the navigation leads before the registers.
OVERVIEWS = {"/", "/situation/", "/registers/", "/search/"}
# What stands on pages of so many units, moments and places is kept in wording.
MOST_KEPT = 256


@dataclass(frozen=True)
class Frame:
    """What is the same on every page of a language, but for what is carried along and where one is: worded once."""

    language: str
    carried: tuple[tuple[str, str], ...]
    here: str

    @property
    def navigation(self) -> str:
        """The ways to all registers and overviews."""
        return _worded("web/_navigation.html", self)

    @property
    def jump(self) -> str:
        """The dialog that goes to any record or page."""
        return _worded("web/_jump.html", replace(self, here=""))

    @property
    def keys(self) -> str:
        """The list of keys, and what is said when a part of a page did not come."""
        return _worded("web/_keys.html", Frame(self.language, (), ""))


@lru_cache(maxsize=MOST_KEPT)
def _worded(template: str, frame: Frame) -> str:
    carried = f"?{urlencode(frame.carried)}" if frame.carried else ""
    return render_to_string(
        template, {"chain": chain(), "carried": carried, "pairs": frame.carried, "here": frame.here}
    )


def frame(request: ActingRequest) -> dict[str, Any]:
    """Context of every template; no query but for the unit that the address names."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "acting_person": actor.names[0],
        "acting_for": actor.names[1],
        "frame": lambda: _frame(request),
        "looked_at": lambda: _unit(request),
        "as_of": getattr(request, "as_of", None),
        "languages": settings.LANGUAGES,
        "language": getattr(request, "LANGUAGE_CODE", "fi"),
        "demo": settings.DEMO,
    }


def _frame(request: ActingRequest) -> Frame:
    """The frame of this page. `here` is the way that leads to it: an overview's address, or a register's path."""
    first = request.path.split("/")[1]
    here = request.path if request.path in OVERVIEWS else first if first in {r.path for r in REGISTERS.values()} else ""
    return Frame(get_language() or settings.LANGUAGE_CODE, tuple(carried(request).items()), here)


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
