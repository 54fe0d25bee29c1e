"""Saved views: a name for the address of a list, which is all that a list shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kivijalka.register.declare import Register
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_path
from kivijalka.register.working_models import SavedView

# How a list looks; and where one stands in it, and when, which is no part of a view.
LOOK = ("column", "density")
PLACE = ("show", "after", "before", "last", "as_of")
NAME, QUERY = 80, 2000


def query_of(params: QueryDict) -> str:
    """What of an address makes a view, always in the same order; what is empty asks for nothing."""
    pairs = [(name, text) for name in sorted(params) if name not in PLACE for text in params.getlist(name) if text]
    return urlencode(pairs)


def look_and_rest(params: QueryDict) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The parts of an address that say how a list looks, and the others: each form keeps what it does not ask."""
    kept = [(name, text) for name in params if name not in PLACE[:-1] for text in params.getlist(name)]
    return [pair for pair in kept if pair[0] in LOOK], [pair for pair in kept if pair[0] not in LOOK]


def saved_views(request: Any, register: Register[Any]) -> list[SavedView]:
    """The acting person's own views of a register."""
    mine = SavedView.objects.filter(person_id=request.actor.person, register=register.key, query__isnull=False)
    return list(mine.order_by("name"))


@require_POST
def views_page(request: Any, path: str) -> HttpResponse:
    """Save the list's address under a name, or remove one."""
    register = register_by_path(path)
    name, query = _name(request), query_of(QueryDict(request.POST.get("query", "")))
    if len(query) > QUERY:
        raise Refused(_("This view asks for too much to be saved. Choose fewer filters."), code="invalid")
    is_removed = "remove" in request.POST
    SavedView.objects.bulk_create(
        [
            SavedView(
                person_id=request.actor.person, register=register.key, name=name, query=None if is_removed else query
            )
        ],
        update_conflicts=True,
        unique_fields=["person", "register", "name"],
        update_fields=["query"],
    )
    messages.success(request, (_("Removed: %s") if is_removed else _("The view is saved: %s")) % name)
    return redirect(f"{reverse('list', args=[path])}?{query}")


def _name(request: HttpRequest) -> str:
    name = " ".join(request.POST.get("name", "").split())
    if not 0 < len(name) <= NAME:
        raise Refused(_("Give the view a name of 1 to 80 letters."), code="invalid", field="name")
    return name
