"""A program at the door: the token that came with its request."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.organisation import tokens
from kivijalka.register.doors.programs import SCIM
from kivijalka.register.refusal import Refused, refuse
from kivijalka.signin import throttle

HEADER = "Authorization"


def at_door(request: HttpRequest) -> tokens.Known | None:
    """The token in force that came along. None: none came. Whoever sends wrong ones is slowed down, and nobody else."""
    if HEADER not in request.headers:
        return None
    scheme, _space, secret = request.headers[HEADER].partition(" ")
    found = tokens.recognised(secret.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        with throttle.tried(request, "token", timezone.now()) as tries:
            tries.failed()
        raise Refused(_("This token is not in force. Send a good one as Authorization: Bearer …"), code="not_signed_in")
    most = tokens.MOST_OF_A_DIRECTORY if request.path.startswith(SCIM) else tokens.MOST_A_MINUTE
    refuse(tokens.why_not_ask(found.asked, most))
    return found


def refuse_writing(request: HttpRequest, known: tokens.Known | None) -> None:
    """Refuse what would change something to a token that only reads; the database does so too."""
    if known is not None and known.reads and request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Refused(_("This token may only read. Make one that may write."), code="no_right")
