"""PostgreSQL stopped and back: a clear answer at every door, no wrong one, and all is well again by itself."""

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
