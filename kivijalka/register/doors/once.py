"""An action sent twice happens once: a key comes with each form and each request of a program, and is good for one deed.

The key is written in the transaction of the deed itself, and the database lets no second one in. Whoever comes second
waits for the first and gets its answer. What was refused leaves no key: mended, it may be sent again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import file_digest, sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.core.signing import BadSignature, TimestampSigner
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext_lazy as _

from kivijalka.access.request import ActingRequest
from kivijalka.register.doors.programs import is_program
from kivijalka.register.models.working import KEYS_KEPT, Sent
from kivijalka.register.refusal import Refused

FIELD, HEADER = "once", "Idempotency-Key"
MOST = 200
ANSWERED = ("Content-Type", "Location")
# Of a form, what differs from one opening to the next and is no part of what is sent.
NOT_SENT = ("csrfmiddlewaretoken", "draft")
_signer = TimestampSigner(salt="kivijalka.once")


class SentBefore(Refused):
    """The key came with something else before."""

    def __init__(self) -> None:
        text = _("This was sent before with other values, and done. Give every new action a key of its own.")
        super().__init__(text, code="sent_before")


@dataclass(frozen=True)
class Claim:
    """A key that is taken as long as the transaction goes on, and where to go back to if nothing comes of it."""

    id: UUID
    savepoint: str


def issue(person: UUID) -> str:
    """A key for one form, which only this person can have been given."""
    return _signer.sign(f"{person.hex}.{secrets.token_urlsafe(12)}")


def issued_to(key: str) -> UUID | None:
    """Whose form a key came with; None when it was not issued here, or too long ago."""
    try:
        return UUID(_signer.unsign(key, max_age=KEYS_KEPT).partition(".")[0])
    except (BadSignature, ValueError):
        return None


def claim(request: ActingRequest) -> Claim | HttpResponse | None:
    """Take the key that came along, or the answer that it got before. None: there is no key."""
    key = _key(request)
    if not key or request.actor.person is None or request.as_of is not None:
        return None
    digest = _digest(request)
    savepoint = transaction.savepoint()
    with connection.cursor() as cursor:
        # Whoever has the same key under way is waited for.
        cursor.execute(
            "insert into register_sent (person_id, key, digest) values (%s, %s, %s)"
            " on conflict (person_id, key) do nothing returning id",
            [request.actor.person, key, digest],
        )
        row = cursor.fetchone()
    if row is not None:
        return Claim(row[0], savepoint)
    first = Sent.objects.get(person_id=request.actor.person, key=key)
    if first.digest != digest or first.status is None:
        raise SentBefore
    return HttpResponse(first.body, status=first.status, headers=first.headers)


def settle(claimed: Claim, response: HttpResponse) -> None:
    """Keep the answer with the key; a refusal undoes the key and whatever was written with it."""
    if connection.needs_rollback:
        return
    if response.status_code >= 400:
        transaction.savepoint_rollback(claimed.savepoint)
        return
    transaction.savepoint_commit(claimed.savepoint)
    headers = {name: response[name] for name in ANSWERED if name in response}
    body = "" if response.streaming else response.content.decode(errors="replace")
    Sent.objects.filter(pk=claimed.id).update(status=response.status_code, headers=headers, body=body)


def _key(request: ActingRequest) -> str:
    if not is_program(request):
        return request.POST.get(FIELD, "")[:MOST]
    if HEADER not in request.headers:
        return ""
    key = request.headers[HEADER].strip().strip('"')
    if not (0 < len(key) <= MOST and key.isascii() and key.isprintable()):
        text = _("The header Idempotency-Key holds from 1 to 200 visible characters.")
        raise Refused(text, code="invalid", field=HEADER)
    return key


def is_form(request: HttpRequest) -> bool:
    """Whether what was sent is a form, as files are sent by programs too."""
    return request.content_type == "multipart/form-data"


def _hash(file: Any) -> str:
    digest = file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _digest(request: ActingRequest) -> str:
    """Of the address, whose right is used, and all that was sent."""
    if is_program(request) and not is_form(request):
        try:
            sent: Any = request.body
        except (RequestDataTooBig, UnreadablePostError):
            sent = b""  # refused by whoever reads it
    else:
        files = [(name, str(file.name), _hash(file)) for name, files in request.FILES.lists() for file in files]
        sent = sorted((name, texts) for name, texts in request.POST.lists() if name not in NOT_SENT), files
    told = (request.method, request.get_full_path(), request.actor.principal, sent)
    return sha256(repr(told).encode()).hexdigest()
