"""A program acts as itself: by roles of its own, until its last day; somebody answers for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation import tokens
from kivijalka.organisation.models import Person, Role, RoleKind, ServiceAccount, Token, Unit
from kivijalka.organisation.registers import roles, service_accounts
from kivijalka.register import discussion
from kivijalka.register.command import add
from kivijalka.register.models import Node
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make.sector()


@pytest.fixture
def owner(unit: Unit) -> Person:
    return make.holder("employee", unit=unit)


@pytest.fixture
def account(unit: Unit, owner: Person) -> ServiceAccount:
    """Made by the head of the unit, its role given by an administrator."""
    with acting(make.holder("unit_head", unit=unit).pk) as actor:
        given = {"name": "Raportointi", "owner": owner, "unit": unit, "start": make.in_days(0), "end": make.in_days(90)}
        made = make.fresh(add(service_accounts, actor, **given))
    with acting(make.holder("access_administrator", unit=make.city()).pk) as actor:
        give(actor, made)
    return made


def give(actor: Any, account: ServiceAccount, kind: str = "unit_head") -> Role:
    """A role of its own."""
    person = Person.objects.get(pk=account.acts_as_id)
    return add(
        roles, actor, person=person, kind=RoleKind.objects.get(pk=kind), unit=Unit.objects.get(number=account.unit_id),
        start=make.in_days(0), end=make.in_days(30),
    )  # fmt: skip


def token_of(account: ServiceAccount, **given: Any) -> tuple[Token, Client]:
    with acting(account.owner_id) as actor:
        values = {"name": "Raportti", "end": make.in_days(30), "reads": False, "service": account, **given}
        token, secret = tokens.make(actor, **values)
    return make.fresh(token), Client(headers={"authorization": f"Bearer {secret}", "accept-language": "en"})


def test_a_program_does_what_its_roles_let_it_and_the_history_names_it(account: ServiceAccount, owner: Person) -> None:
    risk, own = make.risk(unit=account.unit), make.risk(unit=make.sector(), owner=owner)
    token, client = token_of(account)
    sent = {"title": "Uusi nimi", "version": risk.version}
    answer = client.patch(
        f"/api/risks/{risk.pk}", sent, content_type="application/json", headers={"idempotency-key": "a"}
    )
    assert answer.status_code == 200, answer.content
    version = client.get(f"/api/risks/{risk.pk}/history").json()["items"][0]
    assert version["by"]["title"] == f"Raportointi {account.code}" and version["door"] == f"api {token.code}"
    assert client.get(f"/api/risks/{own.pk}").status_code == 404, "it does not own what its owner owns"


def test_a_program_without_a_role_reaches_nothing(unit: Unit, owner: Person) -> None:
    account = make.fresh(
        ServiceAccount.objects.create(
            name="Uusi", owner=owner, unit=unit, start=make.in_days(0), end=make.in_days(9)
        )
    )  # fmt: skip
    make.risk(unit=unit)
    _token, client = token_of(account, end=make.in_days(5))
    assert client.get("/api/risks").json()["total"] == 0


def test_it_ends_with_its_last_day_or_its_role_s(account: ServiceAccount) -> None:
    make.risk(unit=account.unit)
    _token, client = token_of(account)
    assert client.get("/api/risks").json()["total"] == 1
    Role.objects.filter(person=account.acts_as_id).update(start=make.LONG_AGO, end=make.in_days(-1))
    assert client.get("/api/risks").json()["total"] == 0
    ServiceAccount.objects.filter(pk=account.pk).update(start=make.LONG_AGO)
    with acting(make.holder("access_administrator", unit=make.city()).pk) as actor:
        service_accounts.all_commands["edit"](actor, account, end=make.in_days(-1))
    assert client.get("/api/risks").status_code == 401


def test_it_goes_on_when_its_owner_leaves_and_its_hand_over_is_asked(account: ServiceAccount, owner: Person) -> None:
    make.risk(unit=account.unit)
    token, client = token_of(account)
    Person.objects.filter(pk=owner.pk).update(end=make.in_days(-1))
    assert client.get("/api/risks").json()["total"] == 1
    head = Person.objects.get(roles__kind="unit_head", unit=account.unit_id, roles__end=None)
    with acting(head.pk), connection.cursor() as cursor:
        cursor.execute("select record, person from kj.hand_overs()")
        assert (account.pk, owner.pk) in cursor.fetchall()
    successor = make.holder("employee", unit=account.unit)
    with acting(head.pk) as actor:
        service_accounts.all_commands["edit"](actor, account, owner=successor)
    assert make.fresh(token).person == successor, "its tokens are held by whoever answers for it"
    with acting(successor.pk) as actor:
        tokens.revoke(actor, token)
    assert client.get("/api/risks").status_code == 401


def test_nobody_gives_a_role_to_a_program_that_they_answer_for_nor_takes_one_over(
    unit: Unit, account: ServiceAccount
) -> None:
    director = make.holder("sector_director", unit=unit)
    mine = make.fresh(
        ServiceAccount.objects.create(name="Oma", owner=director, unit=unit, start=make.in_days(0), end=make.in_days(9))
    )
    for deed in (
        lambda actor: give(actor, mine, "chief_executive"),
        lambda actor: service_accounts.all_commands["edit"](actor, account, owner=director),
    ):
        with acting(director.pk) as actor, refused("contradiction"), transaction.atomic():
            deed(actor)


def test_only_who_answers_for_a_program_makes_its_tokens(account: ServiceAccount) -> None:
    head = Person.objects.get(roles__kind="unit_head", unit=account.unit_id, roles__end=None)
    given = {"name": "x", "reads": False, "end": make.in_days(1), "service": account}
    with acting(head.pk) as actor, refused("not_answering"):
        tokens.make(actor, **given)
    with acting(account.owner_id) as actor, refused("outlives"):
        tokens.make(actor, **{**given, "end": make.in_days(91)})
    statement = (
        "insert into organisation_token (version, name, person_id, service_id, unit_id, confidentiality, reads, registers,"
        " start, \"end\") values (1, 'x', %s, %s, %s, 1, false, '', current_date, current_date)"
    )
    told = pytest.raises(IntegrityError, match="token_made_by_oneself")
    with acting(head.pk), connection.cursor() as cursor, told, transaction.atomic():
        cursor.execute(statement, [head.pk, account.pk, head.unit_id])


def test_nobody_signs_in_as_a_program(account: ServiceAccount) -> None:
    with pytest.raises(IntegrityError, match="no account"), transaction.atomic():
        make.account_of(Person.objects.get(pk=account.acts_as_id))


def test_its_name_and_unit_follow_it(account: ServiceAccount) -> None:
    to = make.unit()
    ServiceAccount.objects.filter(pk=account.pk).update(name="Uusi nimi", unit=to)
    person = Person.objects.get(pk=account.acts_as_id)
    assert (person.given_name, person.unit) == ("Uusi nimi", to)


def test_the_page_of_tokens_makes_one_for_a_program(account: ServiceAccount, owner: Person) -> None:
    client = sign_in(Client(), owner)
    client.cookies["language"] = "en"
    sent = {"name": "Raportti", "end": make.in_days(5).isoformat(), "service": account.code}
    page = client.post("/account/tokens/", sent)
    assert "acts as Raportointi" in page.content.decode()
    assert Token.objects.get().service == account


def test_a_program_does_not_stand_among_people(account: ServiceAccount, owner: Person) -> None:
    make.person("Raportointi Ihminen")
    administrator = make.holder("access_administrator", unit=make.city())
    program = Person.objects.get(pk=account.acts_as_id)
    client = sign_in(Client(), administrator)
    for address in ("/lookup/person/?q=Raportointi", "/persons/?q=Raportointi", "/search/?q=Raportointi", "/persons/"):
        page = client.get(address).content.decode()
        assert "Ihminen" in page and program.code not in page, address
    assert client.get(f"/persons/{program.pk}/").status_code == 200
    with acting(administrator.pk) as actor, refused("not_there"):
        discussion.say(actor, Node.objects.get(pk=owner.pk), text=f"@{program.code}")


def test_a_program_answers_for_nothing_and_is_given_roles_by_their_form(
    account: ServiceAccount, unit: Unit, owner: Person
) -> None:
    program, other = Person.objects.get(pk=account.acts_as_id), make.unit()
    client = sign_in(Client(), make.holder("access_administrator", unit=make.city()))
    offered = 'hx-get="/lookup/person/whole/"'
    assert offered in client.get("/roles/new/").content.decode()
    assert offered not in client.get("/service-accounts/new/").content.decode()
    assert program.code in client.get("/lookup/person/whole/?person=Raportointi").content.decode()
    given = {"person": str(program), "kind": "employee", "unit": other.code, "start": make.in_days(0).isoformat()}
    assert client.post("/roles/new/", given).status_code == 302
    assert Role.objects.filter(person=program, unit=other).exists()
    risk = make.risk(unit=unit)
    head = sign_in(Client(), Person.objects.get(roles__kind="unit_head", unit=unit, roles__end=None))
    sent = {"title": risk.title, "owner": program.code, "unit": unit.code, "version": risk.version}
    assert head.post(f"/risks/{risk.pk}/edit/", sent).status_code == 422
    assert make.fresh(risk).owner is None
