"""A disk that is full: a clear answer, nothing half stored, and all goes on when there is room again."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import psycopg

from tests.disks import Disk
from tests.durability.conftest import ROWS, WITHOUT_ROOM
from tests.durability.house import House, until


def tried(house: House) -> bool:
    """Whether the import was tried, as far as a database without room lets one ask. Or its worker ended."""
    with suppress(psycopg.OperationalError):
        return house.tried(WITHOUT_ROOM)
    return False


def test_a_full_disk_is_told_and_what_was_refused_is_done_when_there_is_room(house: House, small_disk: Disk) -> None:
    until(lambda: house.ask("select 1 from procrastinate_jobs where status = 'doing'") == [], house.standing)
    house.release([WITHOUT_ROOM])
    small_disk.fill()
    try:
        stored, refused = [], ""
        for number in count():
            title = f"levy-{number}"
            status, answer = house.send("/risks", {"title": title, "unit": house.unit}, title)
            if status != 201:
                refused = title
                break
            stored.append(title)
        assert (status, answer["code"]) == (503, "away")
        assert house.request("GET", "/sign-in/")[0].status == 200
        until(lambda: tried(house), house.log.read_text)
    finally:
        small_disk.empty()
    house.attend()
    assert house.send("/risks", {"title": refused, "unit": house.unit}, refused)[0] == 201
    written = house.ask("select title from risks_risk where title like 'levy-%'")
    assert sorted(title for (title,) in written) == sorted([*stored, refused])

    def imported() -> bool:
        house.attend()
        return not house.importing([WITHOUT_ROOM])

    until(imported, house.standing)
    assert house.wrongly_imported([WITHOUT_ROOM], ROWS) == []
    assert house.half_done() == {}
    house.verify()
