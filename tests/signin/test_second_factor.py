"""A second step at signing in: an authenticator app, recovery codes; secrets encrypted, codes taken once, guessing slow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Account, Person
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "kivijalka on talon perusta"


@pytest.fixture
def aino() -> Account:
    return make.account_of(make.holder("employee"), PASSWORD)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The time of the codes, set by hand."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(totp.time, "time", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def browser(account: Account | None = None) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    if account is not None:
        assert client.post("/sign-in/", {"email": account.email, "password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


def with_app(account: Account) -> tuple[str, list[str]]:
    """An authenticator app taken into use, as a person does it: its secret, and the recovery codes shown."""
    client = browser(account)
    asked = client.get("/account/app/")
    assert asked.headers["Location"].startswith("/account/password-again/")
    answer = client.post(asked.headers["Location"], {"password": PASSWORD, "next": "/account/app/"})
    assert answer.headers["Location"] == "/account/app/"
    page = client.get("/account/app/").content.decode()
    secret = re.findall(r'kj-secret">(\w+)<', page)[0]
    assert "<svg" in page and 'style="' not in page
    answer = client.post("/account/app/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/account/recovery-codes/"
    codes = re.findall(r"<code>(\w+)</code>", client.get("/account/recovery-codes/").content.decode())
    assert len(codes) == 10
    assert re.findall(r"<code>", client.get("/account/recovery-codes/").content.decode()) == [], "shown once"
    return secret, codes


def second_step(account: Account, code: str) -> tuple[Client, Any]:
    client = browser()
    answer = client.post("/sign-in/", {"email": account.email, "password": PASSWORD, "next": "/risks/"})
    assert answer.headers["Location"] == "/sign-in/code/"
    assert client.get("/").status_code == 302, "not signed in yet"
    return client, client.post("/sign-in/code/", {"code": code})


def test_the_app_s_code_signs_in_and_leads_where_one_wanted_to_go(aino: Account, clock: Any) -> None:
    secret, _codes = with_app(aino)
    clock(60)
    client, answer = second_step(aino, code_of(secret))
    assert answer.headers["Location"] == "/risks/"
    assert client.get("/account/").status_code == 200


def test_a_code_is_taken_once_and_a_wrong_one_not_at_all(aino: Account, clock: Any) -> None:
    secret, _codes = with_app(aino)
    clock(60)
    code = code_of(secret)
    second_step(aino, code)
    _client, answer = second_step(aino, code)
    assert answer.status_code == 200 and "This code" in answer.content.decode()
    _client, answer = second_step(aino, "000000")
    assert "This code is not right" in answer.content.decode()


def test_a_recovery_code_signs_in_once(aino: Account, clock: Any) -> None:
    _secret, codes = with_app(aino)
    assert second_step(aino, codes[0])[1].status_code == 302
    assert second_step(aino, codes[0])[1].status_code == 200
    assert second_step(aino, codes[1])[1].status_code == 302


def test_guessing_codes_is_slowed_down(aino: Account, clock: Any) -> None:
    with_app(aino)
    client, _answer = second_step(aino, "000001")
    pages = [client.post("/sign-in/code/", {"code": f"00000{n}"}).content.decode() for n in range(4)]
    assert "Too many failed tries" in pages[-1]


def test_nobody_reaches_the_second_step_without_the_first() -> None:
    assert browser().post("/sign-in/code/", {"code": "123456"}).headers["Location"] == "/sign-in/"


def test_secrets_lie_encrypted(aino: Account, clock: Any) -> None:
    secret, codes = with_app(aino)
    kept = str([row.data for row in Authenticator.objects.all()])
    assert secret not in kept and not any(code in kept for code in codes)


def test_giving_up_the_app_asks_the_password_again_and_ends_the_recovery_codes(aino: Account, clock: Any) -> None:
    _secret, codes = with_app(aino)
    client, _answer = second_step(aino, codes[0])
    asked = client.get("/account/app/end/").headers["Location"]
    assert asked.startswith("/account/password-again/")
    assert "This is not your password" in client.post(asked, {"password": "wrong"}).content.decode()
    assert Authenticator.objects.count() == 2
    client.post(asked, {"password": PASSWORD})
    assert client.post("/account/app/end/").headers["Location"] == "/account/"
    assert not Authenticator.objects.exists()


def test_who_has_left_signs_in_by_no_second_step(aino: Account, clock: Any) -> None:
    secret, _codes = with_app(aino)
    clock(60)
    client = browser()
    client.post("/sign-in/", {"email": aino.email, "password": PASSWORD})
    Person.objects.filter(pk=aino.person_id).update(end=make.in_days(-1))
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("table", ["mfa_authenticator", "usersessions_usersession"])
def test_once_somebody_acts_the_rows_of_others_are_not_there(aino: Account, clock: Any, table: str) -> None:
    with_app(aino)
    for person, there in ((aino.person_id, True), (make.person().pk, False)):
        with acting(person), connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {table}")
            assert bool(cursor.fetchone()[0]) == there
            cursor.execute(f"delete from {table}")
            assert bool(cursor.rowcount) == there
            if not there:
                with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                    cursor.execute(
                        "insert into mfa_authenticator (type, data, user_id, created_at) values ('totp', '{}', %s, now())",
                        [aino.pk],
                    )


def test_nor_are_their_accounts_with_the_hashes_of_passwords(aino: Account) -> None:
    with acting(make.person().pk), connection.cursor() as cursor:
        cursor.execute("update organisation_account set is_active = false")
        assert cursor.rowcount == 0
    with acting(aino.person_id):
        assert Account.objects.get() == aino
