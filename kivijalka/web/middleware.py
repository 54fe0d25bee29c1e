"""Every request is one transaction in which one person acts; every refusal becomes a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, transaction
from django.db.utils import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from kivijalka.access.actor import NOBODY, acting
from kivijalka.exchange.scim import errors
from kivijalka.register.doors.api import problem
from kivijalka.register.doors.programs import SCIM, door_of, is_program
from kivijalka.register.fields import day_of, end_of
from kivijalka.register.refusal import Refused
from kivijalka.signin import tokens

STATUS = {
    "malformed": 400,
    "not_there": 404,
    "no_right": 403,
    "csrf": 403,
    "state": 409,
    "conflict": 409,
    "too_large": 413,
}
SAFE = ("GET", "HEAD", "OPTIONS")


class ActingMiddleware:
    """Opens `acting` around the view. Before it, the site's role sees nothing but accounts and sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        # Where one signs in nobody acts yet: whoever else was signed in here has no part in it.
        signed_in = request.user.is_authenticated and not request.path.startswith("/sign-in")
        person = getattr(request.user, "person_id", None) if signed_in else None
        language = request.session.get("language") or request.COOKIES.get("language") or "fi"
        translation.activate(language if language in ("fi", "sv", "en") else "fi")
        request.LANGUAGE_CODE = translation.get_language()
        request.actor, request.token = NOBODY, None
        try:
            request.as_of, request.mistaken = moment_of(request)
            refused = self._refused_token(request)
            if refused is not None:
                return to_program(request, refused)
            response = self._respond(request, request.token.person if request.token else person)
            if request.actor.person is not None:
                # Nothing of it stays in a browser's cache for whoever sits down next, nor in one on the way.
                patch_cache_control(response, private=True, no_store=True)
            return response
        finally:
            translation.deactivate()

    def _refused_token(self, request: Any) -> Refused | None:
        """Take the token that a program sends, in place of a session. Nobody acts yet."""
        try:
            request.token = tokens.at_door(request) if is_program(request) else None
        except Refused as refused:
            return refused
        return None

    def _respond(self, request: Any, person: UUID | None) -> HttpResponse:
        behalf = None if request.token or person is None else request.session.get("on_behalf_of")
        token = request.token.id if request.token else None
        who = {
            "on_behalf_of": UUID(behalf) if behalf else None,
            "door": door_of(request),
            "as_of": request.as_of,
            "token": token,
        }
        request.refused = None
        with acting(person, **who) as request.actor:
            is_gone = person is not None and request.actor.names[0] is None
            response = HttpResponse() if is_gone else self.get_response(request)
            if response.status_code >= 500 or request.refused is not None:
                transaction.set_rollback(True)
        if is_gone and request.token:
            return to_program(request, Refused(_("This token is not in force."), code="not_signed_in"))
        if is_gone:
            return self._respond(request, end(request, person))
        if request.refused is None:
            return response
        # The refused transaction is gone; the page that says so needs one of its own.
        with acting(person, **who) as request.actor:
            return refusal_page(request, request.refused)

    def process_view(self, request: Any, view: Callable[..., Any], *_given: Any) -> HttpResponse | None:
        """Every page is for somebody signed in, unless its view says `login_not_required`. The API answers 401 itself."""
        try:
            tokens.refuse_writing(request, request.token)
        except Refused as refused:
            return refuse(request, refused)
        if is_program(request):
            return None
        if request.mistaken is not None:
            return refuse(request, request.mistaken)
        if request.actor.person is not None:
            return None
        return to_sign_in(request) if getattr(view, "login_required", True) else None

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        """A refusal that no view showed itself. Bad bytes that only the database noticed are refused too."""
        refused = refusal_in(request, error)
        return None if refused is None else refuse(request, refused)


def end(request: Any, person: UUID | None) -> UUID | None:
    """A delegation that is over is left; who is here no longer is signed out. Who then acts."""
    if request.session.pop("on_behalf_of", None) is not None:
        messages.info(request, _("The delegation is over. You act as yourself again."))
        return person
    logout(request)
    return None


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the page that signs in, and from there back: to what was asked for, or to the page whose form was sent.

    A part of a page that a script asked for leads the whole page there.
    """
    part = "HX-Request" in request.headers
    page = urlsplit(request.headers.get("HX-Current-URL" if part else "Referer", ""))
    back = (
        page._replace(scheme="", netloc="").geturl() if part or request.method not in SAFE else request.get_full_path()
    )
    response = redirect_to_login(back or "/")
    return HttpResponse(status=204, headers={"HX-Redirect": response.url}) if part else response


def refusal_in(request: Any, error: Exception) -> Refused | None:
    """The refusal that an exception stands for; None for a fault of ours."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, DataError | ValueError) and "NUL (0x00)" in str(error):
        return Refused(_("The text holds a character that cannot be stored. Remove it."), code="invalid")
    if isinstance(error, DatabaseError) and request.as_of is not None and request.method not in SAFE:
        return Refused(_("The past cannot be changed. Go back to today first."), code="state")
    return None


def refuse(request: Any, refused: Refused) -> HttpResponse:
    """Leave the refusal to the middleware, which shows it when the transaction is rolled back."""
    request.refused = refused
    return HttpResponse(status=STATUS.get(refused.code, 422))


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """What was refused and why: on a page of its own, or to a program."""
    if is_program(request):
        return to_program(request, refused)
    return render(request, "web/refused.html", {"refused": refused}, status=STATUS.get(refused.code, 422))


def to_program(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal in the words of the address: problem+json, or an error of SCIM."""
    return errors.answer(refused) if request.path.startswith(SCIM) else problem(refused)


def moment_of(request: HttpRequest) -> tuple[datetime | None, Refused | None]:
    """The moment that `?as_of=` asks for, an instant or a day (its end), or why it cannot be read. Neither: today."""
    text = request.GET.get("as_of", "").strip()
    if not text:
        return None, None
    moment = moment_in(text)
    if moment is None:
        words = _("Write a day or a moment, such as 2026-12-31 or 2026-12-31T12:00:00Z.")
        return None, Refused(words, code="invalid", field="as_of")
    return (moment if moment < datetime.now(tz=UTC) else None), None


def moment_in(text: str) -> datetime | None:
    """The instant that a text names, or the end of the day. None: it names none, or one before all calendars."""
    try:
        instant, day = parse_datetime(text), day_of(text)
        if instant is not None and len(text) > 10:
            return (instant if timezone.is_aware(instant) else timezone.make_aware(instant)).astimezone(UTC)
        return None if day is None else end_of(day)
    except (ValueError, OverflowError):
        return None
