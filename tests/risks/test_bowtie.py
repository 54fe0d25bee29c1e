"""The bow-tie of a risk is made of the record and of what is tied to it, as far as its reader sees that."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person, Unit
from kivijalka.risks.bowtie import BowTie, Box, bowtie, statements
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in


@pytest.fixture
def school(db: None) -> Unit:
    return make.unit("School", parent=make.sector())


@pytest.fixture
def head(school: Unit) -> Person:
    return make.holder("unit_head", unit=school)


def drawn(who: Person, risk: Risk) -> BowTie:
    with acting(who.pk):
        return bowtie(risk, timezone.localdate())


def words(boxes: list[Box]) -> list[str]:
    return [box.text for box in boxes]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("The roof is old. Nobody looks at it.", ["The roof is old. Nobody looks at it."]),
        ("- the roof is old\n\n2) gutters are full\n", ["The roof is old", "Gutters are full"]),
        ("Theft; staff feel less safe", ["Theft", "Staff feel less safe"]),
        ("Theft; harm\nStaff feel less safe", ["Theft; harm", "Staff feel less safe"]),
    ],
)
def test_a_text_is_several_statements_only_where_it_is_plainly_a_list(text: str, found: list[str]) -> None:
    assert statements(text) == found


def test_causes_and_consequences_are_its_own_and_the_risks_tied_to_it(school: Unit, head: Person) -> None:
    risk = make.risk("Leak", unit=school, cause="Old roof\nFull gutters", event="Water comes in", consequence="Mould")
    storm, closed = make.assessed_risk("Storm", unit=school), make.risk("Snow", unit=school, state="closed")
    closure = make.assessed_risk("Closure", unit=school, impact=5)
    for a, b in ((storm, risk), (closed, risk), (risk, closure)):
        make.link("may_cause", a, b)
    found = drawn(head, risk)
    assert words(found.causes) == ["Old roof", "Full gutters", "Storm"]
    assert (found.event.text, words(found.consequences)) == ("Water comes in", ["Mould", "Closure"])
    assert found.consequences[1].record == closure and found.consequences[1].note == "kriittinen"
    assert [len(fan) for fan in found.fans] == [3, 2]


def test_a_control_stands_where_its_kind_acts_and_says_how_its_test_went(school: Unit, head: Person) -> None:
    risk = make.assessed_risk(unit=school)
    kinds = {"preventive": {}, "detective": {"result": "failed", "tested_on": make.in_days(-3)}, "corrective": {}}
    for kind, given in kinds.items():
        make.link("rests_on", risk, make.control(kind, unit=school, kind=kind, **given))
    make.link("rests_on", risk, make.control("ended", unit=school, state="ended"))
    found = drawn(head, risk)
    assert (words(found.prevents), words(found.limits)) == (["preventive"], ["detective", "corrective"])
    assert [box.is_bad for box in found.limits] == [True, False]


def test_an_action_stands_at_what_it_treats(school: Unit, head: Person) -> None:
    risk, control, storm = make.risk(unit=school), make.control(unit=school), make.risk("Storm", unit=school)
    make.link("rests_on", risk, control)
    make.link("may_cause", storm, risk)
    for title, treated in (("of the risk", risk), ("of the control", control), ("of its cause", storm)):
        make.link("treats", make.action(title, unit=school), treated)
    for treated in (risk, storm):
        make.link("treats", make.action("done", unit=school, state="done", completed_on=make.in_days(-1)), treated)
    make.link("treats", make.action("late", unit=school, due=make.in_days(-1)), risk)
    make.link("treats", make.action("cancelled", unit=school, state="cancelled"), risk)
    found = drawn(head, risk)
    assert words(list(found.event.actions)) == ["late", "of the risk", "done"]
    assert [box.is_bad for box in found.event.actions] == [True, False, False]
    assert words(list(found.prevents[0].actions)) == ["of the control"]
    assert words(list(found.causes[0].actions)) == ["of its cause"]


def test_what_its_reader_does_not_see_is_not_drawn(school: Unit, head: Person) -> None:
    risk, elsewhere = make.risk(unit=school), make.unit("Harbour")
    make.link("may_cause", make.risk("Storm", unit=elsewhere), risk)
    make.link("rests_on", risk, make.control(unit=elsewhere))
    make.link("treats", make.action(unit=elsewhere), risk)
    found = drawn(head, risk)
    assert (found.causes, found.prevents, found.event.actions) == ([], [], ())


def test_its_page_has_the_picture_and_its_record_fetches_it(school: Unit, head: Person, client: Client) -> None:
    risk = make.risk("Leak", unit=school, cause="Old <roof>")
    sign_in(client, head)
    address = f"/risks/{risk.pk}/bow-tie/"
    assert f'hx-get="{address}"' in client.get(f"/risks/{risk.pk}/").content.decode()
    alone = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Old &lt;roof&gt;" in alone and "<html" not in alone
    assert alone in client.get(address).content.decode()
