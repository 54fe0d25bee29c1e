"""Every address of the site and what may be sent to it, read from its own URL patterns: a new door cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import URLPattern, get_resolver

from kivijalka.register.declare import Register
from kivijalka.register.registry import REGISTERS
from tests import factories as make
from tests.doors.scene import undone
from tests.who import sign_in

NOWHERE = UUID(int=0)
# Addresses (or one method of them) that show and change no record of a register, and why.
OUTSIDE = {
    "sign-in/": "nobody acts yet: tests/signin",
    **dict.fromkeys(
        (
            "sign-in/code/",
            "sign-in/passkey/",
            "sign-in/with/<slug:provider_id>/",
            "sign-in/with/<slug:provider_id>/back/",
        ),
        "nobody acts yet: tests/signin",
    ),
    **{
        f"account/{page}": "of one's own account: tests/signin, tests/browser/test_passkey.py"
        for page in (
            "",
            "sessions/",
            "new-device/",
            "tokens/",
            "tokens/revoke/",
            "password-again/",
            "code-again/",
            "passkey-again/",
            "app/",
            "app/end/",
            "recovery-codes/",
            "recovery-codes/new/",
            "passkeys/new/",
            "passkeys/<int:pk>/",
            "passkeys/<int:pk>/end/",
        )
    },
    "account/letters/": "of oneself alone: tests/web/test_digest.py",
    "letters/end/<str:signed>/": "to whom a letter was sent: tests/web/test_digest.py",
    "sign-out/": "ends one's own session: tests/web",
    "language/": "of one's own session: tests/web",
    "on-behalf/": "of one's own session: tests/organisation/test_delegation.py",
    "<slug:path>/views/": "one's own names of lists: tests/web/test_saved_views.py",
    "snooze/<uuid:pk>/<slug:verb>/": "one's own list of work: tests/web/test_my_work.py",
    "snooze/end/": "one's own list of work: tests/web/test_my_work.py",
    "calibration/": "how one's own estimates held: tests/events/test_calibration.py",
    "following/": "what one follows oneself: tests/web/test_following.py",
    "api/following": "what one follows oneself: tests/web/test_following.py",
    "POST first-steps/": "adds at a unit where one may: tests/risks/test_first_steps.py",
    "POST begin-programme/": "adds at a unit where one may: tests/programmes/test_programmes.py",
    **{
        f"reports/{page}": "a report that one asked for oneself: tests/reports/test_large.py"
        for page in ("make/", "made/<uuid:pk>/", "made/<uuid:pk>/file")
    },
    "drafts/": "one's own words: tests/web/test_drafts.py",
    "join/": "the code lets in, and shows nothing before: tests/workshops/test_pages.py",
    "responsibilities/answer/": "one's own answer: tests/organisation/test_reach.py",
    "GET api/responsibilities": "one's own, or those of a record that one sees: tests/organisation/test_handshake.py",
    **{
        f"api/responsibilities/<id>/{answer}": "one's own answer: tests/organisation/test_handshake.py"
        for answer in ("accept", "decline", "give_up", "withdraw")
    },
    "POST deputies/": "one's own deputies: tests/organisation",
    "POST deputies/end/": "one's own deputies: tests/organisation",
    **{
        f"api/workshops/<id>/{what}": "of whoever takes part, or sees workshop and risk: tests/workshops/test_api.py"
        for what in ("questions", "answers")
    },
    "api/openapi.json": "the declarations alone: tests/api/test_document.py",
    "api/": "the answer to what is no address: tests/api/test_refusals.py",
    **{
        f"scim/v2/{page}": "for whoever provisions, by a token: tests/exchange"
        for page in (
            *(f"{kind}{more}" for kind in ("Users", "Groups") for more in ("", "/.search", "/<key>")),
            *(f"{kind}{more}" for kind in ("ResourceTypes", "Schemas") for more in ("", "/<key>")),
            "ServiceProviderConfig",
            ".search",
            "Bulk",
            "Me",
            "",
        )
    },
}
# Addresses of one record, whose register does not stand in them.
OF_REGISTER = {"hand-over/<uuid:pk>/": "person", "responsibilities/offer/<uuid:pk>/": None}
SAMPLES = {
    "area": "occupational_safety",
    "path": "risks",
    "key": "risk",
    "verb": "edit",
    "kind": "csv",
    "part": "likelihood",
}
Door = tuple[str, str]  # method and route


@cache
def doors() -> frozenset[Door]:
    """Every method of every address, but those outside. A view that takes any method at all is a mistake."""
    with undone():
        client = sign_in(Client(), make.person())
        inside = [route for route in routes() if route not in OUTSIDE]
        found = [(method, route) for route in inside for method in _methods(client, route)]
        return frozenset(door for door in found if " ".join(door) not in OUTSIDE)


def routes() -> list[str]:
    """All routes of the site, in the order in which they are looked at."""
    return list(_routes_of(get_resolver()))


def doors_of(register: Register[Any]) -> set[Door]:
    """Those at which records of this register may be met."""
    return {(method, route) for method, route in doors() if _concerns(route, register)}


def is_link(route: str) -> bool:
    """Whether a route is of the links of a record."""
    return "/link" in route


def is_program(route: str) -> bool:
    return route.startswith("api/")


def is_file(route: str) -> bool:
    return "import" in route or "export" in route


def is_report(route: str) -> bool:
    """Whether a route makes a document of records of several registers."""
    return route.startswith("reports/<")


def has_no_parameters(route: str) -> bool:
    """Whether a route names no record nor register; an area of security is neither."""
    return "<" not in route.replace("<slug:area>", "")


def own_doors(register: Register[Any]) -> set[Door]:
    """Pages of a record that no other register has."""
    return {(method, route) for method, route in doors() if not is_program(route) and _of_one(route) == register.path}


def filled(route: str, **given: Any) -> str:
    """The address of a route, with what is given, or a sample, in place of each parameter."""
    values = {**SAMPLES, **given}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found[1], NOWHERE)), route)


def _concerns(route: str, register: Register[Any]) -> bool:
    return _of_one(route) in (None, register.path)


def _of_one(route: str) -> str | None:
    """The path of the only register that is met at a route; None where any is."""
    if route in OF_REGISTER:
        key = OF_REGISTER[route]
        return REGISTERS[key].path if key else None
    first = route.removeprefix("api/").partition("/")[0]
    return first if first in {register.path for register in REGISTERS.values()} else None


def _routes_of(resolver: Any, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes_of(pattern, route)


def _methods(client: Client, route: str) -> list[str]:
    """What the view allows, as it says itself when it is sent something that no view takes."""
    answer = client.generic("PURGE", filled(route))
    assert answer.status_code == 405, (
        f"{route} answers {answer.status_code} to a method that nobody knows: let the view say what it takes "
        "(require_http_methods, outermost), or say in tests/doors/addresses.py why no record is met there."
    )
    return [method for method in answer["Allow"].split(", ") if method not in ("HEAD", "OPTIONS")]
