"""The unit that the whole site is looked at for, and the page that chooses it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest
from kivijalka.organisation.about_me import own_unit
from kivijalka.organisation.models import Unit
from kivijalka.register.doors.filters import NumbersBelow
from kivijalka.register.doors.place import looked_up, without
from kivijalka.register.doors.search import find
from kivijalka.register.refusal import NotThere

RECENT, FOUND = 6, 12


def unit_looked_at(request: ActingRequest) -> Unit | None:
    """The unit that the address names, with the numbers of it and all below; None: everything within reach.

    Its code is kept in the session, among those looked at last.
    """
    code = request.GET.get("unit", "").split(" ")[0]
    if not code:
        return None
    if "\0" in code:
        raise NotThere
    if not hasattr(request, "unit_looked_at"):
        looked_up(request, Unit.objects.seen().filter(code=code).annotate(below=NumbersBelow("number")).first())
    found: Unit | None = request.unit_looked_at
    if found is None:
        raise NotThere
    codes: list[str] = request.session.get("recent_units", [])
    if codes[:1] != [found.code]:
        request.session["recent_units"] = [found.code, *(other for other in codes if other != found.code)][:RECENT]
    return found


@require_GET
def choose_unit(request: ActingRequest) -> HttpResponse:
    """Units that the words find, without words one's own and those looked at last, each leading back to the page."""
    words, page = request.GET.get("q", "").strip(), request.GET.get("at", "")
    page = page if url_has_allowed_host_and_scheme(page, allowed_hosts=None) and page.startswith("/") else "/"
    found = (
        [(node.code, node.title) for node in find(words, most=FOUND, register="unit")] if words else _familiar(request)
    )
    context = {
        "words": words,
        "at": page,
        "all": without(page, "unit"),
        "units": [(name, without(page, "unit", unit=code)) for code, name in found],
    }
    alone = "HX-Request" in request.headers
    return render(request, "organisation/_units.html" if alone else "organisation/choose_unit.html", context)


def _familiar(request: ActingRequest) -> list[tuple[str, str]]:
    """One's own unit, then those looked at last, as far as they are within reach; one query."""
    codes: list[str] = request.session.get("recent_units", [])
    own = own_unit(request.actor)
    known = Unit.objects.seen().filter(code__in=[own.code, *codes] if own else codes)
    units = sorted(known, key=lambda unit: codes.index(unit.code) if unit.code in codes else -1)
    return [(unit.code, str(unit)) for unit in units]
