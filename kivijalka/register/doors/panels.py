"""Panels that an upper room puts on every record's page: the register room need not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

# Each takes the request and the record and answers a template with its context; None: nothing to say of this record.
Panel = Callable[[HttpRequest, Any], tuple[str, dict[str, Any]] | None]
PANELS: list[Panel] = []


def panels_of(request: HttpRequest, record: Any) -> list[tuple[str, dict[str, Any]]]:
    """Templates and contexts of a record page's panels."""
    return [found for panel in PANELS if (found := panel(request, record)) is not None]
