"""A meeting's agenda is what changed, is late or was taken to its unit since the last one, as far as one may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from kivijalka.access import acting
from kivijalka.meetings.agenda import proposals
from kivijalka.meetings.commands import arrange, close, draw_up, put_on
from kivijalka.meetings.minutes import items_of, minutes_of, reason_of
from kivijalka.meetings.models import Meeting
from kivijalka.organisation.models import Person, Unit
from kivijalka.risks.commands import assess
from tests import factories as make
from tests.factories import in_days
from tests.refusals import refused
from tests.who import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector("Education")


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


@pytest.fixture
def meeting(sector: Unit, director: Person) -> Meeting:
    return make.meeting("Team", unit=sector, owner=director)


def since_long(record: Any) -> Any:
    """The record, as if it had stood as it is for two years."""
    long_ago, table = datetime.now(tz=UTC) - timedelta(days=730), record._meta.db_table
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f'update history."{table}" set kept_from = %s where id = %s', [long_ago, record.pk])
    return record


def proposed(who: Person, meeting: Meeting) -> dict[str, list[str]]:
    with acting(who.pk) as actor:
        return {one.why: [found.node.title for found in one.proposals] for one in proposals(actor, meeting)}


def on_agenda(who: Person, meeting: Meeting) -> list[str]:
    with acting(who.pk):
        return [item.title.partition(" ")[2] or item.title for item in items_of(meeting)]


def drawn_up(who: Person, meeting: Meeting) -> Meeting:
    with acting(who.pk) as actor:
        draw_up(actor, meeting)
    return make.fresh(meeting)


def test_what_rose_and_what_is_new_comes_before_the_meeting(sector: Unit, director: Person, meeting: Meeting) -> None:
    school = make.unit("School", parent=sector)
    rose = since_long(make.assessed_risk("Roof", unit=school, likelihood=1, impact=1))
    since_long(make.assessed_risk("As it was", unit=school))
    make.assessed_risk("Elsewhere", unit=make.sector())
    make.assessed_risk("Water", unit=school)
    with acting(director.pk) as actor:
        assess(actor, rose, likelihood=5, people=5)
    assert proposed(director, meeting) == {"risk.rose": ["Roof"], "risk.came": ["Water"]}
    drawn_up(director, meeting)
    with acting(director.pk):
        reasons = [reason_of(item) for item in items_of(meeting)]
    assert reasons == ["Riskit: nousseet, 1 → 4", "Riskit: uudet"]


def test_each_register_says_which_of_its_views_come_before_a_meeting(
    sector: Unit, director: Person, meeting: Meeting
) -> None:
    make.action("Late", unit=sector, due=in_days(-3))
    make.action("Slipping", unit=sector, postponements=3)
    make.action("In time", unit=sector)
    make.indicator("Past", unit=sector, value=12)
    since_long(make.assessed_risk("Lapsing", unit=sector, state="accepted", accepted_until=in_days(9),
                                  acceptance_reason="No money"))  # fmt: skip
    since_long(make.assessed_risk("Proposed", unit=sector, treatment="accept"))
    assert proposed(director, meeting) == {
        "action.late": ["Late"],
        "action.slipping": ["Slipping"],
        "indicator.past": ["Past"],
        "risk.proposed": ["Proposed"],
        "risk.lapses": ["Lapsing"],
    }


def test_the_next_meeting_looks_from_the_last_on(sector: Unit, director: Person, meeting: Meeting) -> None:
    last = make.meeting("Last", unit=sector, owner=director, day=in_days(-30))
    long_ago = datetime.now(tz=UTC) - timedelta(days=300)
    Meeting.objects.filter(pk=last.pk).update(state="closed", closed_at=long_ago)
    risk = make.assessed_risk("Roof", unit=sector)
    with as_owner(), connection.cursor() as cursor:
        before = long_ago - timedelta(days=1)
        cursor.execute("update history.risks_risk set kept_from = %s where id = %s", [before, risk.pk])
    assert proposed(director, meeting) == {}
    Meeting.objects.filter(pk=meeting.pk).update(day=in_days(-60))
    assert proposed(director, meeting) == {}, "an earlier meeting looks back three months"


def test_the_agenda_is_arranged_items_taken_out_stay_out_and_own_ones_are_added(
    sector: Unit, director: Person, meeting: Meeting
) -> None:
    make.action("First", unit=sector, due=in_days(-9))
    make.action("Second", unit=sector, due=in_days(-8))
    make.action("Third", unit=sector, due=in_days(-7))
    drawn_up(director, meeting)
    with acting(director.pk) as actor:
        arrange(actor, meeting, order="3, 1")
        put_on(actor, meeting, what="Next year's budget")
    assert on_agenda(director, drawn_up(director, meeting)) == ["Third", "First", "year's budget"]
    with acting(director.pk) as actor, refused("no_item", "7", field="order"):
        arrange(actor, meeting, order="7")
    with acting(director.pk) as actor, refused("twice", field="order"):
        arrange(actor, meeting, order="1 1")
    for order in ("1 01", "1" * 4400, "²"):
        with acting(director.pk) as actor, refused("no_item", field="order"):
            arrange(actor, meeting, order=order)


def test_words_that_are_too_many_for_an_agenda_are_refused_and_not_cut(director: Person, meeting: Meeting) -> None:
    with acting(director.pk) as actor, refused("too_long", field="what"):
        put_on(actor, meeting, what="x" * 301)


def test_a_record_is_put_on_by_its_code_once(sector: Unit, director: Person, meeting: Meeting) -> None:
    risk = make.risk("Roof", unit=sector)
    with acting(director.pk) as actor:
        put_on(actor, meeting, what=risk.code.lower())
        with refused("there", field="what"):
            put_on(actor, meeting, what=risk.code)
        arrange(actor, meeting)
        assert not items_of(meeting)
        put_on(actor, meeting, what=risk.code)
    assert on_agenda(director, meeting) == ["Roof"]


def test_what_one_may_not_see_is_not_on_ones_agenda_and_it_says_how_many(
    sector: Unit, director: Person, meeting: Meeting
) -> None:
    secret = make.risk("Secret", unit=sector, confidentiality=3)
    with acting(director.pk) as actor:
        put_on(actor, meeting, what=secret.code)
        put_on(actor, meeting, what="Known")
    employee = make.holder("employee", unit=sector)
    with acting(employee.pk) as actor:
        found = minutes_of(actor, make.fresh(meeting))
    assert [matter.item.title for matter in found.matters if matter.item] == ["Known"]
    assert found.left_out == 1


def test_a_closed_agenda_is_frozen(director: Person, meeting: Meeting) -> None:
    with acting(director.pk) as actor:
        put_on(actor, meeting, what="Budget")
        close(actor, meeting)
        with refused("state"):
            put_on(actor, meeting, what="Late thought")
        with refused("state"):
            arrange(actor, meeting)
