"""An edit is undone by an edit: the form opens with what stood there before, typed upon the version that replaced it.

So rights, rules and history are those of editing, and what somebody changed since is merged or shown (`merge.py`).
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from kivijalka.register.declare import Register
from kivijalka.register.doors.history import raw_versions
from kivijalka.register.refusal import Refused

FIELD = "undo"


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
    address = reverse("edit", args=[register.path, record.pk])
    return format_html('{} <a href="{}?{}={}">{}</a>', text, address, FIELD, version, _("Undo"))
