"""A file as an answer: saved by the browser under its name, never shown or run by it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

ANY_KIND = "application/octet-stream"


def download(content: bytes, name: str, kind: str = ANY_KIND) -> HttpResponse:
    """The content to be saved under a name in any script (RFC 6266)."""
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(content, content_type=kind, headers=headers)
