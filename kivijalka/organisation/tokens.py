"""Tokens for programs: made and shown once, ended at once, recognised by a hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.organisation.models import Person, ServiceAccount, Token, TokenKey
from kivijalka.register.command import command, translated
from kivijalka.register.doors.related import relate
from kivijalka.register.refusal import NotThere, Reason, refuse

LONGEST = timedelta(days=366)
MOST_A_MINUTE = 600
# A directory of a whole city often sends one person at a time.
MOST_OF_A_DIRECTORY = 6_000
# So that who finds one in a file or a log knows what it is.
MARK = "kivijalka_"


@dataclass(frozen=True)
class Known:
    """A token in force that came with a request."""

    id: UUID
    person: UUID
    reads: bool
    asked: int


def why_not_ask(asked: int, most: int) -> Reason | None:
    """Why a token that came so often this minute is not answered. None: it is."""
    if asked <= most:
        return None
    told = _("This token asks more than {} times a minute. Wait for the next minute, or ask for more rows at a time.")
    return Reason("too_fast", told.format(most))


def why_not_make_for(me: UUID, owner: UUID, end: date, last: date) -> Reason | None:
    """Why a token of a program may not be made. None: it may."""
    if owner != me:
        told = _("Somebody else answers for this program. They make its tokens.")
        return Reason("not_answering", told, field="service")
    if end > last:
        return Reason("outlives", _("The program's last day is before this. Choose an earlier day."), field="end")
    return None


def why_not_make(end: date, *, today: date, on_behalf_of: UUID | None, token: UUID | None) -> Reason | None:
    """Why a token may not be made. None: it may."""
    if on_behalf_of is not None or token is not None:
        return Reason("lent", _("A token is made by its holder in person, never by another token."))
    if end < today:
        return Reason("over", _("The end is in the past. Choose a later day."), field="end")
    if end > today + LONGEST:
        return Reason("too_long", _("A token is good for a year at most. Choose an earlier day."), field="end")
    return None


def make(
    actor: Actor,
    *,
    name: str,
    end: date,
    reads: bool,
    registers: Sequence[str] = (),
    within: Any = None,
    service: ServiceAccount | None = None,
) -> tuple[Token, str]:
    """A new token of the acting person, or of a program that they answer for; and its secret, which is kept nowhere."""
    today = timezone.localdate()
    refuse(why_not_make(end, today=today, on_behalf_of=actor.on_behalf_of, token=actor.token))
    me = Person.objects.seen().filter(pk=actor.person).first()
    if me is None:
        raise NotThere
    if service is not None:
        refuse(why_not_make_for(me.pk, service.owner_id, end, service.end))
    secret = MARK + secrets.token_urlsafe(32)
    say_command("make_token")
    given = {"name": name, "reads": reads, "registers": " ".join(registers), "within": within, "service": service}
    with transaction.atomic():
        token = translated(lambda: Token.objects.create(person=me, unit_id=me.unit_id, start=today, end=end, **given))
        TokenKey.objects.create(token=token, hash=hash_of(secret))
    return token, secret


@command(
    _("Revoke"),
    when=Q(revoked_at__isnull=True),
    says=_("Programs that use it are refused from this moment on."),
    final=True,
)
def revoke(actor: Actor, token: Token) -> Token:
    """End the token at this moment."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    return token


def recognised(secret: str) -> Known | None:
    """The token with this secret, if it is in force and its holder is here; it is counted."""
    with connection.cursor() as cursor:
        cursor.execute("select * from kj.token_at_door(%s)", [hash_of(secret)])
        row = cursor.fetchone()
    return Known(*row) if row else None


def hash_of(secret: str) -> bytes:
    """A plain hash is enough: a secret of 256 bits is not guessed."""
    return sha256(secret.encode(errors="replace")).digest()


def held_by(person: UUID | None) -> list[Token]:
    """Tokens of a person that are not over, the newest first."""
    rows = Token.objects.filter(person=person, revoked_at__isnull=True, end__gte=timezone.localdate())
    return relate(rows.order_by("-pk"), ["within", "service"])
