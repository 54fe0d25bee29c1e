"""The packs of the areas: complete, in three languages, each typical risk unlike the others."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from itertools import combinations

import pytest
from django.utils import translation

from kivijalka.areas import checks, packs
from kivijalka.areas.names import Area
from kivijalka.controls.models import Control
from kivijalka.monitoring.models import Indicator
from kivijalka.organisation.grants import KINDS, PAGE_RIGHTS, experts, granted
from kivijalka.organisation.models import Grant, RoleKind
from kivijalka.register.install import rights
from kivijalka.risks.models import Risk

PACKS = packs.packs()
STARTERS = list(packs.starters().values())


def told(pack: packs.Pack) -> list[str]:
    """What the check says when this pack takes the place of its area's."""
    return [error.msg for error in checks.check_packs(read=lambda: {**PACKS, pack.area: pack})]


def test_every_area_has_a_pack_and_nothing_is_missing_in_it():
    assert list(PACKS) == list(Area)
    assert checks.check_packs() == []
    assert all(len(pack.starters) >= 12 and len(pack.indicators) >= 4 for pack in PACKS.values())


def test_words_of_the_packs_are_those_of_the_registers():
    assert set(checks.SIGNS) == set(Risk.Sign)
    assert set(checks.KINDS) == set(Risk.Kind) - {Risk.Kind.STRATEGIC}
    assert set(checks.CONTROLS) == set(Control.Kind)
    assert set(checks.DIRECTIONS) == set(Indicator.Direction)


def test_each_kind_of_unit_has_typical_risks_of_its_own():
    own = {kind: [one for one in STARTERS if kind in one.units] for kind in packs.unit_kinds()}
    assert {kind: len(found) for kind, found in own.items() if len(found) < 3} == {}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_two_typical_risks_are_alike(language: str):
    texts = [(one.key, getattr(one.event, language), getattr(one.treatment.title, language)) for one in STARTERS]
    alike = [
        (a[0], b[0])
        for a, b in combinations(texts, 2)
        if set(a[1:]) & set(b[1:]) or (a[1].split()[:4] == b[1].split()[:4] and _like(a[1], b[1]) > 0.8)
    ]
    assert alike == []


def _like(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b).ratio()


def test_a_text_is_in_the_language_of_its_reader():
    one = STARTERS[0]
    for language in ("fi", "sv", "en"):
        with translation.override(language):
            assert str(one.title) == getattr(one.title, language)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["Koivukylän koulu", "Björkby skola"], "school"),
        (["Lounainen kotihoito"], "home_care"),
        (["Östra biblioteket"], "library"),
        (["Building control and permits"], "permits"),
        (["Esimerkkikaupunki", "Exempelstaden", "Example District"], ""),
        (["Itäkeskuksen uimahalli", "Östra simhallen"], "sports"),
    ],
)
def test_a_unit_s_kind_is_guessed_from_its_names(names: list[str], kind: str):
    assert packs.kind_named(names) == kind


def test_a_faulty_pack_stops_the_start_and_is_told_where():
    pack = PACKS[Area.RESCUE_SAFETY]
    first, *others = pack.starters
    faults = {
        "has 11 typical risks": replace(pack, starters=pack.starters[-11:]),
        "no typical opportunity": replace(pack, starters=tuple(s for s in pack.starters if s.sign == "threat")),
        f"{first.key}: unknown kind of unit 'scool'": replace(
            pack, starters=(replace(first, units=("scool",)), *others)
        ),
        f"{first.key}: unknown kind 'strategic'": replace(pack, starters=(replace(first, kind="strategic"), *others)),
        f"{first.key}: a text is not told": replace(
            pack, starters=(replace(first, cause=packs.Told("Syy.", "", "Cause.")), *others)
        ),
        "is told of 2 typical risks": replace(pack, starters=(first, *others, first)),
        "the warning comes before the limit": replace(
            pack, indicators=(replace(pack.indicators[1], warning=pack.indicators[1].limit + 1),)
        ),
    }
    assert {words: told(faulty) for words, faulty in faults.items() if not any(words in t for t in told(faulty))} == {}


def test_a_file_that_lacks_a_language_is_told():
    def read() -> dict[Area, packs.Pack]:
        given = {"covers": ["Kattaa.", "Omfattar."], "expert": ["a", "b", "c"], "starter": [], "indicator": []}
        return {Area.RESCUE_SAFETY: packs.pack_of(Area.RESCUE_SAFETY, given)}

    (error,) = checks.check_packs(read=read)
    assert error.id == "kivijalka.E030" and "en" in error.msg


@pytest.mark.django_db
def test_experts_of_the_areas_may_what_a_risk_management_expert_may_but_for_the_policy():
    known = next(kind for kind in KINDS if kind.key == "risk_expert")
    asked = rights() | PAGE_RIGHTS
    expected = {right for right in asked if granted(known, right)} - {"policy.edit", "priority.edit"}
    for expert in experts():
        assert RoleKind.objects.get(pk=expert.key).name_sv == expert.names[1]
        assert set(Grant.objects.filter(kind=expert.key).values_list("right", flat=True)) == expected
