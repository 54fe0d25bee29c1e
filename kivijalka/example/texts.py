"""Texts of risks and actions: patterns of our own writing, with slots that are filled anew for each record."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from kivijalka.example.places import Place
from kivijalka.example.shape import Area, Controllability, Language, RiskKind, Sign, Treatment
from kivijalka.example.sources import DATA, table
from kivijalka.example.stream import Stream

LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
SLOT = re.compile(r"\{([^{}]*)\}")
LIMITED = re.compile(r"<([a-z_ ]+)>(.*)")
NAMED = re.compile(r"([a-z_]+?)(\d?)$")

Forms = tuple[str, ...]
Chosen = dict[str, Forms]


@dataclass(frozen=True, slots=True)
class Template:
    """A text whose parts are fixed, chosen among alternatives, or a form of a named slot."""

    parts: tuple[str | Forms | tuple[str, int], ...]

    def fill(self, stream: Stream, chosen: Chosen) -> str:
        return "".join([self._part(part, stream, chosen) for part in self.parts])

    @staticmethod
    def _part(part: str | Forms | tuple[str, int], stream: Stream, chosen: Chosen) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part[1], int):
            return chosen[part[0]][part[1]]
        return part[int(stream.random() * len(part))]


@dataclass(frozen=True, slots=True)
class ActionWording:
    """An action in one language, and what it typically costs in euro (0: own work)."""

    title: Template
    description: Template
    expected_effect: Template
    how_measured: Template
    cost_eur: int


@dataclass(frozen=True, slots=True)
class Option:
    """One filling of a slot, in the forms that its sentences need; `tags` limits it to some kinds of place."""

    forms: Forms
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern in one language."""

    title: Template
    cause: Template
    event: Template
    consequence: Template
    actions: tuple[ActionWording, ...]
    slots: dict[str, tuple[Option, ...]]

    def choose(self, stream: Stream, tag: str, place: Place, language: Language) -> Chosen:
        """Fills the named slots with what fits the kind of place, the name of the place among them."""
        chosen = {name: stream.pick(_fitting(options, tag)).forms for name, options in self.slots.items()}
        chosen["place"] = _place_forms(place, language)
        return chosen


def _fitting(options: tuple[Option, ...], tag: str) -> list[Option]:
    return [option for option in options if not option.tags or tag in option.tags] or list(options)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A risk that recurs in units of certain kinds: what it is, how large it usually is, what it may lead to."""

    key: str
    tags: frozenset[str]
    areas: tuple[Area, ...]
    kind: RiskKind
    sign: Sign
    likelihood: int
    impact: int
    hits: tuple[str, ...]
    treatment: Treatment
    controllability: Controllability
    leads: tuple[str, ...]
    weight: float
    wordings: dict[Language, Wording]


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every pattern: Finnish gives the facts of it, the other languages their words."""
    worded: dict[str, dict[Language, Wording]] = defaultdict(dict)
    facts: dict[str, dict[str, Any]] = {}
    for language in LANGUAGES:
        for entry in _entries(language):
            worded[entry["key"]][language] = _wording(entry)
            if language == "fi":
                facts[entry["key"]] = entry
    return tuple(_pattern(entry, worded[key]) for key, entry in facts.items())


@cache
def pattern(key: str) -> Pattern:
    return next(pattern for pattern in patterns() if pattern.key == key)


@cache
def candidates(tag: str, sign: Sign, language: Language) -> tuple[tuple[Pattern, float], ...]:
    """The patterns that fit a kind of place, with weights; Finnish ones where the language has none."""
    fitting = [p for p in patterns() if p.sign == sign and (tag in p.tags or "any" in p.tags)]
    spoken = [p for p in fitting if language in p.wordings] or fitting
    return tuple((pattern, pattern.weight) for pattern in spoken)


def _entries(language: Language) -> list[dict[str, Any]]:
    files = sorted(path.name for path in (DATA / "texts").iterdir() if path.name.startswith(f"{language}_"))
    return [entry for name in files for entry in table(f"texts/{name.removesuffix('.toml')}")["risk"]]


def _pattern(entry: dict[str, Any], wordings: dict[Language, Wording]) -> Pattern:
    named = entry["at"].split()
    likelihood, impact = entry["size"].split()
    return Pattern(
        key=entry["key"],
        tags=_tags(named),
        areas=tuple(entry.get("area", "").split()),
        kind=entry.get("kind", "operational"),
        sign=entry.get("sign", "threat"),
        likelihood=int(likelihood),
        impact=int(impact),
        hits=tuple(entry["hits"].split()),
        treatment=entry.get("treat", "reduce"),
        controllability=entry.get("control", "own"),
        leads=tuple(entry.get("leads", "").split()),
        weight=1.0 if "any" in named else 1.5 if set(named) & table("groups").keys() else 3.0,
        wordings=wordings,
    )


def _wording(entry: dict[str, Any]) -> Wording:
    slots = {name: tuple(_option(text) for text in options) for name, options in entry.get("vary", {}).items()}
    return Wording(
        title=_template(entry["title"]),
        cause=_template(entry["cause"]),
        event=_template(entry["event"]),
        consequence=_template(entry["consequence"]),
        actions=tuple(_action(*action) for action in entry["actions"]),
        slots=slots,
    )


def _option(text: str) -> Option:
    """The forms are parted by bars; names of kinds of place may stand before them in angle brackets."""
    match = LIMITED.match(text)
    limits, forms = (match[1], match[2]) if match else ("", text)
    return Option(tuple(forms.split("|")), _tags(limits.split()))


def _tags(names: list[str]) -> frozenset[str]:
    """The kinds of place that the names stand for, groups spelt out."""
    groups = table("groups")
    return frozenset(tag for name in names for tag in groups.get(name, name).split())


def _action(title: str, description: str, expected_effect: str, how_measured: str, cost_eur: int) -> ActionWording:
    what, how = _template(title), _template(description)
    return ActionWording(what, how, _template(expected_effect), _template(how_measured), cost_eur)


def _template(text: str) -> Template:
    parts: list[str | Forms | tuple[str, int]] = []
    for index, piece in enumerate(SLOT.split(text)):
        if index % 2 == 0:
            parts.append(piece)
        elif "|" in piece:
            parts.append(tuple(piece.split("|")))
        else:
            parts.append(_named(piece))
    return Template(tuple(parts))


def _named(piece: str) -> tuple[str, int]:
    match = NAMED.match(piece)
    if match is None:
        raise ValueError(f"{{{piece}}} is no slot: write a name in small letters, with the number of its form after it")
    return match[1], int(match[2] or 1) - 1


def _place_forms(place: Place, language: Language) -> Forms:
    if language == "fi":
        return place.fi, place.gen, place.ine
    return (place.sv, place.sv_in) if language == "sv" else (place.fi,)
