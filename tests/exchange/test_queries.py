"""A directory finds persons and units by what it knows of them, page by page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from kivijalka.organisation.models import Person, Unit
from tests import factories as make
from tests.exchange.conftest import sent

pytestmark = pytest.mark.django_db
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def school() -> Unit:
    return make.unit("Koulu")


@pytest.fixture
def people(school: Unit) -> dict[str, Person]:
    return {
        "aino": make.person("Aino Aalto", unit=school, email="Aino@esimerkki.example", work_title="Rehtori"),
        "bo": make.person("Bo Berg", unit=school, user_name="BoBe", external_id="H-1", language="sv"),
        "left": make.person("Eki Entinen", user_name="eki", end=make.in_days(-3)),
    }


def found(client: Client, asked: str, **more: Any) -> set[str]:
    answer = sent(client, "GET", "Users?" + urlencode({"filter": asked, **more}))
    assert answer.status_code == 200, answer.content
    return {one["name"]["familyName"] for one in answer.json()["Resources"]}


FILTERS = {
    'userName eq "aino@ESIMERKKI.example"': {"Aalto"},
    'userName eq "bobe"': {"Berg"},
    'externalId eq "H-1"': {"Berg"},
    'externalId eq "h-1"': set(),
    'name.familyName sw "be" and active eq true': {"Berg"},
    'displayName co "o b" or title eq "rehtori"': {"Aalto", "Berg"},
    "not (active eq true) and userName pr": {"Entinen"},
    'emails[type eq "work" and value co "aino@"]': {"Aalto"},
    'emails.value ew "nothing"': set(),
    'preferredLanguage eq "sv"': {"Berg"},
    "title pr": {"Aalto"},
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ek"': {"Entinen"},
    'userName co "%" or userName co "_"': set(),
    'meta.lastModified gt "2100-01-01T00:00:00Z"': set(),
}


@pytest.mark.parametrize("asked", FILTERS)
def test_a_filter_finds_what_it_says(scim: Client, people: dict[str, Person], asked: str) -> None:
    assert found(scim, asked) == FILTERS[asked]


def test_a_filter_finds_persons_by_unit_time_and_what_they_lack(
    scim: Client, people: dict[str, Person], school: Unit
) -> None:
    for path in ("groups", "groups.value", "urn:ietf:params:scim:schemas:extension:kivijalka:2.0:User:unit.value"):
        assert found(scim, f'{path} eq "{school.pk}"') == {"Aalto", "Berg"}
    assert found(scim, f'groups eq "{school.pk}" and meta.created gt "2020-01-01T00:00:00Z"') == {"Aalto", "Berg"}
    assert found(scim, f'groups eq "{school.pk}" and externalId ne "H-1"') == {"Aalto"}
    assert found(scim, f'groups eq "{school.pk}" and meta.lastModified lt "2100-01-01T00:00:00Z"') == {"Aalto", "Berg"}
    groups = sent(scim, "GET", "Groups?" + urlencode({"filter": f'members eq "{people["bo"].pk}"'})).json()
    assert [group["id"] for group in groups["Resources"]] == [str(school.pk)]
    one_or_other = f'members[value eq "{people["bo"].pk}"] and displayName sw "kou"'
    assert sent(scim, "GET", "Groups?" + urlencode({"filter": one_or_other})).json()["totalResults"] == 1


@pytest.mark.parametrize(
    "asked",
    ["userName", 'userName xx "a"', 'nothing eq "a"', "active gt true", 'userName eq "a', 'meta.version eq "1"'],
)
def test_a_filter_that_is_not_understood_is_refused(scim: Client, asked: str) -> None:
    answer = sent(scim, "GET", "Users?" + urlencode({"filter": asked}))
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter"), answer.content


def test_a_list_is_sorted_and_read_page_by_page(scim: Client) -> None:
    for name in "CBDA":
        make.person(f"Aino Järj{name}")
    asked = {"filter": 'name.familyName sw "Järj"', "sortBy": "name.familyName", "count": 2}
    pages = [sent(scim, "GET", "Users?" + urlencode({**asked, "startIndex": at})).json() for at in (1, 3, 5)]
    assert [[one["name"]["familyName"][-1] for one in page["Resources"]] for page in pages] == [
        ["A", "B"],
        ["C", "D"],
        [],
    ]
    assert [(page["totalResults"], page["itemsPerPage"]) for page in pages] == [(4, 2), (4, 2), (4, 0)]
    falling = sent(scim, "GET", "Users?" + urlencode({**asked, "sortOrder": "descending", "count": 1})).json()
    assert falling["Resources"][0]["name"]["familyName"] == "JärjD"
    assert sent(scim, "GET", "Users?" + urlencode({**asked, "count": 0})).json()["Resources"] == []
    refused = sent(scim, "GET", "Groups?sortBy=members")
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidPath")


def test_without_an_order_the_newest_come_first(scim: Client) -> None:
    newest = make.person()
    assert sent(scim, "GET", "Users?count=1").json()["Resources"][0]["id"] == str(newest.pk)


def test_one_search_goes_through_persons_and_units(scim: Client) -> None:
    make.unit("Yhteinen sana")
    make.person("Yhteinen Sana")
    body = {"schemas": [SEARCH], "filter": 'displayName sw "yhteinen"', "attributes": ["displayName"]}
    told = sent(scim, "POST", ".search", body).json()
    kinds = [one["schemas"][0].rpartition(":")[2] for one in told["Resources"]]
    assert (told["totalResults"], kinds) == (2, ["User", "Group"])
    assert all("members" not in one and "emails" not in one for one in told["Resources"])
    second = sent(scim, "POST", ".search", {**body, "startIndex": 2, "count": 1}).json()
    assert [one["displayName"] for one in second["Resources"]] == ["Yhteinen sana"]
    assert sent(scim, "POST", "Groups/.search", body).json()["totalResults"] == 1


def test_a_page_of_many_asks_as_much_of_the_database_as_a_page_of_one(
    scim: Client, django_assert_max_num_queries: Any
) -> None:
    for _one in range(20):
        make.person(unit=make.unit())
    sent(scim, "GET", "Users?count=1")
    with django_assert_max_num_queries(12):
        assert len(sent(scim, "GET", "Users?count=20").json()["Resources"]) == 20
    with django_assert_max_num_queries(12):
        assert len(sent(scim, "GET", "Groups?count=20").json()["Resources"]) == 20
