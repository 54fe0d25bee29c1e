"""The situation of a unit leads to its records."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests import factories as make
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
