"""Slows down whoever guesses: for one account from one source, by a rising delay. Nobody else is kept out by it.

A source is a device that the account has signed in from before, else the network that the request comes from. So who
guesses from the same office does not slow down the person, who sits at a device of their own.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from kivijalka.register.refusal import Reason, Refused
from kivijalka.signin.models import Attempts

# Tries that cost nothing; then one second, two, four, up to a quarter of an hour. After a day all is forgotten.
FREE, LONGEST, FORGOTTEN = 3, timedelta(minutes=15), timedelta(days=1)
DEVICE, DEVICE_AGE = "device", 400 * 86400


def delay_after(failures: int) -> timedelta:
    """How long one waits after so many failed tries."""
    beyond = failures - FREE
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST) if beyond >= 0 else timedelta(0)


def why_not_try(until: datetime | None, now: datetime) -> Reason | None:
    """Why one may not try now. None: one may."""
    if until is None or now >= until:
        return None
    seconds = int((until - now).total_seconds()) + 1
    told = ngettext(
        "Too many failed tries. Wait %d second, then try again.",
        "Too many failed tries. Wait %d seconds, then try again.",
        seconds,
    )
    return Reason("too_fast", told % seconds)


@contextmanager
def tried(request: HttpRequest, address: str, now: datetime) -> Iterator[Tries]:
    """Inside, the password or code is looked at, one try at a time; raises Refused before the delay is over."""
    with counted(key_of(address, source_of(request, address)), now) as tries:
        yield tries


@contextmanager
def counted(key: str, now: datetime) -> Iterator[Tries]:
    """The same, of whatever tries are counted under a key."""
    with transaction.atomic():
        Attempts.objects.bulk_create([Attempts(key=key)], ignore_conflicts=True)
        row = Attempts.objects.select_for_update().get(key=key)
        reason = why_not_try(row.until, now)
        if reason is not None:
            raise Refused(reason.text, code=reason.code)
        yield Tries(row, now)


class Tries:
    """The tries of one account from one source: say how this one ended."""

    def __init__(self, row: Attempts, now: datetime) -> None:
        self.row, self.now = row, now

    def failed(self) -> None:
        is_old = self.row.until is not None and self.now - self.row.until > FORGOTTEN
        self.row.failures = 1 if is_old else self.row.failures + 1
        self.row.until = self.now + delay_after(self.row.failures)
        self.row.save()

    def succeeded(self) -> None:
        self.row.failures, self.row.until = 0, None
        self.row.save()


def key_of(address: str, source: str) -> str:
    """What the tries are counted under."""
    told = f"{address.strip().lower()}|{source}"
    return salted_hmac("kivijalka.signin.attempts", told, algorithm="sha256").hexdigest()


def source_of(request: HttpRequest, address: str) -> str:
    """The device, where the account has signed in from it before; else the network."""
    return device_of(request, address) or network_of(request)


def device_of(request: HttpRequest, address: str) -> str | None:
    """The name that a device got when this account signed in from it."""
    try:
        told: Any = signing.loads(request.COOKIES.get(DEVICE, ""), salt=DEVICE)
    except signing.BadSignature:
        return None
    name = told.get(account_mark(address)) if isinstance(told, dict) else None
    return str(name) if name else None


def know_device(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Let the browser keep a name of its own for this account; those of other accounts stay."""
    try:
        told: Any = signing.loads(request.COOKIES.get(DEVICE, ""), salt=DEVICE)
    except signing.BadSignature:
        told = {}
    known = {**(told if isinstance(told, dict) else {}), account_mark(address): secrets.token_urlsafe(12)}
    response.set_cookie(
        DEVICE,
        signing.dumps(dict(list(known.items())[-5:]), salt=DEVICE),
        max_age=DEVICE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def account_mark(address: str) -> str:
    """An account in a cookie, so that who reads the cookie does not read the address."""
    return salted_hmac("kivijalka.signin.device", address.strip().lower(), algorithm="sha256").hexdigest()[:16]


def network_of(request: HttpRequest) -> str:
    """Where the request comes from: an IPv4 address, or a network of IPv6 as a subscriber has one."""
    found = ipaddress.ip_address(address_of(request))
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def address_of(request: HttpRequest) -> str:
    """The address that the request comes from; 0.0.0.0 where none is told, as on a socket."""
    told = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        # The city's proxy adds the address that it sees at the end; what stands before, anybody can write.
        told = str(request.META.get("HTTP_X_FORWARDED_FOR", told)).rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return "0.0.0.0"
