"""Where somebody is signed in: the list, signing out elsewhere, and telling of a new device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from kivijalka.access.request import ActingRequest
from kivijalka.organisation.models import Account

NEW = "new_device"


@dataclass(frozen=True)
class Place:
    """One session: since when, from where, with what, and whether it is the one that asks."""

    pk: int
    since: datetime
    address: str
    browser: str
    here: bool


def places(request: ActingRequest) -> list[Place]:
    """Sessions of the acting person that are alive, the latest first."""
    key = request.session.session_key
    rows = _alive(request.user)
    return [Place(row.pk, row.created_at, row.ip, browser_in(row.user_agent), row.session_key == key) for row in rows]


def end_others(request: ActingRequest) -> int:
    """Sign out everywhere but here."""
    others = _alive(request.user).exclude(session_key=request.session.session_key)
    return sum(_end(row) for row in others)


def end_one(request: ActingRequest, pk: int) -> int:
    """Sign out one other place of one's own."""
    return sum(_end(row) for row in _alive(request.user).filter(pk=pk).exclude(session_key=request.session.session_key))


def tell_of_new_device(request: HttpRequest, account: Account) -> None:
    """Tell every other place where the account is signed in; at a first sign-in there is none."""
    told = {"at": timezone.now().isoformat(), "browser": browser_in(request.META.get("HTTP_USER_AGENT", ""))}
    others = _alive(account).exclude(session_key=request.session.session_key)
    for row in others:
        store = _store(row.session_key)
        store[NEW] = told
        store.save()


def browser_in(agent: str) -> str:
    """What a browser calls itself, short: Firefox, Windows."""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {"Android": "Android", "iPhone": "iOS", "iPad": "iOS", "Windows": "Windows", "Mac OS": "macOS"}
    found = [next((name for mark, name in marks.items() if mark in agent), "") for marks in (browsers, systems)]
    found[1] = found[1] or ("Linux" if "Linux" in agent else "")
    return ", ".join(name for name in found if name) or agent[:40]


def _alive(account: Any) -> Any:
    there = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    return UserSession.objects.filter(Exists(there), user_id=account.pk).order_by("-created_at")


def _end(row: UserSession) -> int:
    row.end()
    return 1


def _store(key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)
