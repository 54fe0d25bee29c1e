"""Two sites and two workers on one database: nothing is done twice, and whoever is signed in at one is so at the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.durability.conftest import LATER, ROWS
from tests.durability.house import HOST, House, until

OTHERS = "other site", "other worker"


@pytest.fixture(scope="module")
def both(house: House) -> Iterator[House]:
    house.begin(*OTHERS)
    yield house
    house.end(*OTHERS)


def test_nothing_is_done_twice_by_two_instances(both: House) -> None:
    def sent_to_both(number: int) -> list[tuple[int, str]]:
        body = {"title": f"molemmille-{number}", "unit": both.unit}
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda at: both.send("/risks", body, f"molemmille-{number}", at), ("site", "other site"))
            return [(status, told["id"]) for status, told in answers]

    for number in range(10):
        first, second = sent_to_both(number)
        assert first == second and first[0] == 201
    assert both.ask("select count(*) from risks_risk where title like 'molemmille-%'") == [(10,)]
    both.release(LATER)
    until(lambda: not both.importing(LATER), both.standing)
    assert both.wrongly_imported(LATER, ROWS) == []
    both.verify()


def test_who_signs_in_at_one_instance_is_signed_in_at_the_other(both: House) -> None:
    cookies = CookieJar()
    browser = build_opener(HTTPCookieProcessor(cookies))
    first, other = (f"http://{HOST}:{both.ports[at]}" for at in ("site", "other site"))
    browser.open(f"{first}/sign-in/").read()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    (person,) = both.ask(f"select id from organisation_person where code = '{both.owner}'")[0]
    browser.open(f"{first}/sign-in-as/", urlencode({"csrfmiddlewaretoken": token, "person": person}).encode())
    assert browser.open(f"{other}/account/").geturl() == f"{other}/account/"
