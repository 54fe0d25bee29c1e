"""A directory says who works here: persons are added, edited, transferred, leave and come back, and keep their history."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from tests import factories as make
from tests.exchange.conftest import SCIM, WORKS_AT, at, patched, program, secret_of, sent, user
from tests.who import sign_in

pytestmark = pytest.mark.django_db


def test_a_new_person_works_at_the_unit_that_is_said_from_today_on(scim: Client) -> None:
    school = make.unit("Koulu")
    answer = sent(
        scim, "POST", "Users", user(title="Opettaja", externalId="h-17", preferredLanguage="sv-FI") | at(school)
    )
    assert answer.status_code == 201, answer.content
    told = answer.json()
    person = Person.objects.get(external_id="h-17")
    assert (person.unit, person.start, person.end, person.language) == (school, make.in_days(0), None, "sv")
    assert answer["Location"].endswith(f"/scim/v2/Users/{person.pk}") and answer["ETag"] == 'W/"1"'
    assert told["groups"][0]["value"] == told[WORKS_AT]["unit"]["value"] == str(school.pk)
    assert (told["displayName"], told["active"], told["meta"]["resourceType"]) == ("Aino Uusi", True, "User")


def test_who_is_said_to_work_nowhere_works_where_whoever_provisions_does(scim: Client, administrator: Person) -> None:
    sent(scim, "POST", "Users", user())
    assert Person.objects.get(email="aino.uusi@esimerkki.example").unit_id == administrator.unit_id


def test_a_name_comes_without_what_nobody_sees(scim: Client) -> None:
    sent(scim, "POST", "Users", user() | {"name": {"givenName": "Ai\u202eno", "familyName": "Uu\u200bsi"}})
    person = Person.objects.get(email="aino.uusi@esimerkki.example")
    assert (person.given_name, person.family_name) == ("Aino", "Uusi")


def test_what_is_no_attribute_here_is_ignored(scim: Client) -> None:
    answer = sent(scim, "POST", "Users", user(nickName="Ansku", locale="fi-FI", roles=[{"value": "chief_executive"}]))
    assert answer.status_code == 201 and "nickName" not in answer.json()
    assert not Person.objects.get(email="aino.uusi@esimerkki.example").roles.exists()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"userName": "aino"}, "invalidValue"),
        (user(emails=[{"value": "not an address", "type": "work"}]), "invalidValue"),
        (user() | {"userName": "Aino"}, "invalidValue"),
        (user(**{WORKS_AT: {"unit": {"value": "U-999999"}}}), "invalidValue"),
        (user("a\x00b"), "invalidValue"),
        ([], "invalidSyntax"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_scim_and_nobody_is_made(
    scim: Client, body: Any, word: str
) -> None:
    before = Person.objects.count()
    answer = sent(scim, "POST", "Users", body)
    assert (answer.status_code, answer["Content-Type"]) == (400, SCIM), answer.content
    told = answer.json()
    assert (told["scimType"], told["status"]) == (word, "400") and told["detail"]
    assert Person.objects.count() == before


def test_a_body_that_is_no_json_is_refused(scim: Client) -> None:
    answer = scim.generic("POST", "/scim/v2/Users", b'{"a": "\xff"}', content_type=SCIM)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")
    answer = scim.generic("POST", "/scim/v2/Users", b"a=b", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_nobody_is_made_twice(scim: Client) -> None:
    there = make.person(email="aino.uusi@esimerkki.example", external_id="h-17")
    for body in (user(), user(externalId="h-1"), user("toinen", externalId="h-17"), user("AINO.uusi")):
        answer = sent(scim, "POST", "Users", body)
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert there.code in answer.json()["detail"]


def test_a_person_is_renamed_and_transferred_by_the_commands_that_people_use(scim: Client) -> None:
    person, school = make.holder("unit_head", unit=make.unit()), make.unit("Koulu")
    answer = patched(
        scim,
        person,
        {"op": "Replace", "path": "name.familyName", "value": "Toinen"},
        {"op": "replace", "path": f"{WORKS_AT}:unit.value", "value": school.code},
    )
    assert answer.status_code == 200, answer.content
    changed = make.fresh(person)
    assert (changed.family_name, changed.unit) == ("Toinen", school)
    assert changed.roles.get().end == make.in_days(-1), "their roles at the old unit ended at once"
    with connection.cursor() as cursor:
        cursor.execute(
            "select kept_command, kept_door from history.organisation_person where id = %s order by kept_no",
            [person.pk],
        )
        commands = cursor.fetchall()
    assert [command for command, _door in commands][-2:] == ["edit", "transfer"]
    assert commands[-1][1].startswith("scim Q-")


def test_the_same_again_changes_nothing(scim: Client) -> None:
    body = user(title="Opettaja", externalId="h-17") | at(make.unit())
    made = sent(scim, "POST", "Users", body).json()
    again = sent(scim, "PUT", f"Users/{made['id']}", body)
    assert again.status_code == 200 and again.json()["meta"] == made["meta"]
    # What a whole says nothing of is no more, but for what always has a value.
    less = sent(scim, "PUT", f"Users/{made['id']}", user()).json()
    assert "title" not in less and "externalId" not in less
    assert less["active"] and less[WORKS_AT] == made[WORKS_AT]


def test_who_is_not_active_reaches_nothing_from_this_moment_on_and_is_still_told_of(scim: Client) -> None:
    person = make.holder("unit_head", unit=make.sector())
    browser = sign_in(Client(), person)
    assert browser.get("/risks/").status_code == 200
    answer = patched(scim, person, {"op": "replace", "value": {"active": "False"}})
    assert answer.status_code == 200 and answer.json()["active"] is False
    assert browser.get("/risks/").status_code == 302
    assert make.fresh(person).end == make.in_days(-1)
    assert sent(scim, "GET", f"Users/{person.pk}").json()["active"] is False
    patched(scim, person, {"op": "replace", "path": "active", "value": True})
    back = make.fresh(person)
    assert back.end is None and back.roles.get().end is None, "who was away for a while has their roles"


def test_what_who_leaves_owned_is_asked_to_be_handed_over(scim: Client) -> None:
    head = make.holder("unit_head", unit=make.sector())
    person = make.person(unit=head.unit)
    risk = make.risk(unit=head.unit, owner=person)
    assert sent(scim, "DELETE", f"Users/{person.pk}").status_code == 204
    with acting(head.pk), connection.cursor() as cursor:
        cursor.execute("select record, person from kj.hand_overs()")
        assert cursor.fetchall() == [(risk.pk, person.pk)]


def test_who_is_deleted_has_left_is_told_of_no_more_and_keeps_their_history(scim: Client) -> None:
    made = sent(scim, "POST", "Users", user()).json()
    assert sent(scim, "DELETE", f"Users/{made['id']}").status_code == 204
    assert sent(scim, "GET", f"Users/{made['id']}").status_code == 404
    assert sent(scim, "DELETE", f"Users/{made['id']}").status_code == 404
    assert sent(scim, "GET", 'Users?filter=userName eq "aino.uusi@esimerkki.example"').json()["totalResults"] == 0
    person = Person.objects.get(pk=made["id"])
    assert person.end == make.in_days(-1), "hired and deleted on one day: here no more"
    with acting(person.pk) as actor:
        assert actor.names[0] is None


def test_who_was_deleted_comes_back_as_the_same_person_without_the_roles_that_they_had(scim: Client) -> None:
    person = make.holder("unit_head", unit=make.sector(), email="aino.uusi@esimerkki.example")
    sent(scim, "DELETE", f"Users/{person.pk}")
    answer = sent(scim, "POST", "Users", user())
    assert (answer.status_code, answer.json()["id"]) == (201, str(person.pk)), answer.content
    back = make.fresh(person)
    assert back.end is None and back.roles.get().end == make.in_days(-1)
    with acting(person.pk) as actor:
        assert actor.reaches == {}


def test_who_left_long_ago_and_was_never_told_of_is_not_there(scim: Client) -> None:
    gone = make.person(end=make.in_days(-400))
    assert sent(scim, "GET", f"Users/{gone.pk}").status_code == 404


def test_a_planned_last_day_stays_when_something_else_is_said(scim: Client) -> None:
    person = make.person(end=make.in_days(20))
    to = make.unit()
    assert patched(scim, person, {"op": "add", "value": {"title": "Lehtori", **at(to)}}).status_code == 200
    changed = make.fresh(person)
    assert (changed.end, changed.unit, changed.work_title) == (make.in_days(20), to, "Lehtori")
    patched(scim, person, {"op": "replace", "path": "active", "value": False})
    assert make.fresh(person).end == make.in_days(-1)


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(scim: Client) -> None:
    person = make.person()
    read = sent(scim, "GET", f"Users/{person.pk}")
    assert sent(scim, "GET", f"Users/{person.pk}", **{"If-None-Match": read["ETag"]}).status_code == 304
    Person.objects.filter(pk=person.pk).update(work_title="Muu")
    for method, body in (("PUT", user()), ("DELETE", None)):
        assert sent(scim, method, f"Users/{person.pk}", body, **{"If-Match": read["ETag"]}).status_code == 412
    now = sent(scim, "GET", f"Users/{person.pk}")["ETag"]
    assert sent(scim, "PUT", f"Users/{person.pk}", user(), **{"If-Match": now}).status_code == 200


def test_who_provisions_has_the_right_to_or_is_refused(scim: Client) -> None:
    sector = make.sector()
    near, far = make.person(unit=sector), make.person(unit=make.sector())
    provisioner = program(secret_of(make.holder("provisioner", unit=sector)))
    assert patched(provisioner, near, {"op": "replace", "path": "title", "value": "x"}).status_code == 200
    # Everybody may be looked up anywhere; changed, only where the right reaches.
    assert patched(provisioner, far, {"op": "replace", "path": "title", "value": "x"}).status_code == 403
    assert sent(provisioner, "POST", "Users", user() | at(far.unit)).status_code == 403
    assert patched(provisioner, near, {"op": "add", "value": at(far.unit)}).status_code == 403
    assert sent(provisioner, "POST", "Groups", {"displayName": "Uusi"}).status_code == 403, "units are not theirs"
    for kind in ("unit_head", "employee", "auditor"):
        other = program(secret_of(make.holder(kind, unit=make.city())))
        assert sent(other, "GET", "Users").status_code == 403, kind


def test_only_a_token_that_writes_opens_the_door(administrator: Person) -> None:
    for client in (Client(), sign_in(Client(), administrator)):
        answer = client.get("/scim/v2/Users")
        assert (answer.status_code, answer["WWW-Authenticate"], answer["Content-Type"]) == (401, "Bearer", SCIM)
    assert program("kivijalka_wrong").get("/scim/v2/Users").status_code == 401
    narrow = program(secret_of(administrator, registers=["risk"]))
    assert narrow.get("/scim/v2/Users").status_code == 403
    wide = program(secret_of(administrator, registers=["person", "unit"]))
    assert wide.get("/scim/v2/Users").status_code == 200


def test_what_is_not_there_or_not_possible_is_told_in_the_words_of_scim(scim: Client) -> None:
    for path in ("Users/x", "Nothing", "Users/01900000-0000-7000-8000-000000000000", "Schemas/x", ""):
        answer = sent(scim, "GET", path)
        assert (answer.status_code, answer.json()["status"]) == (404, "404"), path
    refused = sent(scim, "DELETE", "Users")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, POST")
    assert sent(scim, "GET", "Me").status_code == 501


def test_ids_tell_when_somebody_was_added_and_history_when_they_changed(scim: Client) -> None:
    told = sent(scim, "POST", "Users", user()).json()["meta"]
    assert told["created"][:16] <= told["lastModified"][:16]
