"""During an absence a deputy acts with the absent person's roles, and the history says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.test import Client
from django.utils import translation

from kivijalka.access import acting
from kivijalka.organisation import delegation
from kivijalka.organisation.about_me import stands_in_for
from kivijalka.organisation.models import Delegation, Person, Role
from kivijalka.register import command
from kivijalka.register.models import SPAN, ImportFile
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
TODAY, NEXT_WEEK = make.in_days(0), make.in_days(7)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def head() -> Person:
    return make.holder(unit=make.sector())


@pytest.fixture
def deputy() -> Person:
    return make.holder("employee", unit=make.sector())


def seen(person: Person, *, on_behalf_of: Person) -> set[Risk]:
    with acting(person.pk, on_behalf_of=on_behalf_of.pk):
        return set(Risk.objects.seen())


def test_a_deputy_sees_what_the_absent_person_owns(head: Person, deputy: Person) -> None:
    owned = make.risk(unit=make.sector(), owner=head, confidentiality=3)
    make.delegation(head, deputy)
    assert seen(deputy, on_behalf_of=head) == {owned}


@pytest.mark.parametrize(
    "term",
    [{"start": make.in_days(2), "end": make.in_days(9)}, {"start": make.in_days(-9), "end": make.in_days(-2)}],
    ids=["not begun", "over"],
)
def test_a_delegation_gives_nothing_out_of_its_time(head: Person, deputy: Person, term: dict[str, Any]) -> None:
    make.risk(unit=head.unit)
    make.risk(owner=deputy)
    make.delegation(head, deputy, **term)
    assert seen(deputy, on_behalf_of=head) == set()


def test_nobody_acts_for_another_without_a_delegation(head: Person, deputy: Person) -> None:
    make.risk(unit=head.unit)
    make.delegation(head, make.person())
    assert seen(deputy, on_behalf_of=head) == set()


def test_a_deputy_who_left_acts_for_nobody(head: Person) -> None:
    gone = make.person(end=make.in_days(-2))
    make.risk(unit=head.unit)
    make.delegation(head, gone)
    assert seen(gone, on_behalf_of=head) == set()


def test_a_delegation_is_not_handed_on(head: Person, deputy: Person) -> None:
    third = make.person()
    make.risk(unit=head.unit)
    make.delegation(head, deputy)
    make.delegation(deputy, third)
    assert seen(third, on_behalf_of=head) == set()


def test_the_history_tells_who_acted_and_for_whom(head: Person, deputy: Person) -> None:
    risk = make.risk(unit=head.unit)
    make.delegation(head, deputy)
    with acting(deputy.pk, on_behalf_of=head.pk, door="api") as actor:
        REGISTERS["risk"].all_commands["edit"](actor, risk, title="Sijaisen sanoin")
        with connection.cursor() as cursor:
            cursor.execute(
                "select kept_by, kept_for, kept_door, kept_command from history.risks_risk where id = %s and version = 2",
                [risk.pk],
            )
            assert cursor.fetchone() == (deputy.pk, head.pk, "api", "edit")


def test_nobody_delegates_for_another(head: Person, deputy: Person) -> None:
    with acting(deputy.pk), pytest.raises(Exception, match="row-level security"):
        make.delegation(head, deputy)


def test_a_delegation_is_seen_by_the_two_it_concerns_and_whoever_leads_or_oversees(
    head: Person, deputy: Person
) -> None:
    made = make.delegation(head, deputy)
    leads, works = make.holder("unit_head", unit=head.unit), make.holder("risk_expert", unit=head.unit)
    seeing = [(person, {made}) for person in (head, deputy, leads, make.holder("auditor"))]
    for person, expected in [*seeing, (works, set())]:
        with acting(person.pk):
            assert set(Delegation.objects.seen()) == expected
    with acting(deputy.pk) as actor:
        assert [absent.person for absent in stands_in_for(actor)] == [head.pk]
    with acting(head.pk) as actor:
        assert stands_in_for(actor) == []


def test_one_is_not_ones_own_deputy(head: Person) -> None:
    with pytest.raises(IntegrityError, match="delegation_to_another"):
        make.delegation(head, head)


def test_a_deputy_who_owns_the_risk_does_not_accept_it_for_the_head(head: Person, deputy: Person) -> None:
    risk = make.assessed_risk(unit=head.unit, owner=deputy)
    make.delegation(head, deputy)
    with acting(deputy.pk, on_behalf_of=head.pk) as actor, refused("own_risk"):
        REGISTERS["risk"].all_commands["accept"](actor, risk, reason="Ei rahaa", until=make.in_days(30))


def give(person: Person, deputy: Person, on_behalf_of: Person | None = None, **given: Any) -> Delegation:
    term = {"start": TODAY, "end": NEXT_WEEK, **given}
    with acting(person.pk, on_behalf_of=on_behalf_of and on_behalf_of.pk) as actor:
        given = {"principal": on_behalf_of or person, "deputy": deputy, **term}
        return make.fresh(command.add(REGISTERS["delegation"], actor, **given))


def test_a_person_gives_their_roles_for_an_absence_and_ends_it_at_once(head: Person, deputy: Person) -> None:
    risk = make.risk(unit=head.unit)
    given = give(head, deputy, reason="Vuosiloma")
    assert seen(deputy, on_behalf_of=head) == {risk}
    with acting(head.pk) as actor:
        delegation.end_now(actor, given)
    assert seen(deputy, on_behalf_of=head) == set()


def test_one_role_is_given_without_the_others(head: Person, deputy: Person) -> None:
    other = make.role_of(head, "security_expert", unit=make.unit())
    near, far = make.risk(unit=head.unit), make.risk(unit=other.unit)
    give(head, deputy, role=other)
    assert seen(deputy, on_behalf_of=head) == {far}
    with acting(head.pk):
        assert set(Risk.objects.seen()) == {near, far}


def test_what_is_held_in_person_is_not_given(deputy: Person) -> None:
    auditor = make.holder("auditor", unit=make.city())
    make.risk()
    own = Role.objects.get(person=auditor)
    with refused("personal", "held in person", field="role"):
        give(auditor, deputy, role=own)
    with refused("nothing_to_lend", field="role"):
        give(auditor, deputy)
    make.role_of(auditor, "employee", unit=make.unit())
    give(auditor, deputy)
    assert seen(deputy, on_behalf_of=auditor) == set()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"start": NEXT_WEEK, "end": TODAY}, "ends_before_start", "end"),
        ({"start": make.in_days(-1)}, "begins_in_past", "start"),
    ],
)
def test_the_days_of_an_absence_make_sense(
    head: Person, deputy: Person, given: dict[str, Any], code: str, field: str
) -> None:
    with refused(code, "Choose", field=field):
        give(head, deputy, **given)


def test_a_deputy_is_somebody_else_who_is_here_until_the_end(head: Person) -> None:
    with refused("oneself", "own deputy", field="deputy"):
        give(head, head)
    for end in (make.in_days(-1), make.in_days(3)):
        with refused("leaves", "works here until", field="deputy"):
            give(head, make.person(end=end))


def test_the_same_is_not_given_twice_for_the_same_days(head: Person, deputy: Person) -> None:
    third, role = make.person(), Role.objects.get(person=head)
    other = make.role_of(head, "risk_expert")
    give(head, deputy, role=role)
    for again in (role, None):
        with refused("overlaps", "End that first", field="start"):
            give(head, third, role=again, start=NEXT_WEEK, end=make.in_days(20))
    give(head, third, role=other)
    give(head, third, start=make.in_days(8), end=make.in_days(20))


def test_the_database_too_gives_the_same_once(head: Person, deputy: Person) -> None:
    make.delegation(head, deputy)
    with pytest.raises(IntegrityError, match="delegation_once"):
        make.delegation(head, make.person())


def test_what_is_lent_is_not_lent_on(head: Person, deputy: Person) -> None:
    give(head, deputy)
    third = make.person()
    with refused("lent", "Act as yourself first"):
        give(deputy, third, on_behalf_of=head, start=make.in_days(30), end=make.in_days(31))
    with acting(deputy.pk, on_behalf_of=head.pk), pytest.raises(ProgrammingError, match="on behalf of somebody"):
        make.delegation(head, third, start=make.in_days(30), end=make.in_days(31))


def test_only_ones_own_delegation_is_ended_and_once(head: Person, deputy: Person) -> None:
    given = give(head, deputy)
    with acting(deputy.pk) as actor, refused("no_right"):
        delegation.end_now(actor, given)
    with acting(head.pk) as actor:
        delegation.end_now(actor, given)
        with refused("state"):
            delegation.end_now(actor, given)


def name_deputy(leader: Person, absent: Person, deputy: Person, **given: Any) -> Delegation:
    """As `give`, by somebody else than the absent person."""
    term = {"start": TODAY, "end": NEXT_WEEK, **given}
    with acting(leader.pk) as actor:
        return make.fresh(command.add(REGISTERS["delegation"], actor, principal=absent, deputy=deputy, **term))


def test_who_leads_the_unit_names_a_deputy_for_somebody_suddenly_ill(head: Person, deputy: Person) -> None:
    ill = make.holder("risk_expert", unit=make.unit(parent=head.unit))
    risk = make.risk(unit=ill.unit)
    given = name_deputy(head, ill, deputy, reason="Äkillinen poissaolo")
    assert seen(deputy, on_behalf_of=ill) == {risk}
    assert (given.named_by, given.known_at) == (head, None)


def test_the_absent_person_is_told_when_back_and_ends_it(head: Person, deputy: Person) -> None:
    ill = make.holder("risk_expert", unit=head.unit)
    given = name_deputy(head, ill, deputy)
    client = sign_in(Client(), ill)
    client.cookies["language"] = "en"
    assert "Somebody else named a deputy for you" in client.get("/").content.decode()
    assert str(head) in client.get(f"/delegations/{given.pk}/").content.decode()
    client.post(f"/delegations/{given.pk}/do/know/")
    assert "Somebody else named a deputy for you" not in client.get("/").content.decode()
    client.post(f"/delegations/{given.pk}/do/end_now/")
    assert make.fresh(given).ended_at is not None
    versions = client.get(f"/api/delegations/{given.pk}/history").json()["items"]
    assert {(row["command"], row["by"]["title"]) for row in versions} == {
        ("add", str(head)), ("know", str(ill)), ("end_now", str(ill))
    }  # fmt: skip


def test_one_s_own_delegation_is_known_already(head: Person, deputy: Person) -> None:
    assert give(head, deputy).known_at is not None


def english_page(person: Person, address: str) -> str:
    client = sign_in(Client(), person)
    client.cookies["language"] = "en"
    return client.get(address).content.decode()


def test_only_who_leads_the_unit_names_a_deputy_for_another(head: Person, deputy: Person) -> None:
    ill = make.holder("risk_expert", unit=head.unit)
    for other in (make.holder("risk_expert", unit=head.unit), make.holder(unit=make.sector()), deputy):
        with refused("no_right"):
            name_deputy(other, ill, make.person())


def test_nobody_makes_themselves_a_deputy(head: Person) -> None:
    ill = make.holder("security_expert", unit=head.unit)
    with refused("contradiction", "Nobody makes themselves a deputy"):
        name_deputy(head, ill, head)


def test_what_another_names_is_no_more_than_what_they_lead(head: Person, deputy: Person) -> None:
    ill = make.holder("risk_expert", unit=head.unit)
    make.role_of(ill, "security_expert", unit=make.city())
    with refused("contradiction", "beyond your reach"):
        name_deputy(head, ill, deputy)
    name_deputy(head, ill, deputy, role=Role.objects.get(person=ill, kind="risk_expert"))


def test_nor_by_what_the_absent_person_owns_or_imported(head: Person, deputy: Person) -> None:
    ill = make.holder("employee", unit=head.unit)
    make.risk(unit=head.unit, owner=ill)
    given = name_deputy(head, ill, deputy)
    with acting(head.pk) as actor:
        delegation.end_now(actor, given)
    owned = make.risk(unit=make.sector(), owner=ill)
    with refused("contradiction", "own something, beyond your reach"):
        name_deputy(head, ill, deputy, role=Role.objects.get(person=ill))
    Risk.objects.filter(pk=owned.pk).update(owner=None)
    file = {"register": "risk", "name": "Salainen.xlsx", "table": {}, "key": 3 * SPAN + head.unit_id}
    ImportFile.objects.create(person=ill, **file)
    with refused("contradiction", "own something, beyond your reach"):
        name_deputy(head, ill, deputy)


def test_the_absent_person_is_told_of_another_deputy_than_they_named(head: Person, deputy: Person) -> None:
    away = make.holder("risk_expert", unit=head.unit)
    edit = REGISTERS["delegation"].all_commands["edit"]
    given, third = give(away, deputy), make.person()
    with acting(head.pk) as actor:
        edit(actor, given, reason="Hoitovapaa")
        assert make.fresh(given).named_by is None
        edit(actor, make.fresh(given), deputy=third)
        with connection.cursor() as cursor:
            cursor.execute("update organisation_delegation set known_at = now(), named_by_id = null")
    assert (make.fresh(given).named_by, make.fresh(given).known_at) == (head, None)
    assert "Somebody else named a deputy for you" in english_page(away, "/")


def test_a_role_of_somebody_else_is_not_given(head: Person, deputy: Person) -> None:
    with refused("not_theirs", field="role"):
        give(head, deputy, role=make.role_of(make.person()))


def test_a_delegation_moves_with_the_absent_person(head: Person, deputy: Person) -> None:
    given = make.delegation(head, deputy)
    new = make.unit()
    Person.objects.filter(pk=head.pk).update(unit=new)
    assert make.fresh(given).unit_id == new.number


def test_the_page_gives_ends_and_keeps_what_was_typed(head: Person, deputy: Person) -> None:
    client = sign_in(Client(), head)
    client.cookies["language"] = "en"
    typed = {"deputy": head.code, "start": TODAY.isoformat(), "end": NEXT_WEEK.isoformat(), "reason": "Talviloma"}
    answer = client.post("/deputies/", typed)
    assert answer.status_code == 422
    assert "own deputy" in answer.content.decode() and "Talviloma" in answer.content.decode()
    assert client.post("/deputies/", {**typed, "deputy": deputy.code}).status_code == 302
    given = Delegation.objects.get()
    assert f'value="{given.pk}"' in client.get("/deputies/").content.decode()
    assert client.post("/deputies/end/", {"id": given.pk}).status_code == 302
    assert make.fresh(given).ended_at is not None


def test_the_frame_says_on_whose_behalf_one_acts_and_the_history_too(head: Person, deputy: Person) -> None:
    risk = make.risk(unit=head.unit)
    make.delegation(head, deputy)
    client = sign_in(Client(), deputy)
    client.cookies["language"] = "en"
    assert f'value="{head.pk}"' in client.get("/deputies/").content.decode()
    assert client.post("/on-behalf/", {"person": head.pk}).status_code == 302
    page = client.get(f"/risks/{risk.pk}/").content.decode()
    assert f"on behalf of {head}" in page and "Act as myself again" in page
    form = {"title": "Sijaisen sanoin", "unit": head.unit.code, "kind": "operational", "sign": "threat"}
    client.post(f"/risks/{risk.pk}/edit/", {**form, "confidentiality": "1", "version": risk.version})
    assert make.fresh(risk).title == "Sijaisen sanoin"
    client.post("/on-behalf/")
    told = sign_in(Client(), head).get(f"/risks/{risk.pk}/history/").content.decode().split("<main")[1]
    assert str(deputy) in told and str(head) in told
