"""Checks of the packs: one that is not complete stops the start, and says where and how to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from tomllib import TOMLDecodeError
from typing import Any

from django.core.checks import Error

from kivijalka.areas import packs
from kivijalka.areas.names import Area
from kivijalka.areas.packs import ANY, Pack, Starter, Told

LEAST = 12
SIGNS = ("threat", "opportunity")
# A strategic risk is an effect on an objective, which no pack knows.
KINDS = ("operational", "financial", "hazard")
CONTROLS = ("preventive", "detective", "corrective")
DIRECTIONS = ("high_is_bad", "low_is_bad")
# As far as the columns go that take them.
LONGEST = 200


def check_packs(
    app_configs: Any = None, read: Callable[[], Mapping[Area, Pack]] = packs.packs, **kwargs: Any
) -> list[Error]:
    """E030: a pack that cannot be read. E031: one that lacks something."""
    try:
        found, kinds = read(), set(packs.unit_kinds())
    except (KeyError, TypeError, ValueError, TOMLDecodeError) as error:
        text = f"A file in kivijalka/areas/data cannot be read: {type(error).__name__}: {error}"
        return [
            Error(text, hint="Each text stands in Finnish, Swedish and English, in that order.", id="kivijalka.E030")
        ]
    mistakes = [*_twice(found.values()), *(told for pack in found.values() for told in _of_pack(pack, kinds))]
    return [Error(text, hint="Mend it in kivijalka/areas/data.", id="kivijalka.E031") for text in mistakes]


def _of_pack(pack: Pack, kinds: set[str]) -> Iterator[str]:
    area = pack.area.value
    if len(pack.starters) < LEAST:
        yield f"{area} has {len(pack.starters)} typical risks. A pack has at least {LEAST}."
    if {starter.sign for starter in pack.starters} != set(SIGNS):
        yield f"{area} has no typical opportunity, or nothing but those."
    for place, text in (("covers", pack.covers), ("expert", pack.expert)):
        yield from _untold(f"{area}, {place}", text)
    for starter in pack.starters:
        yield from _of_starter(f"{area}, {starter.key}", starter, kinds)
    for one in pack.indicators:
        for text in (one.title, one.measured_in, one.source):
            yield from _untold(f"{area}, indicator {one.title.en!r}", text)
        rises = one.direction == "high_is_bad"
        if one.direction not in DIRECTIONS or one.warning == one.limit or (one.warning < one.limit) != rises:
            yield f"{area}, indicator {one.title.en!r}: the warning comes before the limit, in the direction {DIRECTIONS}."


def _of_starter(place: str, starter: Starter, kinds: set[str]) -> Iterator[str]:
    for name, given, known in (
        ("kind", {starter.kind}, set(KINDS)),
        ("sign", {starter.sign}, set(SIGNS)),
        ("kind of control", {starter.control.kind}, set(CONTROLS)),
        ("kind of unit", set(starter.units), {ANY, *kinds}),
    ):
        for word in sorted(given - known):
            yield f"{place}: unknown {name} {word!r}. There are: {', '.join(sorted(known))}."
    titles = (starter.title, starter.control.title, starter.treatment.title)
    for text in (*titles, *_sentences(starter)):
        yield from _untold(place, text)
    for text in titles:
        if max(map(len, text)) > LONGEST:
            yield f"{place}: {text.en!r} is longer than {LONGEST} letters."


def _sentences(starter: Starter) -> tuple[Told, ...]:
    treatment = starter.treatment
    return starter.cause, starter.event, starter.consequence, treatment.effect, treatment.measure


def _untold(place: str, text: Told) -> Iterator[str]:
    if not all(words.strip() for words in text) or (len(set(text)) == 1 and " " in text.fi):
        yield f"{place}: a text is not told in all three languages: {text.en!r}."


def _twice(found: Any) -> Iterator[str]:
    """Keys and titles that are not one typical risk's alone."""
    all_starters = [starter for pack in found for starter in pack.starters]
    told = Counter(word for starter in all_starters for word in (starter.key, *starter.title))
    for word, times in told.items():
        if times > 1:
            yield f"{word!r} is told of {times} typical risks. Each has a key and a title of its own."
