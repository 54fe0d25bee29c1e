"""An edit is undone by an edit: the form opens with what stood there before, typed upon the version that replaced it.

So rights, rules and history are those of editing, and what somebody changed since is merged or shown (`merge.py`). Verbs,
links, and what was done to many at once are undone as a step (`register/steps.py`), on a page that says what it was.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kivijalka.access.request import ActingRequest
from kivijalka.register import steps
from kivijalka.register.declare import Register
from kivijalka.register.doors.filters import refuse_past
from kivijalka.register.doors.history import raw_versions
from kivijalka.register.doors.place import kept
from kivijalka.register.models import Kept, Node
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_key

FIELD = "undo"
MOST_SHOWN = 200


def before(register: Register[Any], record: Any, version: str) -> dict[str, Any]:
    """What the edit that wrote a version replaced, by field."""
    raw = raw_versions(register, record.pk)
    wrote = {str(newer["version"]): (newer, older) for newer, older in zip(raw, raw[1:], strict=False)}
    newer, older = wrote.get(version, ({}, {}))
    if newer.get("kept_command") != "edit":
        text = _(
            "Only an edit can be undone. Look in the history which one you mean; a decision is taken back by a verb."
        )
        raise Refused(text, code="state")
    columns = {name: str(register.field(name).column) for name in register.writable}
    return {name: older[column] for name, column in columns.items() if older[column] != newer[column]}


def offered(register: Register[Any], record: Any, text: str) -> str:
    """What was done, with the way back from it."""
    version = register.model._default_manager.seen().filter(pk=record.pk).values_list("version", flat=True).first()
    if version in (None, record.version):
        return text
    return _with_way_back(text, f"{reverse('edit', args=[register.path, record.pk])}?{FIELD}={version}")


def step_offered(row: Kept, name: str, text: str) -> str:
    """What a command did to a row, and maybe to more, with the way back from all of it."""
    entry = steps.entry_of(type(row), row.pk) if steps.may_undo(type(row), name) else None
    return text if entry is None else _with_way_back(text, reverse("undo", args=[entry]))


def _with_way_back(text: str, address: str) -> str:
    return format_html('{} <a href="{}">{}</a>', text, address, _("Undo"))


@require_http_methods(["GET", "HEAD", "POST"])
def undo_page(request: ActingRequest, entry: int) -> HttpResponse:
    """What the acting person did in one go: all of it, to be undone."""
    refuse_past()
    step = steps.step_of(entry)
    nodes = list(Node.objects.filter(pk__in={row.record for row in step.rows}).order_by("code"))
    refused = None
    if request.method == "POST":
        try:
            steps.undo(step)
        except Refused as told:
            refused = told
        else:
            messages.success(request, _("Undone: %s") % step.label)
            return redirect(kept(request, _where(nodes)))
    context = {"step": step, "nodes": nodes[:MOST_SHOWN], "total": len(nodes), "refused": refused, "most": MOST_SHOWN}
    return render(request, "register/undo.html", context, status=409 if refused else 200)


def _where(nodes: list[Node]) -> str:
    """To the record, or to the list that has all of them."""
    if len(nodes) == 1:
        return nodes[0].get_absolute_url()
    return reverse("list", args=[register_by_key(nodes[0].register).path]) if nodes else "/"
