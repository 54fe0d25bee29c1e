"""The whole site is looked at for one unit, which stands in the address, and for all that one sees again."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from kivijalka.organisation.models import Unit
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def of_director() -> tuple[Client, Unit, Unit]:
    """Somebody who directs a sector with two schools, and owns a draft of a risk in each."""
    sector = make.sector("Toimiala")
    director = make.holder("sector_director", unit=sector)
    schools = [make.unit(name, parent=sector) for name in ("Koivukoulu", "Mäntykoulu")]
    for school in schools:
        make.risk(f"Tulipalo: {school}", unit=school, owner=director)
    return sign_in(Client(), director), *schools


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/", "/risks/", "/situation/"])
def test_my_work_lists_and_the_situation_are_of_the_unit_and_those_below_it(address: str) -> None:
    client, birch, pine = of_director()
    whole, narrowed = page(client, address), page(client, f"{address}?unit={birch.code}")
    assert address == "/situation/" or ("Tulipalo: Mäntykoulu" in whole and "Tulipalo: Mäntykoulu" not in narrowed)
    assert "Koivukoulu" in narrowed
    assert ("2 avointa riskiä" in whole and "1 avoin riski" in narrowed) or address != "/situation/"


def test_a_list_of_units_holds_those_below_the_unit() -> None:
    client, birch, _pine = of_director()
    yard = make.unit("Koulupiha", parent=birch)
    rows = client.get(f"/units/?unit={birch.code}").context["page"].rows
    assert rows == [yard]


def test_a_register_of_no_unit_in_particular_stays_whole() -> None:
    client, birch, _pine = of_director()
    answer = client.get(f"/policies/?unit={birch.code}")
    assert (answer.context["mistakes"], len(answer.context["page"].rows)) == ([], 1)


def test_every_link_of_the_frame_and_of_the_rows_stays_with_the_unit() -> None:
    client, birch, _pine = of_director()
    body = page(client, f"/risks/?unit={birch.code}")
    links = [unescape(link) for link in re.findall(r'href="(/(?:risks|units|situation|registers|search)/[^"]*)"', body)]
    aside = ["/risks/", "/risks/import/"]  # back to all that one sees; a file knows its own units
    assert [link for link in links if f"unit={birch.code}" not in link and link not in aside] == []


def test_it_stays_after_something_was_done() -> None:
    client, birch, _pine = of_director()
    found = client.get(f"/risks/?unit={birch.code}").context["page"].rows[0]
    typed = {"likelihood": "3", "finance": "2", "stage": "current", "version": found.version}
    answer = client.post(f"/risks/{found.pk}/do/assess/?unit={birch.code}", typed)
    assert answer.headers["Location"] == f"/risks/{found.pk}/?unit={birch.code}"


def test_the_chip_says_the_unit_s_name_and_takes_it_off() -> None:
    client, birch, _pine = of_director()
    chips = client.get(f"/risks/?unit={birch.code}&state=draft").context["chips"]
    assert [(chip["words"], chip["without"]) for chip in chips] == [
        ("Koivukoulu", "?state=draft"),
        ("luonnos", f"?unit={birch.code}&q="),
    ]


def test_a_view_is_offered_for_the_unit_and_shown_as_the_one_in_force() -> None:
    client, birch, _pine = of_director()
    tabs = client.get(f"/risks/?unit={birch.code}&review_lt=today").context["tabs"]
    assert [address.partition("?")[2] for _name, address, is_shown in tabs if is_shown] == [
        f"review_lt=today&unit={birch.code}"
    ]
    assert all(f"unit={birch.code}" in address for _name, address, _shown in tabs)


def chosen(client: Client, **query: str) -> list[Any]:
    return client.get("/unit/", query).context["units"]


def test_it_is_chosen_by_words_and_leads_back_to_the_same_page() -> None:
    client, birch, _pine = of_director()
    at = "/risks/?state=draft&unit=OLD&after=x"
    assert chosen(client, q="koivu", at=at) == [("Koivukoulu", f"/risks/?state=draft&unit={birch.code}")]
    assert client.get("/unit/", {"q": "koivu", "at": at}).context["all"] == "/risks/?state=draft"


def test_without_words_one_s_own_unit_and_those_looked_at_last_are_offered() -> None:
    client, birch, pine = of_director()
    for school in (birch, pine):
        client.get(f"/situation/?unit={school.code}")
    assert [name for name, _address in chosen(client, at="/")] == ["Toimiala", "Mäntykoulu", "Koivukoulu"]


def test_nothing_leads_to_another_site() -> None:
    client, *_ = of_director()
    for at in ("https://example.org/", "//example.org", "javascript:alert(1)", "/\\example.org"):
        assert client.get("/unit/", {"q": "koivu", "at": at}).context["all"] == "/"


@pytest.mark.parametrize(
    ("address", "status"), [("/?unit=%00", 404), ("/situation/heat.csv?unit=%00", 404), ("/risks/?unit=a%00", 422)]
)
def test_a_unit_that_no_text_can_name_is_refused(address: str, status: int) -> None:
    client, _birch, _pine = of_director()
    assert client.get(address).status_code == status


def test_a_unit_out_of_reach_is_answered_like_one_that_is_not_there() -> None:
    hidden = make.sector("Salainen")
    client = sign_in(Client(), make.person(unit=hidden))  # who holds no role looks up no unit
    for address in ("/", "/situation/"):
        answers = [client.get(f"{address}?unit={code}") for code in (hidden.code, "NOWHERE")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert "Salainen" not in answers[0].content.decode()
    assert chosen(client, q="Salainen") == []
