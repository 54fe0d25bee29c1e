"""Pages of the frame itself: the list of registers, the language, and what went wrong."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kivijalka.access import Actor
from kivijalka.access.request import ActingRequest
from kivijalka.areas.names import Area
from kivijalka.register.doors import drafts
from kivijalka.register.doors.api.problems import FAULT
from kivijalka.register.doors.programs import is_program
from kivijalka.register.doors.rows import may_add
from kivijalka.register.doors.search import find
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS
from kivijalka.web.away import AWAY, RETRY_AFTER, is_away
from kivijalka.web.frame import chain
from kivijalka.web.middleware import refusal_page, refuse, to_program


@require_GET
def registers(request: ActingRequest) -> HttpResponse:
    """All registers, grouped along the chain."""
    return render(request, "web/registers.html", {"chain": chain()})


@require_GET
def jump(request: ActingRequest) -> HttpResponse:
    """What the words of Ctrl-K lead to: pages, lists and forms by their names, then records."""
    words = request.GET.get("q", "").strip()
    places = [
        place for place in _places(request.actor) if all(w in place[0].casefold() for w in words.casefold().split())
    ]
    places.sort(key=lambda place: len(place[0]))
    context = {"words": words, "places": places[:8], "nodes": find(words, most=8)}
    return render(request, "web/jump.html", context)


def _places(actor: Actor) -> list[tuple[str, str]]:
    """Pages that have a name: those of the frame, every register's list, and the forms that this person may open."""
    found = [(_("My work"), reverse("home")), (_("Situation"), reverse("situation"))]
    found += [(_("Areas of security"), reverse("areas")), (_("First steps"), reverse("first-steps"))]
    found += [(str(area.label), reverse("area", args=[area.value])) for area in Area]
    found += [(_("What I follow"), reverse("following")), (_("What I answer for"), reverse("responsibilities"))]
    found += [(str(register.names[1]), reverse("list", args=[register.path])) for register in REGISTERS.values()]
    adding = [register for register in REGISTERS.values() if may_add(register, actor)]
    found += [(f"{_('Add')}: {register.names[0]}", reverse("add", args=[register.path])) for register in adding]
    return found


@login_not_required
@require_POST
def language(request: ActingRequest) -> HttpResponse:
    """Choose the language; it stays for this session and browser."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Refused(_("There is no such language. Choose Finnish, Swedish or English."), code="invalid")
    wanted = request.POST.get("next", "/")
    response = redirect(wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/")
    request.session["language"] = chosen
    response.set_cookie(
        "language", chosen, max_age=365 * 86400, httponly=True, samesite="Lax", secure=not settings.DEMO
    )
    return response


def not_found(request: ActingRequest, exception: Any = None) -> HttpResponse:
    return refuse(request, NotThere())


def forbidden(request: ActingRequest, exception: Any = None) -> HttpResponse:
    return refuse(request, Refused(_("You do not have the right to do this here."), code="no_right"))


def bad_request(request: ActingRequest, exception: Any = None) -> HttpResponse:
    return refuse(request, Refused(_("The request cannot be read. Nothing was saved."), code="malformed"))


def forged(request: ActingRequest, reason: str = "") -> HttpResponse:
    """A form without its token: sent from elsewhere, or from a page opened before signing in."""
    text = _("This form is out of date. Go back, open the page again and send it once more. Nothing was saved.")
    if drafts.typed_in(request) is not None:
        text = _("This form is out of date, and nothing was saved. What you typed is kept: open the page again.")
    return refusal_page(request, Refused(text, code="csrf"))


def failed(request: ActingRequest) -> HttpResponse:
    """Something broke. A page that needs neither the database nor the frame, and is told in all three languages."""
    away = is_away(sys.exception())
    if is_program(request):
        response = to_program(request, AWAY if away else FAULT)
    else:
        page = "web/away.html" if away else "web/failed.html"
        response = HttpResponse(render_to_string(page), status=503 if away else 500)
    if away:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
