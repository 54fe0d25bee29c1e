"""Pages: what they show, refuse, and cost."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kivijalka.organisation.models import Person
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests.factories import assessed_risk, city, fresh, holder, person, risk, sector, unit
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len([query for query in caught if "SAVEPOINT" not in query["sql"]])


def as_head() -> tuple[Client, Person]:
    head = holder("unit_head", unit=sector())
    return sign_in(Client(), head), head


def test_nobody_who_is_not_signed_in_sees_more_than_the_sign_in_page():
    assert "risks" not in Client().get("/sign-in/").content.decode().split("<main")[1]


def test_after_signing_in_one_is_back_where_one_wanted_to_go():
    assert Client().get("/risks/?level=3_high").headers["Location"] == "/sign-in/?next=/risks/%3Flevel%3D3_high"


def test_after_signing_in_one_is_back_at_the_form_that_was_sent_too_late():
    there = {"Referer": "http://testserver/risks/new/"}
    assert Client().post("/risks/import/", headers=there).headers["Location"] == "/sign-in/?next=/risks/new/"
    assert Client().post("/risks/import/").headers["Location"] == "/sign-in/?next=/"


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in():
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/risks/?sort=code"}
    answer = Client().get("/jump/?q=x", headers=here)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in/?next=/risks/%3Fsort%3Dcode")


def test_paging_forwards_and_backwards_meets_every_row_once():
    client, head = as_head()
    for number in range(120):
        risk(f"number {number}", unit=head.unit, review=None)
    seen: list[str] = []
    address = "/risks/?sort=review"
    while address:
        page = client.get(address).context
        seen += [row.title for row, _cells in page["lines"]]
        address = "/risks/" + page["links"]["next"] if "next" in page["links"] else ""
    assert len(seen) == len(set(seen)) == 120
    last = client.get("/risks/?sort=review&last=1").context
    assert [row.title for row, _cells in last["lines"]] == seen[-50:]


def test_names_stand_in_finnish_order_from_page_to_page():
    client, head = as_head()
    names = ["Ahti", "Zeidler", "Åberg", "Ärling", "Öhman"]
    for number, name in enumerate(reversed(names * 11)):
        person(f"Niko {name}{number:02}", unit=head.unit)
    page = client.get("/persons/?q=Niko&sort=family_name").context
    after = client.get("/persons/" + page["links"]["next"]).context
    shown = [row.family_name[:-2] for row, _cells in [*page["lines"], *after["lines"]]]
    assert shown == sorted(names * 11, key=names.index)


def test_a_list_calls_a_unit_by_its_name_in_the_readers_language_and_by_the_finnish_one_where_it_has_none():
    client, head = as_head()
    unit("Kirjasto", parent=head.unit, name_sv="Bibliotek")
    client.cookies["language"] = "sv"
    [(_row, cells)] = client.get("/units/?q=Kirjasto").context["lines"]
    assert (cells[1].label, cells[1].text) == ("Namn", "Bibliotek")
    client.cookies["language"] = "en"
    [(_row, cells)] = client.get("/units/?q=Kirjasto").context["lines"]
    assert (cells[1].label, cells[1].text) == ("Name", "Kirjasto")


def test_a_record_out_of_reach_is_answered_like_one_that_is_not_there():
    client, _head = as_head()
    hidden = risk(unit=sector())
    there = client.get(f"/risks/{hidden.pk}/")
    nowhere = client.get("/risks/00000000-0000-0000-0000-000000000000/")
    assert there.status_code == nowhere.status_code == 404
    said = [answer.content.decode().split("<main")[1] for answer in (there, nowhere)]
    assert said[0] == said[1]


def test_what_was_typed_stays_when_a_form_is_refused():
    client, head = as_head()
    answer = client.post("/risks/new/", {"title": "Typed with care", "unit": "no such unit", "kind": "operational"})
    assert answer.status_code == 422
    assert "Typed with care" in answer.content.decode()
    assert not Risk.objects.exists()


def test_a_field_that_the_form_does_not_offer_is_not_written():
    client, head = as_head()
    found = risk(unit=head.unit)
    form = {"title": "New", "unit": head.unit.code, "kind": "operational", "sign": "threat", "confidentiality": "1"}
    client.post(f"/risks/{found.pk}/edit/", {**form, "version": found.version, "state": "closed", "level": "1_low"})
    assert (fresh(found).title, fresh(found).state, fresh(found).level) == ("New", "draft", "")


def test_a_verb_that_ones_right_or_the_state_does_not_allow_is_not_offered_and_refused():
    client, head = as_head()
    own = assessed_risk(unit=head.unit, owner=head)
    assert f"/risks/{own.pk}/do/accept/" not in client.get(f"/risks/{own.pk}/").content.decode()
    answer = client.post(f"/risks/{own.pk}/do/accept/", {"reason": "x", "until": "2099-01-01"})
    assert answer.status_code in (403, 422) and fresh(own).state == "assessed"


def test_a_list_says_which_filter_it_did_not_understand_and_shows_the_rest():
    client, head = as_head()
    risk("shown", unit=head.unit)
    answer = client.get("/risks/?colour=blue&level=nonsense")
    assert answer.status_code == 200
    assert [name for name, _texts in answer.context["mistakes"]] == ["riskitaso", "colour"]
    assert answer.context["chips"] == []
    assert "shown" in answer.content.decode()


def test_a_list_filtered_to_nothing_says_which_filter_to_leave_out():
    school = sector("Koulu")
    head = holder("sector_director", unit=school)
    for words in ("Tulipalo", "Vesivahinko"):
        risk(words, unit=school, owner=head)
    client = sign_in(Client(), head)
    ways = client.get(f"/risks/?state=closed&state=accepted&unit={school.code}").context["ways_out"]
    assert [(way.words, way.address, way.rows) for way in ways] == [
        ("tila: seuranta päätetty, hyväksytty", f"?unit={school.code}&q=", 2)
    ]
    ways = client.get("/risks/?state=closed&q=tulipalo&owner=me").context["ways_out"]
    assert [(way.address, way.rows) for way in ways] == [("?q=tulipalo&owner=me", 1)]
    assert client.get("/risks/?state=closed&q=myrsky").context["ways_out"] == []


@pytest.mark.parametrize("path", [register.path for register in REGISTERS.values()])
def test_so_does_every_list(path: str):
    client, _head = as_head()
    assert client.get(f"/{path}/?q=Mitään tällaista ei ole").context["ways_out"] is not None


def test_the_past_is_read_only_and_says_so():
    client, head = as_head()
    found = risk(unit=head.unit)
    assert "kj-past" in client.get("/risks/?as_of=2020-01-01").content.decode()
    answer = client.post(f"/risks/{found.pk}/do/assess/?as_of=2020-01-01", {"likelihood": "3", "finance": "3"})
    assert answer.status_code in (404, 409)


def test_a_past_day_that_nobody_can_read_is_refused_and_goes_no_further():
    client, _head = as_head()
    answer = client.get("/risks/?as_of=yesterday")
    assert answer.status_code == 422
    assert "2026-12-31" in answer.content.decode()
    assert not re.search(r'href="/(risks|situation)/[^"]*yesterday', answer.content.decode())
    assert client.get("/risks/?as_of=31.12.2020").status_code == 200
    for address in ("/risks/", "/api/risks"):
        assert client.get(address, {"as_of": "0001-01-01T00:00:00+14:00"}).status_code == 422, "before all calendars"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_what_is_in_reach_and_no_formula(kind: str):
    client, head = as_head()
    risk('=HYPERLINK("http://example.org")', unit=head.unit)
    risk("hidden", unit=sector())
    content = client.get(f"/risks/export.{kind}").getvalue()
    if kind == "csv":
        text = content.decode("utf-8-sig")
        assert "'=HYPERLINK" in text
        assert "hidden" not in text
    else:
        from io import BytesIO

        from openpyxl import load_workbook

        cells = [cell for row in load_workbook(BytesIO(content)).active.iter_rows() for cell in row]
        assert any(cell.value == '=HYPERLINK("http://example.org")' and cell.data_type != "f" for cell in cells)


def test_signing_in_wrongly_says_the_same_for_a_known_and_an_unknown_address():
    known = holder("employee", unit=city())
    answers = [
        Client().post("/sign-in/", {"email": email, "password": "wrong wrong wrong"}).content.decode()
        for email in (known.email, "nobody@esimerkkikaupunki.example")
    ]
    assert all("hds-notification--error" in answer for answer in answers)


def test_after_signing_in_one_is_not_sent_to_another_site():
    answer = Client().get("/sign-in/?next=https://example.org/")
    assert "example.org" not in answer.content.decode().split("<main")[1]


def test_what_people_type_is_text_on_every_page_and_never_markup():
    client, head = as_head()
    hostile = """<img src=x onerror="alert('1')">"""
    found = risk(hostile, unit=head.unit, owner=head)
    for address in (
        "/risks/",
        f"/risks/?show={found.pk}",
        found.get_absolute_url(),
        f"{found.get_absolute_url()}edit/",
    ):
        page = client.get(address).content.decode()
        assert "&lt;img src=x" in page and "<img src=x" not in page, address
