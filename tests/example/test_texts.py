"""The patterns that the city's texts are made of."""

import pytest

from kivijalka.example.shape import Area, Language
from kivijalka.example.sources import rows, table
from kivijalka.example.texts import LANGUAGES, Pattern, candidates, patterns

TAGS = sorted({row["tag"] for row in rows("jobs")})


def test_there_are_enough_patterns_of_our_own() -> None:
    assert len(patterns()) >= 120
    for language, least in (("fi", 120), ("sv", 80), ("en", 70)):
        assert sum(language in pattern.wordings for pattern in patterns()) >= least


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tag", TAGS)
def test_each_kind_of_place_finds_several_patterns(tag: str, language: Language) -> None:
    assert len(candidates(tag, "threat", language)) >= 4
    assert candidates(tag, "opportunity", language)


def test_every_area_is_covered_in_every_language() -> None:
    for language in LANGUAGES:
        covered = {area for pattern in patterns() if language in pattern.wordings for area in pattern.areas}
        assert covered == set(Area.__args__)  # type: ignore[attr-defined]  # a Literal keeps its words there


def test_each_pattern_leads_to_patterns_that_exist() -> None:
    keys = {pattern.key for pattern in patterns()}
    assert all(set(pattern.leads) <= keys for pattern in patterns())


def test_each_slot_has_something_to_say_at_each_place_of_its_pattern() -> None:
    for pattern in patterns():
        for tag in _places(pattern):
            for language, wording in pattern.wordings.items():
                for name, options in wording.slots.items():
                    fitting = [option for option in options if not option.tags or tag in option.tags]
                    assert fitting, f"{pattern.key} ({language}): slot {name} says nothing at {tag}"


def _places(pattern: Pattern) -> set[str]:
    if "any" in pattern.tags:
        return {tag for words in table("groups").values() for tag in words.split()}
    return set(pattern.tags)
