"""Refusals as application/problem+json (RFC 9457): one shape for all, the same texts as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja.responses import Response

from kivijalka.register.refusal import Refused

STATUS = {
    "malformed": 400,
    "not_signed_in": 401,
    "no_right": 403,
    "csrf": 403,
    "not_there": 404,
    "no_such_address": 404,
    "no_such_method": 405,
    "state": 409,
    "conflict": 409,
    "sent_before": 422,
    "too_fast": 429,
    "too_large": 413,
    "not_json": 415,
    "no_form": 415,
    "fault": 500,
    "away": 503,
}
TITLES = {
    400: _("The request cannot be read"),
    401: _("Not signed in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Not possible here"),
    409: _("Not possible now"),
    413: _("Too large"),
    415: _("Of another type than is read here"),
    422: _("Some values do not fit"),
    429: _("Too many requests"),
    500: _("Something went wrong here"),
    503: _("Not possible for a while"),
}
MEDIA_TYPE = "application/problem+json"
SAFE = ("GET", "HEAD", "OPTIONS")
# A fault of ours, told in the same shape as a refusal.
FAULT = Refused(_("Something went wrong here. Nothing was saved. Try again in a while."), code="fault")
# Texts by field, each with its code. The empty name is the request as a whole.
Mistakes = dict[str, list[tuple[Any, str]]]


class Unfit(Refused):
    """Values of a request that do not fit, several at once, each with a code of its own."""

    def __init__(self, mistakes: Mapping[str, list[tuple[Any, str]]]) -> None:
        super().__init__(_("Some of the answers do not fit. Nothing was saved."), code="invalid")
        self.mistakes = dict(mistakes)


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal. One at a field is about the request, whatever its code."""
    return 422 if refused.field else STATUS.get(refused.code, 422)


def problem(refused: Refused) -> HttpResponse:
    """The answer that a refusal stands for; nothing in it differs between "not there" and "out of reach"."""
    status = status_of(refused)
    content = {
        "type": f"urn:kivijalka:problem:{refused.code}",
        "title": TITLES[status],
        "status": status,
        "detail": refused.text,
        "code": refused.code,
        "errors": {
            name: [{"message": text, "code": code} for text, code in told]
            for name, told in _mistakes_in(refused).items()
        },
    }
    asks = {"WWW-Authenticate": "Bearer"} if status == STATUS["not_signed_in"] else {}
    return Response(content, status=status, content_type=MEDIA_TYPE, headers=asks)


def refuse(request: HttpRequest, refused: Any) -> HttpResponse:
    """Answer with the problem; whatever a refused request wrote is undone."""
    answer = problem(refused)
    if connection.in_atomic_block and (request.method not in SAFE or _broken()):
        transaction.set_rollback(True)
    return answer


def unstorable() -> Refused:
    """What the database says to text or numbers that no column can hold."""
    text = _("The text or number cannot be stored. Remove characters that do not print, and shorten it.")
    return Refused(text, code="invalid")


def _mistakes_in(refused: Refused) -> Mistakes:
    if isinstance(refused, Unfit):
        return refused.mistakes
    told = {name: [(text, refused.code) for text in texts] for name, texts in refused.errors.items()}
    return {name: texts for name, texts in told.items() if name}


def _broken() -> bool:
    """Whether an error of the database has ended the transaction under way."""
    from psycopg.pq import TransactionStatus

    return bool(connection.connection.info.transaction_status == TransactionStatus.INERROR)
