"""The area pages: how an area stands, within the reader's reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.areas.packs import starters
from kivijalka.organisation.models import Unit
from tests import factories as make
from tests.factories import in_days
from tests.who import sign_in

pytestmark = pytest.mark.django_db

PAGE, AREA = "/areas/occupational_safety/", "occupational_safety"


def shown(client: Client, page: str) -> Any:
    response = client.get(page)
    assert response.status_code == 200
    return response.context


def expert_of(kind: str = "occupational_safety_expert") -> Client:
    return sign_in(Client(), make.holder(kind, unit=make.city()))


def test_an_area_shows_its_own_risks_actions_and_indicators_and_no_other():
    school = make.unit("Koulu")
    mine = make.assessed_risk("Liukastuminen", unit=school, areas=[AREA], flagged=in_days(-2))
    other = make.assessed_risk("Tietomurto", unit=school, areas=["information_security"])
    late, elsewhere = (make.action(due=in_days(-5), unit=school) for _ in range(2))
    over = make.indicator("Tapaturmat", unit=school, value=12)
    make.link("treats", late, mine)
    make.link("treats", elsewhere, other)
    make.link("watches", over, mine)
    page = shown(expert_of(), PAGE)
    assert (page["open"], page["overdue"], page["indicators"]) == (1, [late], [over])
    assert sum(cell.count for row in page["matrix"] for cell in row) == 1
    assert page["queue"] == [mine]


def test_the_queue_has_what_is_flagged_first_and_then_what_nobody_has_assessed():
    make.assessed_risk("Kunnossa", areas=[AREA])
    new = make.risk("Uusi", areas=[AREA])
    flagged = make.assessed_risk("Muuttunut", areas=[AREA], flagged=in_days(-1))
    longer = make.assessed_risk("Muuttunut ennen", areas=[AREA], flagged=in_days(-9))
    make.risk("Päätetty", areas=[AREA], state="closed")
    assert shown(expert_of(), PAGE)["queue"] == [longer, flagged, new]


def test_units_without_a_risk_of_the_area_are_listed():
    with_one, without = make.unit("Koulu"), make.unit("Kirjasto")
    make.risk(unit=with_one, areas=[AREA])
    make.risk(unit=without, areas=["rescue_safety"])
    make.risk(unit=without, areas=[AREA], state="closed")
    assert shown(expert_of(), PAGE)["without"] == [without]
    assert shown(expert_of(), f"{PAGE}?unit={with_one.code}")["without"] == []


def test_a_unit_of_whose_risks_the_reader_may_know_nothing_is_not_said_to_have_none():
    make.unit("Muualla", parent=make.sector())
    sector = make.sector()
    mine = make.unit("Koulu", parent=sector)
    director = sign_in(Client(), make.holder("sector_director", unit=sector))
    assert shown(director, PAGE)["without"] == [mine]


def test_what_the_reader_does_not_see_is_neither_shown_nor_counted():
    mine, other = make.unit("Oma"), make.unit("Muu")
    make.risk("Salainen", unit=mine, areas=[AREA], confidentiality=3)
    make.risk("Muualla", unit=other, areas=[AREA], starter="calming-a-pupil")
    head = sign_in(Client(), make.holder("unit_head", unit=mine))
    page = shown(head, PAGE)
    assert (page["open"], page["queue"]) == (0, [])
    assert {pack.area: count for pack, count, _flagged in shown(head, "/areas/")["rows"]}[AREA] == 0
    assert all(count == 0 for _starter, count in shown(head, f"{PAGE}typical/")["starters"])


def test_an_area_names_its_expert_while_the_role_is_held():
    assert shown(expert_of(), PAGE)["experts"][0].given_name == "Aino"
    make.role_of(make.person("Veikko Mennyt"), "rescue_safety_expert", end=in_days(-1))
    assert shown(expert_of(), "/areas/rescue_safety/")["experts"] == []


def test_an_expert_sees_which_area_is_theirs_and_where_its_queue_is():
    mine = shown(expert_of(), "/areas/")["mine"]
    assert "occupational_safety_expert" in mine
    assert "rescue_safety_expert" not in mine
    assert f"{PAGE}#queue-title" in expert_of().get("/areas/").content.decode()


def test_each_area_counts_its_open_risks():
    make.risk(areas=[AREA, "rescue_safety"])
    make.risk(areas=[AREA], state="closed")
    rows = {pack.area: (count, flagged) for pack, count, flagged in shown(expert_of(), "/areas/")["rows"]}
    assert len(rows) == 8
    assert (rows[AREA], rows["rescue_safety"], rows["personnel_security"]) == ((1, 0), (1, 0), (0, 0))


def test_an_area_tells_which_units_took_a_typical_risk():
    key = "calming-a-pupil"
    schools: list[Unit] = [make.unit(), make.unit()]
    risks = [make.risk(unit=school, starter=key) for school in (*schools, schools[0])]
    page = shown(expert_of(), f"{PAGE}typical/?starter={key}")
    assert {one.key: count for one, count in page["starters"]}[key] == 2
    assert set(page["risks"]) == set(risks)
    assert len(page["starters"]) == sum(one.area == AREA for one in starters().values())


def test_the_past_shows_the_area_as_it_was():
    make.risk(areas=[AREA])
    assert shown(expert_of(), f"{PAGE}?as_of={in_days(-1)}")["open"] == 0


@pytest.mark.parametrize("page", ["/areas/no-such/", "/areas/no-such/typical/"])
def test_there_is_no_other_area(page: str):
    assert expert_of().get(page).status_code == 404
