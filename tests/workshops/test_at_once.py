"""Two who do the same at the same moment: one wins, the other is told why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.db import connection

from kivijalka.register.refusal import Refused
from kivijalka.risks.models import Assessment
from kivijalka.workshops import commands
from kivijalka.workshops.models import Answer
from tests import factories as make
from tests.database import address_of
from tests.web.test_once import waits_for
from tests.workshops.people import Room, opened


def told(deed: Any, *args: Any, **inputs: Any) -> str:
    """Over a connection of this thread's own: "done", or the code of the refusal."""
    try:
        deed(*args, **inputs)
        return "done"
    except Refused as refused:
        return refused.code
    finally:
        connection.close()


def agrees(room: Room, likelihood: int) -> str:
    return told(room.do, commands.agree, risk=room.risks[0], likelihood=likelihood, people=3)


def test_of_two_shared_assessments_at_once_one_wins_and_the_other_gets_the_reason(committed: str) -> None:
    room = opened().closed()
    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(lambda likelihood: agrees(room, likelihood), (2, 4)))
    assert found == ["agreed", "done"]
    [made] = Assessment.objects.filter(risk=room.risks[0])
    assert room.question().assessment_id == made.pk


def test_an_answer_that_meets_the_closing_waits_for_it_and_is_refused(committed: str) -> None:
    room = opened()
    someone = room.joined()
    with psycopg.connect(address_of(committed)) as leader, ThreadPoolExecutor(1) as pool:
        leader.execute("update workshops_workshop set state = 'closed' where id = %s", [room.workshop.pk])
        late = pool.submit(told, room.answers, someone, 3, 3)
        waits_for(committed)
        leader.commit()
        assert late.result(timeout=20) == "contradiction"
    assert not Answer.objects.exists()


def test_many_who_answer_at_once_are_all_heard(committed: str) -> None:
    room = opened()
    people = [room.joined(make.person(unit=make.unit())) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda person: told(room.answers, person, 3, 3), people))
    assert found == ["done"] * 6
    assert Answer.objects.count() == 6
