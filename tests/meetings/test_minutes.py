"""What was decided is recorded as the meeting goes on; closed, its minutes stay, and are corrected by entries."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from docx import Document
from docx.oxml.ns import qn
from pdfua import validate

from kivijalka.access import acting
from kivijalka.desk.waiting import desk
from kivijalka.meetings.commands import carry_out, close, decide, note, put_on, strike
from kivijalka.meetings.minutes import minutes_of
from kivijalka.meetings.models import Decision, Item, Meeting
from kivijalka.organisation.models import Person, Unit
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def sector() -> Unit:
    return make.sector("Education")


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


@pytest.fixture
def held(sector: Unit, director: Person) -> Meeting:
    """A meeting with a risk on its agenda, a decision on that, and one on nothing in particular."""
    meeting = make.meeting("Team", unit=sector, owner=director, present="Aino\nGuest from the fire brigade")
    risk = make.risk("Roof", unit=sector)
    with acting(director.pk) as actor:
        put_on(actor, meeting, what=risk.code)
        decide(actor, meeting, item=1, text="The roof is mended.", owner=director, due=make.in_days(30))
        decide(actor, meeting, text="We meet in May.")
        note(actor, meeting, item=1, text="It leaks already.")
    return make.fresh(meeting)


def closed(meeting: Meeting, who: Person) -> Meeting:
    with acting(who.pk) as actor:
        close(actor, meeting)
    return make.fresh(meeting)


def file_of(who: Person, meeting: Meeting, language: str = "en", form: str = "docx") -> bytes:
    client = sign_in(Client(), who)
    client.cookies["language"] = language
    answer = client.get(f"/meetings/{meeting.pk}/minutes.{form}")
    assert answer.status_code == 200
    return answer.content


def test_a_decision_waits_for_whoever_does_it_until_it_is_done(director: Person, held: Meeting) -> None:
    decision = Decision.objects.get(text="The roof is mended.")
    with acting(director.pk) as actor:
        assert decision.pk in [task.record.pk for task in desk(actor, timezone.localdate()).now]
    closed(held, director)
    with acting(director.pk) as actor:
        carry_out(actor, make.fresh(decision), outcome="Mended in March.")
        assert decision.pk not in [task.record.pk for task in desk(actor, timezone.localdate()).now]
    assert make.fresh(decision).state == "done"


def test_minutes_say_what_was_decided_on_which_matter(director: Person, held: Meeting) -> None:
    with acting(director.pk) as actor:
        found = minutes_of(actor, held)
    [matter] = found.matters
    assert [decision.text for decision in matter.decisions] == ["The roof is mended."]
    assert [entry.text for entry in matter.entries] == ["It leaks already."]
    assert [decision.text for decision in found.rest.decisions] == ["We meet in May."]


def sees(who: Person, decision: Decision) -> bool:
    with acting(who.pk):
        return Decision.objects.seen().filter(pk=decision.pk).exists()


def test_a_decision_is_seen_by_whoever_sees_the_record_and_follows_it(sector: Unit, director: Person) -> None:
    school, library = make.unit("School", parent=sector), make.unit("Library", parent=sector)
    in_office, teacher = make.holder("employee", unit=sector), make.holder("employee", unit=school)
    head, librarian = make.holder("unit_head", unit=school), make.holder("unit_head", unit=library)
    meeting = make.meeting("Team", unit=sector, owner=director)
    risk = make.risk("Roof", unit=school, owner=head)
    with acting(director.pk) as actor:
        put_on(actor, meeting, what=risk.code)
        made = decide(actor, meeting, item=1, text="The school is closed.")
    assert [who for who in (in_office, teacher, head, librarian) if sees(who, made)] == [teacher, head]
    Risk.objects.filter(pk=risk.pk).update(confidentiality=2)
    assert [who for who in (in_office, teacher, head, librarian) if sees(who, made)] == [head]
    Risk.objects.filter(pk=risk.pk).update(unit=library, confidentiality=1)
    assert [who for who in (in_office, teacher, head, librarian) if sees(who, made)] == [librarian]
    assert make.fresh(made).confidentiality == 2  # what was said while it was confidential stays so


def test_what_concerns_few_persons_is_not_taken_up(director: Person, held: Meeting) -> None:
    away = make.delegation(director, make.holder("employee", unit=held.unit))
    with acting(director.pk) as actor, refused("private", field="what"):
        put_on(actor, held, what=away.code)


def test_a_day_needs_somebody_who_does_it_and_an_item_that_there_is(director: Person, held: Meeting) -> None:
    with acting(director.pk) as actor:
        with refused("nobody", field="owner"):
            decide(actor, held, text="By May.", due=make.in_days(9))
        with refused("no_item", "9", field="item"):
            decide(actor, held, text="On what?", item=9)


def test_closed_minutes_are_corrected_by_an_entry_and_not_edited(director: Person, held: Meeting) -> None:
    decision = Decision.objects.get(text="We meet in May.")
    meeting = closed(held, director)
    with acting(director.pk) as actor:
        with refused("state"):
            decide(actor, meeting, text="Too late.")
        with refused("state"):
            strike(actor, decision)
        note(actor, meeting, text="It was June.")
        found = minutes_of(actor, meeting)
    assert [entry.text for entry in found.corrections] == ["It was June."]
    assert [one.text for one in found.rest.decisions] == ["We meet in May."]


@pytest.mark.parametrize(
    "statement",
    [
        "update meetings_decision set text = 'Other'",
        "update meetings_decision set state = 'struck'",
        "update meetings_meeting set present = 'Others'",
        "update meetings_meeting set state = 'planned', closed_at = null",
        "update meetings_item set title = 'Other'",
        "insert into meetings_item (version, meeting_id, title, why, was, now)"
        " select 1, id, 'Late', '', '', '' from meetings_meeting",
    ],
)
def test_the_database_itself_keeps_closed_minutes(director: Person, held: Meeting, statement: str) -> None:
    closed(held, director)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_who_carries_a_decision_out_may_change_and_the_minutes_still_say_who_was_to(
    director: Person, held: Meeting
) -> None:
    meeting = closed(held, director)
    with connection.cursor() as cursor:
        # As if the meeting had been closed before whoever takes over did.
        for table in ("risks_risk", "meetings_meeting", "meetings_item", "meetings_decision", "organisation_person"):
            standing = "kept_from = now() - interval '1 hour' where kept_to = 'infinity'"
            cursor.execute(f"update history.{table} set {standing}")
    assert meeting.closed_at is not None
    meeting.closed_at -= timedelta(minutes=1)
    Decision.objects.filter(text="The roof is mended.").update(owner=make.person("Uusi Tekijä"))
    with acting(director.pk) as actor:
        found = minutes_of(actor, meeting)
    assert [decision.owner for decision in found.matters[0].decisions] == [director]


def test_the_document_has_headings_a_language_and_tables_that_say_what_they_hold(
    director: Person, held: Meeting
) -> None:
    document = Document(BytesIO(file_of(director, closed(held, director))))
    item = Item.objects.get()
    headings = [
        (one.style.name, one.text) for one in document.paragraphs if one.style.name.startswith(("Title", "Head"))
    ]
    assert headings == [("Title", "Team"), ("Heading 1", f"1. {item.title}"), ("Heading 1", "Other matters")]
    lang = document.styles.element.find(".//" + qn("w:lang"))
    assert (lang.get(qn("w:val")), document.core_properties.language) == ("en-GB", "en-GB")
    decisions = document.tables[0]
    assert [cell.text for cell in decisions.rows[0].cells] == ["Decision", "Who does it", "Due date"]
    assert decisions.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert decisions.rows[1].cells[0].text == "The roof is mended."


def test_the_minutes_are_a_pdf_for_everybody(director: Person, held: Meeting) -> None:
    meeting = closed(held, director)
    for language in ("fi", "sv", "en"):
        made = file_of(director, meeting, language, "pdf")
        assert list(validate(BytesIO(made)).findings) == []
        assert made == file_of(director, meeting, language, "pdf")


def test_the_document_is_the_same_to_the_byte_when_it_is_made_again(director: Person, held: Meeting) -> None:
    meeting = closed(held, director)
    assert file_of(director, meeting) == file_of(director, meeting)
    assert file_of(director, meeting, "sv") != file_of(director, meeting, "fi")


def test_a_meeting_is_gone_through_item_by_item_and_comes_back_from_a_verb(director: Person, held: Meeting) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}), director)
    page = client.get(f"/meetings/{held.pk}/hold/").content.decode()
    assert "The roof is mended." in page and "We meet in May." not in page
    assert f"do/assess/?next=%2Fmeetings%2F{held.pk}%2Fhold%2F%3Fitem%3D1" in page
    sent = {"text": "Look again.", "item": "1", "version": held.version, "next": f"/meetings/{held.pk}/hold/?item=1"}
    answer = client.post(f"/meetings/{held.pk}/do/decide/", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"/meetings/{held.pk}/hold/?item=1")
    assert "Look again." in client.get(answer["Location"]).content.decode()


def test_a_record_tells_which_meetings_took_it_up(director: Person, held: Meeting) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}), director)
    page = client.get(f"/risks/{Item.objects.get().record_id}/").content.decode()
    assert f"/meetings/{held.pk}/minutes/" in page


def test_what_was_struck_out_leaves_the_minutes(director: Person, held: Meeting) -> None:
    with acting(director.pk) as actor:
        strike(actor, Decision.objects.get(text="We meet in May."))
        assert minutes_of(actor, held).rest.decisions == []


def test_a_sign_that_is_none_does_not_keep_the_minutes_from_being_read(held: Meeting, director: Person) -> None:
    Meeting.objects.filter(pk=held.pk).update(title="Te\uffffam", present="Ai\ufffeno\x02")
    assert Document(BytesIO(file_of(director, closed(held, director)))).paragraphs[0].text == "Team"
