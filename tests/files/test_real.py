"""Four real registers come in, stand in the matrix, go out and come back unchanged."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files.write import export
from kivijalka.register.registry import register_by_key
from kivijalka.risks.models import Assessment, Risk
from tests.factories import holder, person, sector
from tests.files.imports import imported, planned, reasons
from tests.files.real import real_file

pytestmark = pytest.mark.django_db

WIDE = {"risk_id": "key", "scenario": "event", "vulnerability": "cause", "L_1to5": "likelihood", "I_1to5": "finance"}
FEDERAL = {"Risk_ID": "key", "Description": "title", "Probability": "likelihood", "Impact": "finance"}
TINY = {"Risk": "title", "Likelihood": "likelihood", "Impact": "finance"}
FINNISH = {"Luokka": "kind", "Toimiala": "unit", "Keino": "treatment", "Vastuuhenkilö": "owner"}
LEFT_OUT = {"owner": "", "threat": ""}
SECTORS = [
    "Kaupunginkanslia",
    "Kaupunkiympäristön toimiala",
    "Kasvatuksen ja koulutuksen toimiala",
    "Pelastuslaitos",
    "Kulttuurin ja vapaa-ajan toimiala",
    "Sosiaali-, terveys- ja pelastustoimiala",
]
OWNERS = [
    "Aino Virtanen",
    "Ilmari Korhonen",
    "Örjan Åkerblom",
    "Eeva Nieminen",
    "Olavi Mäkinen",
    "Aarne Laine",
]


@pytest.fixture
def manager() -> Person:
    return holder("risk_expert")


def unit_of(who: Person) -> dict[str, str]:
    return {"unit": who.unit.code}


@pytest.mark.parametrize(
    ("name", "columns", "count"),
    [
        ("mit-wide_en.csv", WIDE | LEFT_OUT, 30),
        ("mit-federal-construction_en.csv", FEDERAL, 10),
        ("mit-tiny.xlsx", TINY, 2),
    ],
)
def test_a_register_of_one_unit_comes_in_whole(name: str, columns: dict[str, str], count: int, manager: Person):
    data = real_file(name).read_bytes()
    found = imported(data, manager, columns=columns, fixed=unit_of(manager))
    assert reasons(found) == {}
    assert found.counts["new"] == count
    assert Risk.objects.filter(state="assessed", likelihood__isnull=False, impact__isnull=False).count() == count
    assert Assessment.objects.count() == count
    again = planned(data, manager, columns=columns, fixed=unit_of(manager))
    assert again.counts == {"new": 0, "changed": 0, "same": count, "refused": 0}


def test_the_finnish_register_says_why_it_refuses_a_row_and_the_others_come_in(manager: Person):
    for sector_name in SECTORS:
        sector(sector_name)
    for owner_name in OWNERS:
        person(owner_name)
    data = real_file("synthetic-fi_excel-export.csv").read_bytes()
    found = imported(data, manager, columns=FINNISH, leave_out=True)
    assert list(reasons(found)) == [7]
    assert "R-3" in reasons(found)[7]
    assert "row 4" in reasons(found)[7]
    assert found.counts["new"] == 7
    formula = Risk.objects.get(title__startswith="=HYPERLINK")
    assert (formula.likelihood, formula.impact) == (2, 2)
    by_word = Risk.objects.get(title="Sähkökatko sairaalassa")
    assert (by_word.likelihood, by_word.impact, str(by_word.owner)) == (4, 4, "Aarne Laine")
    again = planned(data, manager, columns=FINNISH)
    assert again.counts == {"new": 0, "changed": 0, "same": 7, "refused": 1}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize(("written", "read_in"), [("en", "en"), ("fi", "fi"), ("sv", "sv"), ("sv", "en"), ("fi", "sv")])
def test_what_goes_out_comes_back_unchanged_in_whatever_language(
    kind: str, written: str, read_in: str, manager: Person
):
    wide = real_file("mit-wide_en.csv").read_bytes()
    fixed = {**unit_of(manager), "kind": "strategic", "areas": "rescue_safety"}
    imported(wide, manager, columns=WIDE | LEFT_OUT, fixed=fixed)
    with translation.override(written), acting(manager.pk), export(register_by_key("risk"), QueryDict(), kind) as made:
        data = made.read()
    with translation.override(read_in):
        found = planned(data, manager, name="exported")
        changes = [(row.title, row.changes) for row in found.of("changed")]
        assert (reasons(found), changes) == ({}, [])
    assert found.counts["same"] == 30
