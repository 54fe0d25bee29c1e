"""Guessing is slowed down, for one account from one source; nobody else is kept out by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from kivijalka.organisation.models import Account, Person
from kivijalka.signin import throttle
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "kivijalka on talon perusta"
HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"


@pytest.fixture
def aino() -> Account:
    return make.account_of(make.holder("employee"), PASSWORD)


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time of the sign-in page, set by hand."""
    now = timezone.now()
    with patch("kivijalka.web.signin.timezone.now") as told:
        told.side_effect = lambda: now

        def passes(seconds: float) -> None:
            nonlocal now
            now += timedelta(seconds=seconds)

        yield passes


def sign_in(email: str, password: str = PASSWORD, *, client: Client | None = None, source: str = HERE) -> Any:
    client = client or Client()
    client.cookies["language"] = "en"
    return client.post("/sign-in/", {"email": email, "password": password}, REMOTE_ADDR=source)


def guesses(email: str, times: int, *, source: str = HERE, clock: Any) -> list[int]:
    """Statuses of wrong passwords, one a second."""
    found = []
    for _ in range(times):
        found.append(sign_in(email, "wrong wrong wrong", source=source).status_code)
        clock(0.9)
    return found


def test_the_delay_rises_from_nothing_to_a_quarter_of_an_hour() -> None:
    waits = [throttle.delay_after(failures).total_seconds() for failures in (0, 2, 3, 4, 5, 12, 13, 10_000)]
    assert waits == [0, 0, 1, 2, 4, 512, 900, 900]


def test_who_guesses_waits_even_with_the_right_password(aino: Account, clock: Any) -> None:
    assert guesses(aino.email, 3, clock=clock) == [422, 422, 422]
    answer = sign_in(aino.email)
    assert answer.status_code == 429 and "Wait 1 second" in answer.content.decode()
    clock(1)
    assert sign_in(aino.email).status_code == 302


def test_what_is_refused_unseen_makes_nobody_wait_longer(aino: Account, clock: Any) -> None:
    guesses(aino.email, 3, clock=lambda seconds: None)
    assert {sign_in(aino.email, "wrong again").status_code for _ in range(20)} == {429}
    clock(1.1)
    assert sign_in(aino.email).status_code == 302


def test_the_person_elsewhere_is_not_kept_out(aino: Account, clock: Any) -> None:
    guesses(aino.email, 30, clock=clock)
    assert sign_in(aino.email).status_code == 429
    assert sign_in(aino.email, source=ELSEWHERE).status_code == 302


def test_the_person_at_their_own_device_is_not_kept_out_by_a_neighbour(aino: Account, clock: Any) -> None:
    own = Client()
    sign_in(aino.email, client=own)
    own.post("/sign-out/")
    guesses(aino.email, 30, clock=clock)
    assert sign_in(aino.email).status_code == 429
    assert sign_in(aino.email, client=own).status_code == 302


def test_a_device_of_another_account_helps_nobody(aino: Account, clock: Any) -> None:
    other = make.account_of(make.holder("employee"), PASSWORD)
    own = Client()
    sign_in(other.email, client=own)
    guesses(aino.email, 30, clock=clock)
    assert sign_in(aino.email, client=own).status_code == 429


def test_others_at_the_same_source_are_not_kept_out(aino: Account, clock: Any) -> None:
    guesses(aino.email, 30, clock=clock)
    assert sign_in(make.account_of(make.holder("employee"), PASSWORD).email).status_code == 302


def test_an_unknown_address_is_slowed_down_the_same(aino: Account, clock: Any) -> None:
    known, unknown = (guesses(email, 8, clock=clock) for email in (aino.email, "nobody@esimerkki.example"))
    assert known == unknown


def test_any_spelling_of_the_address_is_the_same_account(aino: Account, clock: Any) -> None:
    for email in (aino.email, aino.email.upper(), f" {aino.email}"):
        sign_in(email, "wrong wrong")
    assert sign_in(aino.email).status_code == 429


def test_a_day_later_all_is_forgotten(aino: Account, clock: Any) -> None:
    guesses(aino.email, 20, clock=clock)
    clock(2 * 86400)
    assert guesses(aino.email, 3, clock=clock) == [422, 422, 422]


@pytest.mark.parametrize("name", ["known", "unknown", "without password", "switched off", "gone"])
def test_one_hash_is_computed_whoever_is_named(aino: Account, name: str) -> None:
    if name == "without password":
        aino.set_unusable_password()
    aino.is_active = name != "switched off"
    aino.save()
    if name == "gone":
        Person.objects.filter(pk=aino.person_id).update(end=make.in_days(-2))
    computed = []
    with (
        patch.object(Argon2PasswordHasher, "encode", lambda *_: computed.append("encode") or "argon2$x"),
        patch.object(Argon2PasswordHasher, "verify", lambda *_: computed.append("verify") or name == "gone"),
        patch.object(Argon2PasswordHasher, "must_update", lambda *_: False),
    ):
        answer = sign_in("nobody@esimerkki.example" if name == "unknown" else aino.email)
    assert (answer.status_code, len(computed)) == (422, 1)


def test_a_source_is_an_address_a_network_of_ipv6_or_what_the_proxy_tells() -> None:
    def told(**meta: str) -> str:
        return throttle.network_of(RequestFactory().get("/", **meta))

    assert told(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9") == "192.0.2.1"
    assert told(REMOTE_ADDR="2001:db8::1") == told(REMOTE_ADDR="2001:db8::ffff") == "2001:db8::/64"
    with override_settings(BEHIND_PROXY=True):
        assert told(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.1") == "192.0.2.1"


def test_the_table_does_not_tell_whose_tries_they_are(aino: Account) -> None:
    now = datetime.now(tz=timezone.get_current_timezone())
    with throttle.tried(RequestFactory().get("/"), aino.email, now) as tries:
        tries.failed()
    assert len(tries.row.key) == 64 and aino.email not in tries.row.key
