"""The pages of a workshop make few queries, and no more for more risks and people."""

from __future__ import annotations

from tests import factories as make
from tests.doors.test_queries import MOST, queries
from tests.workshops import people
from tests.workshops.test_pages import browser

PAGES = ("answer", "lead", "summary")


def test_pages_make_few_queries_and_no_more_for_more_risks_and_people(committed: str) -> None:
    room = people.opened()
    room.joined(room.leader)
    client = browser(room.leader)

    def counted() -> list[int]:
        return [queries(client, f"/workshops/{room.workshop.pk}/{page}/") for page in PAGES]

    counted()  # the first page of a session remembers things
    few = counted()
    for _ in range(3):
        room.risks.append(make.risk(unit=people.unit_of(room.leader)))
        room.do(people.commands.take_up, risk=room.risks[-1])
        room.answers(room.joined(), 3, 3, len(room.risks) - 1)
    assert counted() == few
    room.closed()
    for risk in room.risks:
        room.do(people.commands.agree, risk=risk, likelihood=3, people=3)
    assert max(*few, *counted()) <= MOST
