"""What is sent to the site, before a view sees it: done once, however often it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from kivijalka.register.doors import once
from kivijalka.register.refusal import Refused
from kivijalka.web.middleware import SAFE, refuse


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
