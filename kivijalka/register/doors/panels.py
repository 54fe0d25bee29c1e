"""What an upper room puts on every record's page and into every new one's form: the register room need not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivijalka.access.request import ActingRequest
from kivijalka.register.declare import Register

# Each takes the request and the record and answers a template with its context; None: nothing to say of this record.
Panel = Callable[[ActingRequest, Any], tuple[str, dict[str, Any]] | None]
PANELS: list[Panel] = []
# Each takes the request of a new record's form and its register, and answers what its fields begin with, by name.
BEGUN: list[Callable[[ActingRequest, Register[Any]], dict[str, Any]]] = []
# What a panel would ask of the record itself comes along with it: annotations by name.
ALONG: list[Callable[[Register[Any]], dict[str, Any]]] = []


def asked_along(register: Register[Any]) -> dict[str, Any]:
    """Annotations of a record that is shown on a page of its own."""
    return {name: found for along in ALONG for name, found in along(register).items()}


def begun(request: ActingRequest, register: Register[Any]) -> dict[str, Any]:
    """What the fields of a new record's form begin with."""
    return {name: value for begin in BEGUN for name, value in begin(request, register).items()}


def panels_of(request: ActingRequest, record: Any) -> list[tuple[str, dict[str, Any]]]:
    """Templates and contexts of a record page's panels."""
    return [found for panel in PANELS if (found := panel(request, record)) is not None]
