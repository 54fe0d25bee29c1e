"""The situation of a unit leads to its records."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests import factories as make
from tests.policy.test_versions import put_in_force
from tests.web.test_compare import LAST_WEEK, changed, since_long
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def test_every_list_that_it_leads_to_is_of_the_same_unit_and_moment(client: Client) -> None:
    school = make.unit("School", parent=make.sector())
    director = make.holder("sector_director", unit=school)
    make.assessed_risk("Burst pipe", unit=school)
    page = sign_in(client, director).get(f"/situation/?unit={school.code}&as_of=2090-01-01").content.decode()
    body = page[page.index("<main") :]
    asked = [
        parse_qs(urlsplit(unescape(found)).query) for found in re.findall(r'href="(/(?:risks|actions)/\?.*?)"', body)
    ]
    assert len(asked) > 4
    assert {(one["unit"][0], one["as_of"][0]) for one in asked} == {(school.code, "2090-01-01")}


class TestComparedWithAnEarlierDay:
    """Its matrix tells what moved since."""

    def test_each_cell_says_how_many_more_or_fewer_stand_there(self, client: Client) -> None:
        school = make.unit(parent=make.sector())
        moved = since_long(make.assessed_risk(unit=school, likelihood=3, impact=4))
        since_long(make.assessed_risk(unit=school, likelihood=1, impact=1))
        changed(moved, likelihood=4)
        page = sign_in(client, make.holder("sector_director", unit=school)).get(
            "/situation/", {"unit": school.code, "since": str(LAST_WEEK)}
        )
        cells = {(cell.likelihood, cell.impact): cell.moved for row in page.context["matrix"] for cell in row}
        assert {place: words for place, words in cells.items() if words} == {(4, 4): "+1", (3, 4): "−1"}
        assert f"since={LAST_WEEK:%Y-%m-%d}" in page.content.decode()

    def test_a_policy_that_came_into_force_in_between_is_named(self, client: Client) -> None:
        chief = make.holder("chief_executive")
        put_in_force(chief, make.policy("Uudet perusteet"))
        for address in ("/situation/", "/risks/compare/"):
            page = sign_in(client, chief).get(address, {"since": str(LAST_WEEK)}).content.decode()
            assert "Riskienhallinnan perusteet vaihtuivat" in page, address
            assert "(Uudet perusteet)" in page, address

    @pytest.mark.parametrize("since", ["2090-01-01", "yesterday"])
    def test_a_day_that_is_not_over_is_refused_and_the_situation_shown(self, since: str, client: Client) -> None:
        page = sign_in(client, make.holder("chief_executive")).get("/situation/", {"since": since})
        assert page.status_code == 422
        assert page.context["then"].form.errors
        assert not any(cell.moved for row in page.context["matrix"] for cell in row)
