"""Signing in by the city's identity provider, with one that really runs: OpenID Connect with PKCE and state."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings
from django.test import Client
from oidc_provider_mock import User

from kivijalka.organisation.models import Account, Person
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def aino() -> Account:
    return make.account_of(make.holder("employee"))


@pytest.fixture
def provider(aino: Account, settings: object) -> Iterator[str]:
    users = [
        User(sub="aino", claims={"email": aino.email.upper(), "email_verified": True}),
        User(sub="unsure", claims={"email": aino.email, "email_verified": False}),
        User(sub="stranger", claims={"email": "stranger@esimerkki.example", "email_verified": True}),
        User(sub="nameless", claims={}),
        User(sub="told", claims={"email": "Told.Of@esimerkki.example", "email_verified": True}),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def known(provider: str, settings: object) -> None:
    found = deepcopy(settings.SOCIALACCOUNT_PROVIDERS)  # type: ignore[attr-defined]  # pytest-django's
    found["openid_connect"]["APPS"] = [
        {"provider_id": "city", "name": "City", "client_id": "kj", "secret": "s", "settings": {"server_url": provider}}
    ]
    settings.SOCIALACCOUNT_PROVIDERS = found  # type: ignore[attr-defined]  # as above
    settings.OIDC = {"URL": provider, "NAME": "City", "CLIENT_ID": "kj", "SECRET": "s"}  # type: ignore[attr-defined]


def come_back(client: Client, subject: str | None, wanted: str = "/risks/") -> tuple[str, str]:
    """The way to the provider and back: where the provider leads to, and where the site then does."""
    there = client.get("/sign-in/with/city/", {"next": wanted})
    assert there.status_code == 302
    asked = parse_qs(urlsplit(there.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["state"]
    given = {"sub": subject} if subject else {"action": "deny"}
    back = requests.post(there.headers["Location"], data=given, allow_redirects=False, timeout=10)
    parts = urlsplit(back.headers["Location"])
    return f"{parts.path}?{parts.query}", client.get(f"{parts.path}?{parts.query}").headers["Location"]


def browser() -> Client:
    client = Client()
    client.cookies["language"] = "en"
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_who_has_an_account_signs_in_and_is_where_they_wanted_to_go(aino: Account) -> None:
    client = browser()
    assert come_back(client, "aino")[1] == "/risks/"
    assert is_in(client)
    assert SocialAccount.objects.get().user == aino
    assert not SocialToken.objects.exists(), "what the provider lets us do is not kept"


def test_who_works_here_has_an_account_from_the_first_time_they_come_and_it_has_no_password() -> None:
    person = make.person(email="told.of@esimerkki.example")
    client = browser()
    assert come_back(client, "told")[1] == "/risks/"
    assert is_in(client)
    account = Account.objects.get(person=person)
    assert account.email == person.email and not account.has_usable_password()


def test_who_works_here_no_more_gets_none() -> None:
    make.person(email="told.of@esimerkki.example", end=make.in_days(-1))
    client, before = browser(), Account.objects.count()
    assert come_back(client, "told")[1] == "/sign-in/" and Account.objects.count() == before


def test_the_second_time_the_provider_s_own_name_for_them_counts(aino: Account) -> None:
    come_back(browser(), "aino")
    Account.objects.filter(pk=aino.pk).update(email="uusi.nimi@esimerkki.example")
    client = browser()
    come_back(client, "aino")
    assert is_in(client)


@pytest.mark.parametrize("subject", ["stranger", "nameless", "unsure", None])
def test_nobody_else_signs_in_and_no_account_is_made(subject: str | None) -> None:
    client, before = browser(), Account.objects.count()
    assert come_back(client, subject)[1] == "/sign-in/"
    assert not is_in(client) and Account.objects.count() == before
    assert "hds-notification" in client.get("/sign-in/").content.decode()


def test_an_answer_that_was_asked_for_elsewhere_is_refused() -> None:
    back, _led = come_back(browser(), "aino")
    client = browser()
    client.get(back)
    assert not is_in(client)


def test_who_has_left_does_not_sign_in(aino: Account) -> None:
    Person.objects.filter(pk=aino.person_id).update(end=make.in_days(-1))
    client = browser()
    come_back(client, "aino")
    assert not is_in(client)


def test_one_stays_on_the_site_after_signing_in() -> None:
    assert come_back(browser(), "aino", "https://evil.example/")[1] == "/"


def test_the_page_offers_it_by_its_name() -> None:
    assert "Sign in with City" in browser().get("/sign-in/").content.decode()


def test_without_a_provider_there_is_no_such_way() -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = []
    assert browser().get("/sign-in/with/city/").status_code == 404
