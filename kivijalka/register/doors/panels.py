"""Panels that an upper room puts on every record's page: the register room need not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

# Each takes the request and the record and answers a template with its context.
Panel = Callable[[HttpRequest, Any], tuple[str, dict[str, Any]]]
PANELS: list[Panel] = []


def rendered(request: HttpRequest, record: Any) -> list[str]:
    """The panels of a record's page, as safe HTML."""
    found = [panel(request, record) for panel in PANELS]
    return [render_to_string(template, context, request) for template, context in found]
