"""From the situation of one unit to that of another."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def test_leads_to_the_own_unit_and_those_looked_at_last(client: Client) -> None:
    sector = make.sector()
    director = make.holder("sector_director", unit=sector)
    school = make.unit("School", parent=sector)
    browser = sign_in(client, director)
    browser.get(f"/situation/?unit={school.code}")
    assert browser.get("/situation/").context["recent"] == [sector, school]
    assert browser.get(f"/situation/?unit={sector.code}").context["recent"] == [school]
