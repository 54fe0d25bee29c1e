"""A unit is a group: who works there is a member of it."""

from __future__ import annotations

import pytest
from django.test import Client

from kivijalka.organisation.models import Person, Unit
from tests import factories as make
from tests.exchange.conftest import patched, sent

pytestmark = pytest.mark.django_db


def members(client: Client, unit: Unit) -> set[str]:
    return {member["value"] for member in sent(client, "GET", f"Groups/{unit.pk}").json().get("members", [])}


def test_a_group_tells_who_works_at_the_unit_today(scim: Client) -> None:
    school = make.unit("Koulu", external_id="k-1")
    teacher = make.person(unit=school)
    make.person(unit=school, end=make.in_days(-1))
    told = sent(scim, "GET", f"Groups/{school.pk}").json()
    assert (told["displayName"], told["externalId"]) == ("Koulu", "k-1")
    assert [member["value"] for member in told["members"]] == [str(teacher.pk)]
    assert told["members"][0]["$ref"].endswith(f"/scim/v2/Users/{teacher.pk}")


def test_to_join_a_group_is_to_be_transferred_and_to_be_taken_out_is_to_work_at_the_provisioner_s_unit(
    scim: Client, administrator: Person
) -> None:
    school, library = make.unit("Koulu"), make.unit("Kirjasto")
    person = make.holder("unit_head", unit=school)
    member = [{"value": str(person.pk)}]
    assert patched(scim, library, {"op": "add", "path": "members", "value": member}, kind="Groups").status_code == 200
    assert make.fresh(person).unit == library and person.roles.get().end == make.in_days(-1)
    assert (members(scim, school), members(scim, library)) == (set(), {str(person.pk)})
    # Microsoft Entra names whom to take out in the value.
    patched(scim, library, {"op": "Remove", "path": "members", "value": member}, kind="Groups")
    assert make.fresh(person).unit_id == administrator.unit_id
    patched(scim, library, {"op": "add", "path": "members", "value": member}, kind="Groups")
    patched(scim, library, {"op": "remove", "path": f'members[value eq "{person.pk}"]'}, kind="Groups")
    assert make.fresh(person).unit_id == administrator.unit_id


def test_a_group_s_version_changes_with_its_members(scim: Client) -> None:
    school = make.unit()
    before = sent(scim, "GET", f"Groups/{school.pk}")["ETag"]
    make.person(unit=school)
    assert sent(scim, "GET", f"Groups/{school.pk}")["ETag"] != before
    assert sent(scim, "PUT", f"Groups/{school.pk}", {"displayName": "x"}, **{"If-Match": before}).status_code == 412


def test_a_whole_group_that_says_nothing_of_members_keeps_them(scim: Client) -> None:
    school = make.unit("Koulu", name_sv="Skola")
    person = make.person(unit=school)
    assert sent(scim, "PUT", f"Groups/{school.pk}", {"displayName": "Uusi koulu"}).status_code == 200
    assert (make.fresh(school).name_fi, make.fresh(school).name_sv) == ("Uusi koulu", "Skola")
    assert make.fresh(person).unit == school


def test_a_new_group_is_a_unit_below_that_of_whoever_provisions(scim: Client, administrator: Person) -> None:
    person = make.person(unit=make.unit())
    body = {"displayName": "Uusi yksikkö", "externalId": "k-9", "members": [{"value": str(person.pk)}]}
    made = sent(scim, "POST", "Groups", body)
    assert made.status_code == 201, made.content
    unit = Unit.objects.get(external_id="k-9")
    assert (unit.parent_id, unit.start, make.fresh(person).unit) == (administrator.unit_id, make.in_days(0), unit)
    again = sent(scim, "POST", "Groups", body)
    assert (again.status_code, again.json()["scimType"]) == (400, "invalidValue")


def test_a_group_that_is_deleted_is_a_unit_that_ended(scim: Client) -> None:
    school = make.unit()
    assert sent(scim, "DELETE", f"Groups/{school.pk}").status_code == 204
    assert sent(scim, "GET", f"Groups/{school.pk}").status_code == 404
    assert make.fresh(school).end == make.in_days(-1)


def test_the_topmost_unit_and_one_with_units_below_stay(scim: Client) -> None:
    above = make.unit()
    make.unit(parent=above)
    for unit in (make.city(), above):
        assert sent(scim, "DELETE", f"Groups/{unit.pk}").status_code in (400, 409)
        assert make.fresh(unit).end is None


def test_a_member_that_is_nobody_is_refused(scim: Client) -> None:
    school = make.unit()
    for key in ("x", "01900000-0000-7000-8000-000000000000"):
        told = patched(scim, school, {"op": "add", "path": "members", "value": [{"value": key}]}, kind="Groups")
        assert (told.status_code, told.json()["scimType"]) == (400, "invalidValue") and key in told.json()["detail"]
