"""Packs of the areas: what each covers, its typical risks, its indicators and its expert, read from `data` once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import get_language

from kivijalka.areas.names import Area

DATA = Path(__file__).parent / "data"
# In `units` of a typical risk: it may come true in a unit of any kind.
ANY = "any"
# A word of so many letters is known inside of others: koulu in peruskoulu, and no ict in district.
LONG = 5


class Told(NamedTuple):
    """A text in the three languages; as text, in the reader's."""

    fi: str
    sv: str
    en: str

    def __str__(self) -> str:
        return str(getattr(self, (get_language() or "fi")[:2], self.fi))


class UnitKind(NamedTuple):
    """A kind of unit, such as a school, and beginnings of words that name one."""

    key: str
    name: Told
    words: tuple[str, ...]


@dataclass(frozen=True)
class Control:
    """What typically keeps a risk at its level."""

    kind: str
    title: Told


@dataclass(frozen=True)
class Treatment:
    """What is typically done about a risk: what it should change, and what would show that it did."""

    title: Told
    effect: Told
    measure: Told


@dataclass(frozen=True)
class Starter:
    """A typical risk, to begin with where it is true. How likely and how grave it is, the unit judges itself."""

    key: str
    area: Area
    areas: tuple[Area, ...]
    kind: str
    sign: str
    units: tuple[str, ...]
    title: Told
    cause: Told
    event: Told
    consequence: Told
    control: Control
    treatment: Treatment

    def fits(self, unit_kind: str) -> bool:
        return ANY in self.units or unit_kind in self.units


@dataclass(frozen=True)
class Suggestion:
    """An indicator that tells of the area's risks early, with a limit to begin from."""

    title: Told
    measured_in: Told
    source: Told
    direction: str
    warning: float
    limit: float
    every_days: int


@dataclass(frozen=True)
class Pack:
    """An area of organisational security as data."""

    area: Area
    covers: Told
    expert: Told
    starters: tuple[Starter, ...]
    indicators: tuple[Suggestion, ...]

    @property
    def role(self) -> str:
        """The kind of role that the area's experts hold."""
        return f"{self.area.value}_expert"


@cache
def packs() -> Mapping[Area, Pack]:
    """The pack of each area, in the areas' order."""
    return {area: pack_of(area, _table(area.value)) for area in Area}


@cache
def starters() -> Mapping[str, Starter]:
    """Every typical risk by its key."""
    return {starter.key: starter for pack in packs().values() for starter in pack.starters}


@cache
def unit_kinds() -> Mapping[str, UnitKind]:
    """Every kind of unit by its key."""
    kinds = _table("kinds_of_unit").items()
    return {key: UnitKind(key, Told(*given["name"]), tuple(given["words"].split())) for key, given in kinds}


def kind_named(names: Sequence[str]) -> str:
    """The kind of unit that names tell of, by the longest word that begins one of theirs, or is a part of it unless it is
    short; "" when none is."""
    told = " ".join(names).casefold()
    found = [(len(word), kind.key) for kind in unit_kinds().values() for word in kind.words if _named(word, told)]
    return max(found)[1] if found else ""


def _named(word: str, told: str) -> bool:
    return f" {word}" in f" {told}" or (len(word) >= LONG and word in told)


def pack_of(area: Area, given: Mapping[str, Any]) -> Pack:
    """A pack from what its file holds. What is missing or unknown there is told by name."""
    return Pack(
        area=area,
        covers=Told(*given["covers"]),
        expert=Told(*given["expert"]),
        starters=tuple(_starter(area, one) for one in given["starter"]),
        indicators=tuple(_suggestion(one) for one in given["indicator"]),
    )


def _starter(area: Area, given: Mapping[str, Any]) -> Starter:
    kind, *control = given["control"]
    also = tuple(Area(key) for key in given.get("also", "").split())
    return Starter(
        key=given["key"],
        area=area,
        areas=(area, *also),
        kind=given["kind"],
        sign=given.get("sign", "threat"),
        units=tuple(given["units"].split()),
        **{name: Told(*given[name]) for name in ("title", "cause", "event", "consequence")},
        control=Control(kind, Told(*control)),
        treatment=Treatment(Told(*given["action"]), Told(*given["effect"]), Told(*given["measure"])),
    )


def _suggestion(given: Mapping[str, Any]) -> Suggestion:
    return Suggestion(
        title=Told(*given["title"]),
        measured_in=Told(*given["measured_in"]),
        source=Told(*given["source"]),
        direction=given["direction"],
        warning=given["warning"],
        limit=given["limit"],
        every_days=given["every_days"],
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
