"""Which addresses are for programs: no page, no form, no session of their own making."""

from __future__ import annotations

from django.http import HttpRequest

API, SCIM = "/api/", "/scim/"


def is_program(request: HttpRequest) -> bool:
    """Whether the address is one for programs."""
    return request.path.startswith((API, SCIM))


def door_of(request: HttpRequest) -> str:
    """What the history calls the way in."""
    return {API: "api", SCIM: "scim"}.get(f"/{request.path.split('/')[1]}/", "page")
