"""PostgreSQL away and back: a clear answer at every door, no wrong one, and all is well again by itself."""

from __future__ import annotations

import json
import re

from tests.durability.house import House


def test_without_its_database_every_door_says_so_and_is_well_when_it_is_back(house: House) -> None:
    house.kill("database")
    answer, page = house.request("GET", "/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert re.findall("<h[12]>(.*?)</h", page.decode()) == ["Hetkinen", "Ett ögonblick", "One moment"]
    assert house.request("GET", "/static/kivijalka.svg")[0].status == 200
    status, told = house.send("/risks", {"title": "Ei kantaa", "unit": house.unit}, "key-one")
    assert (status, told["code"]) == (503, "away")
    answer, page = house.request("GET", "/scim/v2/Users")
    assert (answer.status, json.loads(page)["status"]) == (503, "503")
    house.begin("database")
    assert house.send("/risks", {"title": "Kanta palasi", "unit": house.unit}, "key-two")[0] == 201
    assert house.ask("select title from risks_risk where title = 'Ei kantaa'") == []
    assert house.ask("select count(*) from risks_risk where title = 'Kanta palasi'") == [(1,)]


def test_with_no_connection_left_the_site_says_so_and_is_well_when_there_are_some(house: House) -> None:
    house.do("alter role kj_app connection limit 0")
    house.do("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kj_app'")
    try:
        status, told = house.send("/risks", {"title": "Ei yhteyttä", "unit": house.unit}, "key-three")
    finally:
        house.do("alter role kj_app connection limit -1")
    assert (status, told["code"]) == (503, "away")
    assert house.send("/risks", {"title": "Yhteys palasi", "unit": house.unit}, "key-four")[0] == 201
    house.attend()
