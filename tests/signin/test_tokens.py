"""A program acts by a token: as its holder may, less what the token leaves out, until it ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation import tokens
from kivijalka.organisation.models import Person, Token, TokenKey
from kivijalka.register.refusal import Refused
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def head() -> Person:
    return make.holder("unit_head", unit=make.sector())


def token_of(person: Person, **given: Any) -> tuple[Token, Client]:
    """A token of the person, and a program that sends it."""
    with acting(person.pk) as actor:
        token, secret = tokens.make(actor, **{"name": "Raportti", "end": make.in_days(30), "reads": True, **given})
    return token, program(secret)


def program(secret: str) -> Client:
    return Client(headers={"authorization": f"Bearer {secret}", "accept-language": "en"}, enforce_csrf_checks=True)


def codes(client: Client, address: str = "/api/risks") -> set[str]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return {item["code"] for item in answer.json()["items"]}


def test_a_token_reads_what_its_holder_sees_and_what_they_own(head: Person) -> None:
    near, own = make.risk(unit=head.unit), make.risk(unit=make.sector(), owner=head)
    make.risk(unit=make.sector())
    _token, client = token_of(head)
    assert codes(client) == {near.code, own.code}


def test_a_token_that_may_write_does_and_the_history_names_it_and_its_holder(head: Person) -> None:
    risk = make.risk(unit=head.unit)
    token, client = token_of(head, reads=False)
    sent = {"title": "Uusi nimi", "version": risk.version}
    for _again in range(2):
        answer = client.patch(f"/api/risks/{risk.pk}", sent, content_type=JSON, headers={"idempotency-key": "a"})
        assert answer.status_code == 200, answer.content
    version = client.get(f"/api/risks/{risk.pk}/history").json()["items"][0]
    assert (version["by"]["code"], version["door"]) == (head.code, f"api {make.fresh(token).code}")
    page = sign_in(Client(), head).get(f"/risks/{risk.pk}/history/").content.decode()
    assert token.code in page
    assert make.fresh(risk).title == "Uusi nimi"


def test_a_token_that_reads_only_changes_nothing_at_the_door_nor_in_the_database(head: Person) -> None:
    risk = make.risk(unit=head.unit, owner=head)
    token, client = token_of(head)
    answer = client.patch(f"/api/risks/{risk.pk}", {"title": "x", "version": risk.version}, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "no_right")
    with acting(head.pk, token=token.pk) as actor:
        assert actor.reach("risk.edit") == [] and actor.reach("risk.view") != []
        with pytest.raises(InternalError, match="read-only"), transaction.atomic():
            Risk.objects.filter(pk=risk.pk).update(title="x")


def test_a_token_for_chosen_registers_reaches_no_other_nor_what_its_holder_owns(head: Person) -> None:
    risk, action = make.risk(unit=head.unit), make.action(unit=head.unit)
    own = make.risk(unit=make.sector(), owner=head)
    _token, client = token_of(head, registers=["risk"])
    assert codes(client) == {risk.code}
    assert codes(client, "/api/actions") == set() and codes(client, "/api/units") == set()
    assert client.get(f"/api/actions/{action.pk}").status_code == 404
    assert client.get(f"/api/risks/{own.pk}").status_code == 404
    found = client.get(f"/api/search?q={action.code}").content.decode()
    assert action.title not in found


def test_a_token_for_a_unit_reaches_that_unit_and_below_in_all_registers(head: Person) -> None:
    below = make.unit(parent=head.unit)
    deep, near = make.risk(unit=make.unit(parent=below)), make.risk(unit=head.unit)
    elsewhere = make.sector()
    _token, client = token_of(head, within=below)
    assert codes(client) == {deep.code}
    assert near.code not in client.get(f"/api/search?q={near.code}").content.decode()
    # What everybody may look up anywhere is narrowed as well.
    assert client.get(f"/api/units/{elsewhere.pk}").status_code == 404
    # A unit where the holder has no role: nothing.
    make.risk(unit=elsewhere)
    _other, outside = token_of(head, within=elsewhere)
    assert codes(outside) == set()


def test_a_narrow_token_that_writes_takes_a_key_and_touches_nothing_beyond(head: Person) -> None:
    risk, action = make.risk(unit=head.unit), make.action(unit=head.unit, owner=head)
    _token, client = token_of(head, registers=["risk"], reads=False)
    sent = {"title": "Uusi nimi", "version": risk.version}
    answer = client.patch(f"/api/risks/{risk.pk}", sent, content_type=JSON, headers={"idempotency-key": "b"})
    assert answer.status_code == 200, answer.content
    answer = client.patch(f"/api/actions/{action.pk}", {"title": "x", "version": 1}, content_type=JSON)
    assert answer.status_code == 404


def over(token: Token, how: str) -> None:
    if how == "revoked":
        with acting(token.person_id) as actor:
            tokens.revoke(actor, token)
    elif how == "ended":
        Token.objects.filter(pk=token.pk).update(start=make.LONG_AGO, end=make.in_days(-1))
    elif how == "its holder has left":
        Person.objects.filter(pk=token.person_id).update(end=make.in_days(-1))
    else:
        account = make.account_of(Person.objects.get(pk=token.person_id))
        account.is_active = False
        account.save()


@pytest.mark.parametrize("how", ["revoked", "ended", "its holder has left", "the account is shut"])
def test_a_token_is_over_with_the_next_request(head: Person, how: str) -> None:
    token, client = token_of(head)
    assert codes(client) == set()
    over(token, how)
    answer = client.get("/api/risks")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("how", ["revoked", "ended", "its holder has left"])
def test_the_database_lets_a_token_that_is_over_reach_nothing(head: Person, how: str) -> None:
    make.risk(unit=head.unit, owner=head)
    token, _client = token_of(head, reads=False)
    over(token, how)
    with acting(head.pk, token=token.pk) as actor:
        assert actor.reaches == {} and not Risk.objects.exists()


def test_a_token_of_somebody_else_or_with_a_delegation_reaches_nothing(head: Person) -> None:
    make.risk(unit=head.unit)
    token, _client = token_of(head, reads=False)
    deputy = make.holder("employee")
    make.delegation(head, deputy)
    own, _client = token_of(deputy, reads=False)
    for person, given in ((deputy, {"token": token.pk}), (deputy, {"token": own.pk, "on_behalf_of": head.pk})):
        with acting(person.pk, **given) as actor:
            assert actor.reaches == {} and not Risk.objects.exists()


def test_roles_that_end_end_the_tokens_reach(head: Person) -> None:
    make.risk(unit=head.unit)
    _token, client = token_of(head)
    head.roles.update(end=make.in_days(-1))
    assert codes(client) == set()


def test_a_wrong_token_is_refused_and_whoever_sends_many_is_slowed_down(head: Person) -> None:
    _token, good = token_of(head)
    wrong = program("kivijalka_wrong")
    assert [wrong.get("/api/risks").status_code for _try in range(5)] == [401, 401, 401, 429, 429]
    assert good.get("/api/risks").status_code == 200
    assert Client(headers={"authorization": "Basic eDp5"}, REMOTE_ADDR="192.0.2.9").get("/api/risks").status_code == 401


def test_a_wrong_token_is_not_helped_by_a_session(head: Person) -> None:
    client = sign_in(Client(), head)
    assert client.get("/api/risks", headers={"authorization": "Bearer no"}).status_code == 401


def test_a_token_opens_no_page(head: Person) -> None:
    _token, client = token_of(head)
    assert client.get("/risks/").status_code == 302


def test_the_secret_is_kept_as_a_hash_and_the_last_use_is_told(head: Person) -> None:
    with acting(head.pk) as actor:
        token, secret = tokens.make(actor, name="Raportti", end=make.in_days(1), reads=True)
    key = TokenKey.objects.get(token=token)
    assert bytes(key.hash) == tokens.hash_of(secret) and make.fresh(token).used_on is None
    program(secret).get("/api/risks")
    assert make.fresh(token).used_on == make.in_days(0)
    leader = sign_in(Client(), make.holder("access_administrator", unit=make.city()))
    leader.cookies["language"] = "en"
    assert "Last used" in leader.get("/tokens/").content.decode()


def test_a_good_token_asks_only_so_often_a_minute(head: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_A_MINUTE", 2)
    token, client = token_of(head)
    _other, another = token_of(head)
    assert [client.get("/api/risks").status_code for _try in range(3)] == [200, 200, 429]
    assert another.get("/api/risks").status_code == 200
    TokenKey.objects.filter(token=token).update(minute=None)
    assert client.get("/api/risks").status_code == 200


def test_no_token_is_made_by_a_token_by_a_deputy_or_for_too_long(head: Person) -> None:
    token, _client = token_of(head, reads=False)
    deputy = make.person()
    make.delegation(head, deputy)
    given = {"name": "Toinen", "reads": True, "end": make.in_days(1)}
    with acting(head.pk, token=token.pk) as actor, refused("lent"):
        tokens.make(actor, **given)
    with acting(deputy.pk, on_behalf_of=head.pk) as actor, refused("lent"):
        tokens.make(actor, **given)
    with acting(head.pk) as actor, refused("too_long"):
        tokens.make(actor, **{**given, "end": make.in_days(400)})
    with acting(head.pk) as actor, refused("over"):
        tokens.make(actor, **{**given, "end": make.in_days(-1)})


RAW = {
    "by a token": "insert into organisation_token (version, name, person_id, unit_id, confidentiality, reads, registers,"
    ' start, "end") values (1, %(name)s, %(me)s, %(unit)s, 1, false, %(name)s, current_date, current_date)',
    "wider": "update organisation_token set registers = '' where id = %(token)s",
    "writing": "update organisation_token set reads = false where id = %(token)s",
    "longer": 'update organisation_token set "end" = "end" + 1 where id = %(token)s',
}


@pytest.mark.parametrize("how", RAW)
def test_raw_sql_as_the_site_s_role_widens_no_token(head: Person, how: str) -> None:
    token, _client = token_of(head, registers=["risk"])
    writes, _client = token_of(head, reads=False)
    given = {"me": head.pk, "unit": head.unit_id, "token": token.pk, "name": "x"}
    door = {"token": writes.pk} if how == "by a token" else {}
    told = pytest.raises(IntegrityError, match="token_")
    with acting(head.pk, **door), connection.cursor() as cursor, told, transaction.atomic():
        cursor.execute(RAW[how], given)


def test_whoever_leads_the_unit_revokes_a_token_and_others_do_not_see_it(head: Person) -> None:
    member = make.holder("employee", unit=head.unit)
    token, client = token_of(member)
    colleague = sign_in(Client(), make.holder("employee", unit=head.unit))
    assert colleague.get(f"/tokens/{token.pk}/").status_code == 404
    leader = sign_in(Client(), head)
    assert leader.post(f"/tokens/{token.pk}/do/revoke/").status_code == 302
    assert client.get("/api/risks").status_code == 401


def test_a_token_follows_its_holder_to_another_unit(head: Person) -> None:
    token, _client = token_of(head)
    to = make.unit()
    Person.objects.filter(pk=head.pk).update(unit=to)
    assert make.fresh(token).unit_id == to.number


def test_who_left_makes_none() -> None:
    gone = make.person(end=make.in_days(-1))
    with acting(gone.pk) as actor, pytest.raises(Refused):
        tokens.make(actor, name="x", end=make.in_days(1), reads=True)


def test_the_page_makes_a_token_shows_it_once_and_revokes_it(head: Person) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}), head)
    client.cookies["language"] = "en"
    sent = {"name": "Raportti", "end": make.in_days(5).isoformat(), "reads": "on", "registers": ["risk"], "within": ""}
    page = client.post("/account/tokens/", sent)
    secret = page.context["secret"]
    assert secret in page.content.decode() and "no-store" in page["Cache-Control"]
    assert codes(program(secret)) == set()
    again = client.get("/account/tokens/")
    assert secret not in again.content.decode() and "last used" in again.content.decode()
    client.post("/account/tokens/revoke/", {"id": Token.objects.get().pk})
    assert program(secret).get("/api/risks").status_code == 401


def test_what_was_typed_stays_when_it_is_refused(head: Person) -> None:
    client = sign_in(Client(), head)
    page = client.post("/account/tokens/", {"name": "Raportti", "end": "2099-01-01"})
    assert page.status_code == 422 and 'value="Raportti"' in page.content.decode()
    assert client.post("/account/tokens/", {"registers": ["nothing"]}).status_code == 422
    assert not Token.objects.exists()


def test_the_page_makes_none_for_who_stands_in_for_another(head: Person) -> None:
    deputy = make.person()
    make.delegation(head, deputy)
    client = sign_in(Client(), deputy)
    client.post("/on-behalf/", {"person": head.pk})
    sent = {"name": "Raportti", "end": make.in_days(5).isoformat(), "reads": "on"}
    assert client.post("/account/tokens/", sent).status_code == 422
    assert Client().post("/account/tokens/", sent).status_code == 302
    assert not Token.objects.exists()
