"""A unit splits into two or more: everything that it had has a home afterwards, and the past reads as it stood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Unit
from kivijalka.organisation.split import proposal
from kivijalka.register.models import Confidentiality
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
TODAY = make.in_days(0)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def organiser() -> Person:
    """Reorganises the city, and sees its risks."""
    someone = make.holder("access_administrator", unit=make.city())
    make.role_of(someone, "unit_head", unit=make.city())
    return someone


@pytest.fixture
def school() -> Unit:
    return make.unit("Koulu", parent=make.sector())


def split(organiser: Person, unit: Unit, *lines: str) -> None:
    with acting(organiser.pk) as actor:
        commands.split(actor, unit, parts="\n".join(lines), on=TODAY)


def homes(*rows: Any) -> list[str]:
    return [Unit.objects.get(number=make.fresh(row).unit_id).name_fi for row in rows]


def test_what_is_named_goes_where_it_is_named(organiser: Person, school: Unit) -> None:
    aino, bertta = make.person(unit=school), make.person(unit=school)
    fire, flood = make.risk(unit=school), make.risk(unit=school)
    below = make.unit("Esikoulu", parent=school)
    north = ["= Pohjoinen", f"{aino.code} Aino Esimerkki", fire.code]
    split(organiser, school, *north, "", "= Eteläinen", bertta.code.lower(), flood.code, below.code)
    assert homes(aino, fire, bertta, flood) == ["Pohjoinen", "Pohjoinen", "Eteläinen", "Eteläinen"]
    assert Unit.objects.get(number=make.fresh(below).parent_id).name_fi == "Eteläinen"


def test_the_unit_ends_and_the_new_ones_begin_beside_it_the_day_after(organiser: Person, school: Unit) -> None:
    split(organiser, school, "= Pohjoinen", "*", "= Eteläinen")
    assert make.fresh(school).end == TODAY
    new = Unit.objects.filter(name_fi__in=["Pohjoinen", "Eteläinen"])
    assert {(unit.parent_id, unit.kind, unit.start) for unit in new} == {
        (school.parent_id, school.kind, make.in_days(1))
    }


def test_a_unit_that_is_there_already_can_continue(organiser: Person, school: Unit) -> None:
    other, risk = make.unit("Naapuri"), make.risk(unit=school)
    split(organiser, school, f"= {other.code} Naapuri", risk.code, "= Eteläinen")
    assert homes(risk) == ["Naapuri"]


def test_roles_and_records_go_with_the_person_unless_they_are_named(organiser: Person, school: Unit) -> None:
    aino = make.person(unit=school)
    role = make.role_of(aino)
    owned, named = make.risk(unit=school, owner=aino), make.risk(unit=school, owner=aino)
    split(organiser, school, "= Pohjoinen", "*", "= Eteläinen", aino.code, "= Itäinen", named.code)
    assert homes(aino, role, owned, named) == ["Eteläinen", "Eteläinen", "Eteläinen", "Itäinen"]
    assert make.fresh(role).end is None


def test_what_one_may_not_see_goes_with_its_owner_or_to_the_rest(organiser: Person, school: Unit) -> None:
    aino = make.person(unit=school)
    owned = make.risk(unit=school, owner=aino, confidentiality=Confidentiality.SECRET)
    ownerless = make.risk(unit=school, confidentiality=Confidentiality.SECRET)
    split(organiser, school, "= Pohjoinen", "= Eteläinen", aino.code)
    assert homes(owned, ownerless) == ["Eteläinen", "Pohjoinen"]


def test_nothing_is_split_while_something_is_left_without_a_home(organiser: Person, school: Unit) -> None:
    aino, risk = make.person(unit=school), make.risk(unit=school)
    below = make.unit(parent=school)
    with refused("no_home", f"{below.code}, {risk.code}", field="parts"):
        split(organiser, school, "= Pohjoinen", aino.code, "= Eteläinen")
    assert homes(aino, risk) == ["Koulu", "Koulu"]
    assert not Unit.objects.filter(name_fi="Pohjoinen").exists()


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        (["R-000001", "= A", "= B"], "unreadable", "Line 1"),
        (["= A", "*", "=", "= B"], "unreadable", "Line 3"),
        (["= A", "P-1", "= B", "P-1"], "unreadable", "P-1 is there twice"),
        (["= A", "*", "= B", "*"], "unreadable", "Line 4"),
        (["= A", "*"], "not_two", "merge instead"),
        (["= A", "*", "= A"], "not_two", "each once"),
        (["= A", "*", "= U-999999"], "unreadable", "There is no unit U-999999"),
        (["= A", "*", "= B", "R-999999"], "not_here", "R-999999"),
    ],
)
def test_what_cannot_be_read_is_refused(
    organiser: Person, school: Unit, lines: list[str], code: str, words: str
) -> None:
    with refused(code, words, field="parts"):
        split(organiser, school, *lines)


def test_a_unit_is_not_split_into_itself_nor_one_below_nor_one_that_has_ended(organiser: Person, school: Unit) -> None:
    below, ended = make.unit(parent=school), make.unit(end=make.in_days(-2))
    for unit, code in ((school, "itself"), (below, "circle"), (ended, "ended")):
        with refused(code, field="parts"):
            split(organiser, school, "= A", "*", f"= {unit.code}")


def test_a_record_of_another_unit_and_one_out_of_sight_are_answered_alike(organiser: Person, school: Unit) -> None:
    secret = make.risk(unit=school, confidentiality=Confidentiality.SECRET)
    for risk in (secret, make.risk()):
        with refused("not_here", risk.code):
            split(organiser, school, "= A", risk.code, "= B")


def test_a_split_is_refused_where_one_does_not_reorganise(school: Unit) -> None:
    with refused("no_right"):
        split(make.holder(unit=school), school, "= A", "*", "= B")
    here = make.holder("access_administrator", unit=school)
    with refused("no_right"):  # the new units would stand beside, where this person reorganises nothing
        split(here, school, "= A", "*", "= B")


def test_the_form_lists_what_has_to_be_placed(organiser: Person, school: Unit) -> None:
    aino, below = make.person("Aino Esimerkki", unit=school), make.unit("Esikoulu", parent=school)
    make.role_of(aino)
    risk = make.risk("Tulipalo", unit=school)
    make.risk("Salainen", unit=school, confidentiality=Confidentiality.SECRET)
    with acting(organiser.pk):
        lines = proposal(school)["parts"].splitlines()
    listed = [f"{below.code} Esikoulu", f"{aino.code} Aino Esimerkki", f"{risk.code} Tulipalo"]
    assert lines == ["= Koulu, part 1", *listed, "", "= Koulu, part 2"]


def test_the_page_opens_with_the_list_and_keeps_what_was_typed(organiser: Person, school: Unit) -> None:
    client, risk = sign_in(Client(), organiser), make.risk(unit=school)
    client.cookies["language"] = "en"
    address = f"/units/{school.pk}/do/split/"
    assert risk.code in client.get(address).content.decode()
    typed = {"parts": "= Pohjoinen\n= Eteläinen", "on": TODAY.isoformat()}
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert f"Left without a home: {risk.code}" in answer.content.decode()
    assert "= Eteläinen" in answer.content.decode()
    typed["parts"] += "\n*"
    assert client.post(address, typed).status_code == 302
    assert homes(risk) == ["Eteläinen"]


def test_a_program_splits_a_unit(organiser: Person, school: Unit) -> None:
    client, risk = sign_in(Client(), organiser), make.risk(unit=school)
    address, body = f"/api/units/{school.pk}/split", {"parts": "= A\n= B", "on": TODAY.isoformat()}
    answer = client.post(address, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"]["parts"][0]["code"] == "no_home"
    body["parts"] += f"\n{risk.code}"
    answer = client.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["end"]) == (200, TODAY.isoformat())
    assert homes(risk) == ["B"]
