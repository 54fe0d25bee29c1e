"""Killed at any moment during writes, imports and sealing: what was acknowledged is there once, nothing is half done."""

from __future__ import annotations

from random import Random

from tests.durability.conftest import IMPORTS, ROWS
from tests.durability.house import House, Writer, until
from tests.full import FULL

ROUNDS = 100 if FULL else 10
PARTS = [("site",), ("database",), ("worker",), ("database", "site", "worker")]
ALL_SEALED = """
    select coalesce(max(last), 0) >= (select max(no) from history.entry) from register_seal where signature is not null
"""


def test_what_was_acknowledged_is_there_once_and_nothing_is_half_done(house: House) -> None:
    random = Random(20261130)
    writers = [Writer(house, f"kirjoittaja{number}") for number in range(3)]
    for writer in writers:
        writer.start()

    def done() -> int:
        return sum(len(writer.done) for writer in writers)

    for number in range(ROUNDS):
        wanted = done() + random.randint(1, 6)
        until(lambda wanted=wanted: done() >= wanted)
        parts = PARTS[number % len(PARTS)]
        house.kill(*parts)
        house.begin(*parts)
        house.attend()
    for writer in writers:
        writer.leave()
    assert [writer.refused for writer in writers] == [[], [], []]
    titles = sorted(title for writer in writers for title in writer.done)
    for table in ("risks_risk", "actions_action"):
        written = f"select title from {table} where title like 'kirjoittaja%' order by title collate \"C\""
        assert [row[0] for row in house.ask(written)] == titles
    kept = "select convert_from(content, 'UTF8') as title from register_attachment a join register_content c on c.id = content_id"
    assert sorted(row[0] for row in house.ask(kept)) == titles
    house.kill("worker")
    house.begin("worker")
    until(lambda: not house.importing(IMPORTS), house.standing)
    assert house.wrongly_imported(IMPORTS, ROWS) == []
    assert house.half_done() == {}
    until(lambda: bool(house.ask(ALL_SEALED)[0][0]), house.standing)
    house.verify()
