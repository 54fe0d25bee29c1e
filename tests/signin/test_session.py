"""A session: begun anew at signing in, leading nowhere else, ended when the person is here no longer."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from kivijalka.organisation.models import Account, Delegation, Person
from tests import factories as make
from tests import who

pytestmark = pytest.mark.django_db
PASSWORD = "kivijalka on talon perusta"


@pytest.fixture
def aino() -> Account:
    return make.account_of(make.holder("employee"), PASSWORD)


def test_a_session_that_somebody_planted_is_not_signed_in(aino: Account) -> None:
    planted, victim = Client(), Client()
    planted.post("/language/", {"language": "sv"})
    victim.cookies["sessionid"] = planted.cookies["sessionid"].value
    assert victim.post("/sign-in/", {"email": aino.email, "password": PASSWORD}).status_code == 302
    assert victim.cookies["sessionid"].value != planted.cookies["sessionid"].value
    assert planted.get("/").status_code == 302, "who planted it is still nobody"


def test_somebody_else_signs_in_in_the_same_browser(aino: Account) -> None:
    client = who.sign_in(Client(), make.holder("employee"))
    assert client.get("/sign-in/").status_code == 200
    assert client.post("/sign-in/", {"email": aino.email, "password": PASSWORD}).status_code == 302
    assert client.get("/").context["actor"].person == aino.person_id


def test_signing_out_ends_the_session_at_the_server(aino: Account) -> None:
    client = Client()
    client.post("/sign-in/", {"email": aino.email, "password": PASSWORD})
    kept = client.cookies["sessionid"].value
    client.post("/sign-out/")
    assert not Session.objects.filter(pk=kept).exists()


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example",
        "javascript:alert(1)", "http:evil.example", "/%0d%0aSet-Cookie:x=1/../..//evil.example", " //evil.example",
        "\t//evil.example", "https:///evil.example", "evil.example", "/\t/evil.example",
    ],
)  # fmt: skip
def test_after_signing_in_one_stays_on_the_site(aino: Account, wanted: str) -> None:
    answer = Client().post("/sign-in/", {"email": aino.email, "password": PASSWORD, "next": wanted})
    assert answer.status_code == 302
    there = answer.headers["Location"]
    assert there.startswith("/") and not there.startswith(("//", "/\\", "/\t")), there


def test_after_signing_in_one_is_where_one_wanted_to_go(aino: Account) -> None:
    sent = {"email": aino.email, "password": PASSWORD, "next": "/risks/?level=3_high"}
    assert Client().post("/sign-in/", sent).headers["Location"] == "/risks/?level=3_high"


@pytest.mark.parametrize(
    "address", ["/", "/risks/", "/risks/export.csv", "/api/risks", "/api/risks/nothing", "/nothing/"]
)
def test_what_somebody_signed_in_is_shown_stays_in_no_cache(aino: Account, address: str) -> None:
    client = who.sign_in(Client(), Person.objects.get(pk=aino.person_id))
    assert client.get(address)["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in Client().get("/sign-in/")


def test_who_has_left_is_signed_out_at_once_on_pages_and_api(aino: Account) -> None:
    client = who.sign_in(Client(), make.fresh(aino.person))
    assert client.get("/").status_code == 200
    Person.objects.filter(pk=aino.person_id).update(end=make.in_days(-1))
    assert client.get("/").headers["Location"].startswith("/sign-in/")
    assert "_auth_user_id" not in client.session
    program = who.sign_in(Client(), make.fresh(aino.person))
    assert program.get("/api/risks").status_code == 401


def test_who_has_left_does_not_sign_in(aino: Account) -> None:
    Person.objects.filter(pk=aino.person_id).update(end=make.in_days(-1))
    assert Client().post("/sign-in/", {"email": aino.email, "password": PASSWORD}).status_code == 422


def test_when_a_delegation_is_over_one_acts_as_oneself_again() -> None:
    head, deputy = make.holder(unit=make.sector()), make.holder("employee")
    given = make.delegation(head, deputy)
    client = who.sign_in(Client(), deputy)
    client.cookies["language"] = "en"
    client.post("/on-behalf/", {"person": head.pk})
    assert f"on behalf of {head}" in client.get("/").content.decode()
    Delegation.objects.filter(pk=given.pk).update(end=make.in_days(-1))
    page = client.get("/").content.decode()
    assert "The delegation is over" in page and f"on behalf of {head}" not in page
