"""Many operations in one request: each stands or falls alone, in the order in which they came."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kivijalka.exchange.scim import bulk
from kivijalka.organisation.models import Person, Unit
from tests import factories as make
from tests.exchange.conftest import PATCH, at, sent, user

pytestmark = pytest.mark.django_db
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def job(client: Client, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = sent(client, "POST", "Bulk", {"schemas": [BULK], "Operations": operations, **more})
    assert answer.status_code == 200, answer.content
    done: list[dict[str, Any]] = answer.json()["Operations"]
    return done


def new(name: str, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name, **more)}


def statuses(done: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in done]


def test_persons_are_added_together_and_each_is_told_of(scim: Client) -> None:
    done = job(scim, *(new(f"uusi{number}") for number in range(20)))
    assert statuses(done) == ["201"] * 20 and [one["bulkId"] for one in done][:2] == ["uusi0", "uusi1"]
    for one in (done[0], done[-1]):
        told = scim.get(one["location"]).json()
        assert (told["userName"], told["meta"]["version"]) == (f"{one['bulkId']}@esimerkki.example", one["version"])


def test_what_is_wrong_falls_alone(scim: Client) -> None:
    make.person(email="on.jo@esimerkki.example")
    nowhere = new("muualla") | {"data": user("muualla") | {"name": {"givenName": "x"}}}
    done = job(scim, new("a"), new("on.jo"), nowhere, new("a"), new("b", title="x" * 300), new("c"))
    assert statuses(done) == ["201", "409", "400", "409", "400", "201"]
    assert done[1]["response"]["scimType"] == "uniqueness" and "work" in done[4]["response"]["detail"].lower()
    assert Person.objects.filter(email__in=[f"{name}@esimerkki.example" for name in "abc"]).count() == 2


def test_what_another_operation_makes_is_named_by_its_bulk_id(scim: Client) -> None:
    there = make.person(unit=make.unit())
    done = job(
        scim,
        {"method": "POST", "path": "/Groups", "bulkId": "koulu", "data": {"displayName": "Koulu", "externalId": "k"}},
        new("rehtori") | {"data": user("rehtori") | {**at(make.city())}},
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:koulu",
            "data": {
                "schemas": [PATCH],
                "Operations": [
                    {"op": "add", "path": "members", "value": [{"value": "bulkId:rehtori"}, {"value": str(there.pk)}]}
                ],
            },
        },
        {"method": "DELETE", "path": "/Users/bulkId:nobody"},
    )
    assert statuses(done) == ["201", "201", "200", "409"], done
    school = Unit.objects.get(external_id="k")
    assert set(Person.objects.filter(unit=school).values_list("given_name", flat=True)) == {"Aino", there.given_name}


def test_persons_are_changed_and_deleted_in_one_job_with_their_versions(scim: Client) -> None:
    one, other = make.person(), make.person()
    done = job(
        scim,
        {"method": "PUT", "path": f"/Users/{one.pk}", "version": 'W/"1"', "data": user("uusi.nimi")},
        {"method": "delete", "path": f"/Users/{other.pk}", "version": 'W/"7"'},
        {"method": "delete", "path": f"/Users/{other.pk}", "version": 'W/"1"'},
        {"method": "GET", "path": f"/Users/{other.pk}"},
    )
    assert statuses(done) == ["200", "412", "204", "400"]
    assert make.fresh(one).family_name == "Uusi" and make.fresh(other).end == make.in_days(-1)
    assert done[1]["location"].endswith(f"/Users/{other.pk}")


@pytest.mark.parametrize(("most", "names"), [(1, ["a"]), (2, ["a", "b", "c"]), (None, ["a", "b", "c", "d"])])
def test_after_as_many_failures_as_the_client_bears_nothing_more_is_done(
    scim: Client, most: int | None, names: list[str]
) -> None:
    make.person(email="on.jo@esimerkki.example")
    make.person(email="myos@esimerkki.example")
    more = {} if most is None else {"failOnErrors": most}
    done = job(scim, new("a"), new("on.jo"), new("b"), new("c"), new("myos"), new("d"), **more)
    made = Person.objects.filter(email__in=[f"{name}@esimerkki.example" for name in "abcd"])
    assert sorted(person.email[0] for person in made) == names
    assert statuses(done).count("409") == (most or 2)


def test_too_many_at_once_or_none_at_all_are_refused(scim: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_OPERATIONS", 1)
    body = {"schemas": [BULK], "Operations": [new("a"), new("b")]}
    assert sent(scim, "POST", "Bulk", body).status_code == 413
    assert sent(scim, "POST", "Bulk", {"schemas": [BULK]}).status_code == 400
    assert not Person.objects.filter(email="a@esimerkki.example").exists()


def test_what_is_told_again_is_read_together_and_writes_nothing(
    scim: Client, django_assert_max_num_queries: Any
) -> None:
    school = make.unit()
    done = job(scim, *(new(f"sama{number}", **at(school)) for number in range(20)))
    again = [
        {
            "method": "PUT",
            "path": f"/Users/{one['location'].rpartition('/')[2]}",
            "data": user(one["bulkId"], **at(school)),
        }
        for one in done
    ]
    with django_assert_max_num_queries(12):
        answers = job(scim, *again)
    assert [(one["status"], one["version"]) for one in answers] == [("200", one["version"]) for one in done]


def test_what_is_wrong_among_changes_falls_alone_and_one_person_may_be_changed_twice(scim: Client) -> None:
    make.person(email="on.jo@esimerkki.example")
    one, two = make.person(), make.person()
    done = job(
        scim,
        {"method": "PUT", "path": f"/Users/{one.pk}", "data": user("eka")},
        {"method": "PUT", "path": f"/Users/{two.pk}", "data": user("on.jo")},
        {"method": "PUT", "path": f"/Users/{one.pk}", "data": user("toka", title="rehtori")},
        {"method": "DELETE", "path": f"/Users/{make.person().pk}"},
        {"method": "PUT", "path": "/Users/nobody", "data": user("kolmas")},
        {"method": "PUT", "path": f"/Users/{two.pk}", "data": user("neljas")},
    )
    assert statuses(done) == ["200", "409", "200", "204", "404", "200"]
    assert make.fresh(one).user_name == "toka@esimerkki.example" and make.fresh(one).work_title == "rehtori"
    assert make.fresh(two).user_name == "neljas@esimerkki.example"
