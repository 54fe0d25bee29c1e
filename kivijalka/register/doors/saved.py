"""Saved views: a name for the address of a list, which is all that a list shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kivijalka.access.request import ActingRequest, signed_in
from kivijalka.register.command import translated
from kivijalka.register.declare import Register
from kivijalka.register.doors.filters import NumbersBelow
from kivijalka.register.doors.place import KEPT
from kivijalka.register.doors.related import relate
from kivijalka.register.fields import RecordField
from kivijalka.register.models.working import SavedView
from kivijalka.register.plain import plain
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS, register_by_path

# How a list looks; and where one stands in it, and when, which is no part of a view.
LOOK = ("column", "density")
PLACE = ("show", "after", "before", "last", "as_of")
OPENS = "opens"
NAME, QUERY = 80, 2000


def query_of(params: QueryDict) -> str:
    """What of an address makes a view, always in the same order; what is empty asks for nothing."""
    pairs = [(name, text) for name in sorted(params) if name not in PLACE for text in params.getlist(name) if text]
    return urlencode(pairs)


def look_and_rest(params: QueryDict) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The parts of an address that say how a list looks, and the others: each form keeps what it does not ask."""
    kept = [(name, text) for name in params if name not in PLACE[:-1] for text in params.getlist(name)]
    return [pair for pair in kept if pair[0] in LOOK], [pair for pair in kept if pair[0] not in LOOK]


def saved_views(register: Register[Any]) -> list[SavedView]:
    """The acting person's own views of a register, then those of units that they are of."""
    rows = SavedView.objects.seen().filter(register=register.key, query__isnull=False)
    return relate(rows.order_by(F("unit").asc(nulls_first=True), "name"), ["unit"])


def opening_view(saved: list[SavedView]) -> SavedView | None:
    """The view that the list opens with: one's own, else that of the nearest unit."""
    unnamed = [view for view in saved if not view.name]
    if len(unnamed) > 1 and unnamed[0].unit_id is not None:
        sizes = dict(_units().annotate(below=NumbersBelow("number")).values_list("number", "below"))
        unnamed.sort(key=lambda view: len(sizes.get(view.unit_id, ())))
    return next(iter(unnamed), None)


def asks_for_nothing(params: QueryDict) -> bool:
    """Whether an address leaves open what its list shows. An empty search asks for all."""
    return not set(params) - set(KEPT)


@require_POST
def views_page(request: ActingRequest, path: str) -> HttpResponse:
    """Save the list's address under a name, or as what the list opens with, for oneself or a unit; or remove one."""
    register = register_by_path(path)
    query = query_of(QueryDict(request.POST.get("query", "")))
    if "remove" in request.POST:
        messages.success(request, _("Removed: %s") % _removed(register, request.POST["remove"]))
    else:
        if len(query) > QUERY:
            raise Refused(_("This view asks for too much to be saved. Choose fewer filters."), code="invalid")
        name, unit = _name(request), _unit(request)
        rows = [
            SavedView(person_id=signed_in(request), register=register.key, name=called, query=query, unit=unit)
            for called in ([name] if name else []) + ([""] if OPENS in request.POST else [])
        ]
        translated(lambda: _keep(rows))
        messages.success(request, _("The view is saved: %s") % (name or _("The list opens with this")))
    return redirect(f"{reverse('list', args=[path])}?{query or 'q='}")


def _keep(rows: list[SavedView]) -> None:
    SavedView.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["person", "register", "name"],
        update_fields=["query", "unit"],
    )


def _removed(register: Register[Any], pk: str) -> str:
    """The name of a view that is no more; one that this person may not change is not there."""
    try:
        found = SavedView.objects.seen().filter(pk=UUID(pk), register=register.key, query__isnull=False)
    except ValueError:
        raise NotThere from None
    view = found.first()
    if view is None:
        raise NotThere
    if not found.update(query=None):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    return view.name or str(_("The list opens with this"))


def _name(request: ActingRequest) -> str:
    name = " ".join(plain(request.POST.get("name", "")).split())
    if len(name) > NAME or not (name or OPENS in request.POST):
        raise Refused(_("Give the view a name of 1 to 80 letters."), code="invalid", field="name")
    return name


def _unit(request: ActingRequest) -> Any:
    field = RecordField(REGISTERS["unit"].model, required=False)
    try:
        return field.clean(request.POST.get("unit", "").strip())
    except ValidationError as error:
        raise Refused(error.messages[0], code="invalid", field="unit") from error


def _units() -> Any:
    return REGISTERS["unit"].model._default_manager
