"""What is sent to the site, around the view: done once, however often it comes; and kept when it is not done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from kivijalka.register.contents import MOST_BYTES
from kivijalka.register.doors import drafts, once
from kivijalka.register.doors.downloads import ANY_KIND
from kivijalka.register.kinds import WHY
from kivijalka.register.refusal import Refused
from kivijalka.web.middleware import SAFE, STATUS, refuse

# What a form may hold beside a file.
BESIDE = 2**20


class PackingMiddleware(GZipMiddleware):
    """Packs pages; not a file as it came, which mostly is packed in its own way, and may be large."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.get("Content-Type") == ANY_KIND else super().process_response(request, response)


class SizeMiddleware:
    """Stands outside of whatever reads a form: what is larger than any file may be is refused before it has come."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The server gives no more of a body than its length says, and nothing of one without."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MOST_BYTES + BESIDE:
            return refuse(request, Refused(WHY["too_large"], code="too_large"))
        return None


class SendingMiddleware:
    """Stands inside of `ActingMiddleware`: the key of an action is written in the transaction of the action."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.claim = None
        response = self.get_response(request)
        if request.claim is not None:
            once.settle(request.claim, response)
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """After the form's token was looked at, and before the view."""
        if request.method in SAFE:
            return None
        try:
            found = once.claim(request)
        except Refused as refused:
            return refuse(request, refused)
        if isinstance(found, once.Claim):
            request.claim, found = found, None
        return found


class DraftsMiddleware:
    """Stands outside of `ActingMiddleware`: what was typed is kept though its transaction was undone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        response = self.get_response(request)
        is_read = request.method == "POST" and response.status_code != STATUS["too_large"]
        typed = drafts.typed_in(request) if is_read else None
        if typed is not None:
            # A form that was done leads elsewhere; so does one that nobody signed in has sent, to the sign-in.
            is_done = response.status_code == 302 and request.actor.person == typed.person
            drafts.forget(typed) if is_done else drafts.keep(typed)
        return response
