"""A meeting's pages make at most twelve queries, and as many for one item as for many."""

from __future__ import annotations

from django.test import Client

from kivijalka.access import acting
from kivijalka.meetings.commands import decide, draw_up, note
from kivijalka.meetings.models import Meeting
from kivijalka.organisation.models import Person
from tests import factories as make
from tests.doors.test_queries import MOST, queries
from tests.factories import in_days
from tests.who import sign_in


def test_pages_of_a_meeting_make_few_queries_and_no_more_for_more_items(committed: str) -> None:
    sector = make.sector()
    director = make.holder("sector_director", unit=sector)
    meeting = make.meeting(unit=sector, owner=director)
    client = sign_in(Client(), director)
    pages = [f"/meetings/{meeting.pk}/{page}" for page in ("agenda/", "hold/", "minutes/", "minutes.docx")]
    something_happens(meeting, director)
    client.get("/policy/")  # what was decided is read once in a process
    few = {page: queries(client, page) for page in pages}
    something_happens(meeting, director)
    assert {page: queries(client, page) for page in pages} == few
    assert {page: count for page, count in few.items() if count > MOST} == {}


def something_happens(meeting: Meeting, director: Person) -> None:
    """A risk comes to the agenda, and is decided and talked about; another is proposed."""
    make.assessed_risk(unit=meeting.unit, owner=director)
    with acting(director.pk) as actor:
        draw_up(actor, meeting)
        decide(actor, meeting, text="So be it.", owner=director, item=1)
        note(actor, meeting, text="It was said.", item=1)
    make.action(unit=meeting.unit, due=in_days(-3))
    make.assessed_risk(unit=meeting.unit)
