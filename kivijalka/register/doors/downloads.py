"""A file as an answer: saved by the browser under its name, never shown or run by it."""

from __future__ import annotations

from typing import IO

from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

ANY_KIND = "application/octet-stream"


def download(content: bytes, name: str, kind: str = ANY_KIND) -> HttpResponse:
    """The content to be saved under a name in any script (RFC 6266)."""
    return HttpResponse(content, content_type=kind, headers=_headers(name))


def download_file(file: IO[bytes], name: str, kind: str) -> FileResponse:
    """The same of an open file, however large: it is sent a piece at a time, and closed."""
    return FileResponse(file, content_type=kind, headers=_headers(name))


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
