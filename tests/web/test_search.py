"""The search: what it finds, and signs that mean something to a database."""

from __future__ import annotations

import pytest
from django.test import Client

from kivijalka.access import acting
from kivijalka.register.doors.search import alike, find
from tests.factories import holder, risk, sector
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def test_a_part_of_a_compound_and_another_inflection_find_the_word() -> None:
    there = sector()
    risk("Jatkuvuussuunnitelma puuttuu", unit=there)
    with acting(holder("unit_head", unit=there).pk):
        for words in ("suunnitelma", "jatkuvuussuunnitelman", "JATKUVUUS"):
            assert [node.title for node in find(words)] == ["Jatkuvuussuunnitelma puuttuu"]


def test_nothing_out_of_reach_is_found() -> None:
    risk("Salainen jatkuvuussuunnitelma", unit=sector())
    with acting(holder("unit_head", unit=sector()).pk):
        assert find("jatkuvuussuunnitelma") == []


def test_what_is_there_already_is_offered_to_whoever_enters_it_again() -> None:
    there = sector()
    risk("Sähkökatko pysäyttää koulun keittiön", unit=there)
    risk("Liukastuminen pihalla", unit=there)
    risk("Sähkökatko keittiössä", unit=sector())
    client = sign_in(Client(), holder("unit_head", unit=there))
    with acting(client.get("/").context["actor"].person):
        found = [node.title for node in alike("Sähkökatkot koulujen keittiöissä", "risk")]
        assert found == ["Sähkökatko pysäyttää koulun keittiön"]
        assert alike("Sähkökatkot koulujen keittiöissä", "action") == []
    assert "Liukastuminen" in client.get("/risks/similar/", {"title": "liukastuminen"}).content.decode()


@pytest.mark.parametrize("sign", ["%", "_", "\\", "%%", "'", "\x00", "&|!", "ä" * 500])
def test_a_sign_finds_itself_and_breaks_nothing(sign: str) -> None:
    there = sector()
    risk("Plain words", unit=there)
    client = sign_in(Client(), holder("unit_head", unit=there))
    for address in ("/search/", "/risks/", "/api/search"):
        assert client.get(address, {"q": sign}).status_code in (200, 422)
    with acting(holder("unit_head", unit=there).pk):
        assert not [node for node in find(sign) if node.register == "risk"]


def test_a_per_cent_sign_finds_the_text_that_holds_it() -> None:
    there = sector()
    risk("Kulut kasvavat 5 % vuodessa", unit=there)
    with acting(holder("unit_head", unit=there).pk):
        assert [node.title for node in find("5 %")] == ["Kulut kasvavat 5 % vuodessa"]
