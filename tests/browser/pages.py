"""Which pages the tests look at, and in which language, colours and width."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from kivijalka.register.registry import REGISTERS
from tests.full import FULL

LANGUAGES, SCHEMES, WIDTHS = ("fi", "sv", "en"), ("light", "dark"), (320, 1440)
NOWHERE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str
    scheme: str
    width: int


@dataclass(frozen=True)
class Place:
    """A page; `{risk}` in its path stands for the id of the risk. `answers` are the status codes that are right."""

    path: str
    answers: tuple[int, ...] = (200,)
    signed_in: bool = True


def places() -> list[Place]:
    """Every page of the frame, and those of every register there is."""
    return [*FRAME, *(place for key in REGISTERS for place in _of_register(key))]


FRAME = [
    Place("/sign-in/", signed_in=False),
    Place("/"),
    Place("/situation/"),
    Place("/situation/?since=2026-01-01"),
    Place("/first-steps/?kind=school"),
    Place("/areas/"),
    Place("/areas/occupational_safety/"),
    Place("/areas/rescue_safety/typical/"),
    Place("/situation/heat/"),
    Place("/situation/effects/"),
    Place("/risks/{risk}/bow-tie/"),
    Place("/registers/"),
    Place("/unit/?at=/risks/"),
    Place("/unit/?q=zzzz"),
    Place("/search/"),
    Place("/search/?q=sähkökatko"),
    Place("/search/?q=zzzz"),
    Place("/responsibilities/"),
    Place("/without-accountable/"),
    Place("/hand-over/{person}/"),
    Place("/deputies/"),
    Place("/following/"),
    Place("/account/"),
    Place("/account/app/"),
    Place("/account/tokens/"),
    Place("/account/letters/"),
    Place("/account/passkeys/new/"),
    Place("/sign-in/code/", signed_in=False),
    Place("/why/"),
    Place("/policy/"),
    Place("/policies/{policy}/read/"),
    Place("/policies/{policy}/check/"),
    Place("/policies/{policy}/part/likelihood/"),
    Place("/policies/{policy}/part/matrix/"),
    Place("/policies/{policy}/change/"),
    Place("/join/?code=K7MX-4P2Q"),
    Place("/workshops/{workshop}/answer/"),
    Place("/workshops/{workshop}/lead/"),
    Place("/workshops/{spread}/answer/", answers=(403,)),
    Place("/workshops/{spread}/lead/"),
    Place("/workshops/{spread}/summary/"),
    Place("/meetings/{meeting}/agenda/"),
    Place("/meetings/{meeting}/hold/"),
    Place("/meetings/{meeting}/hold/?item=2"),
    Place("/meetings/{meeting}/minutes/"),
    Place("/risks/many/confirm/?all=1"),
    Place("/risks/many/edit/?all=1&field=owner&field=areas"),
    Place("/risks/?state=closed"),
    Place("/risks/?state=assessed&level=mistake"),
    Place("/risks/?as_of=2020-01-01"),
    Place("/risks/?state=assessed&owner=me&show={risk}"),
    Place(f"/risks/{NOWHERE}/", answers=(404,)),
]


def _of_register(key: str) -> list[Place]:
    register = REGISTERS[key]
    record = f"/{register.path}/{{{key}}}/"
    verbs = [name for name in register.all_commands if name != "edit"]
    return [
        Place(f"/{register.path}/"),
        # A register added to on a page of its own says so here.
        Place(f"/{register.path}/new/", answers=(200,) if register.adds else (403,)),
        Place(f"/{register.path}/many/?row={{{key}}}"),
        Place(record),
        Place(f"{record}history/"),
        Place(f"{record}story/"),
        Place(f"{record}discussion/"),
        Place(f"{record}files/"),
        Place(f"{record}edit/"),
        # 403, 409: this is for somebody else, or the record's state does not let it be done now, and the page says why.
        *(Place(f"{record}do/{verb}/", answers=(200, 403, 409)) for verb in (verbs if FULL else verbs[:2])),
    ]


def cases() -> list[tuple[Place, Look]]:
    """Each page once, looks rotating so that each page kind meets several; all looks of each when the run is full."""
    looks = [Look(*look) for look in product(LANGUAGES, SCHEMES, WIDTHS)]
    if FULL:
        return list(product(places(), looks))
    # 5 and 12 share no divisor: neighbours differ in language, and every look comes round.
    return [(place, looks[number * 5 % len(looks)]) for number, place in enumerate(places())]


def name_of(case: object) -> str:
    """What pytest calls a case."""
    if isinstance(case, Place):
        return case.path
    return f"{case.language}-{case.scheme}-{case.width}" if isinstance(case, Look) else str(case)
