"""Where somebody is signed in: the list, signing out elsewhere, the notice of a new device."""

from __future__ import annotations

import pytest
from django.test import Client

from kivijalka.organisation.models import Account
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "kivijalka on talon perusta"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"
NOTICE = "on a device that it did not know"


@pytest.fixture
def aino() -> Account:
    return make.account_of(make.holder("employee"), PASSWORD)


def signed_in(
    account: Account, agent: str = FIREFOX, source: str = "192.0.2.1", client: Client | None = None
) -> Client:
    client = client or Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=source)
    client.cookies["language"] = "en"
    assert client.post("/sign-in/", {"email": account.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_page_lists_where_one_is_signed_in(aino: Account) -> None:
    here = signed_in(aino)
    signed_in(aino, EDGE, "198.51.100.2")
    page = here.get("/account/").content.decode()
    assert "Firefox, Linux, 192.0.2.1" in page and "Edge, Windows, 198.51.100.2" in page and "this one" in page


def test_one_signs_out_one_other_place_or_everywhere_else(aino: Account) -> None:
    here, there, other = signed_in(aino), signed_in(aino, EDGE), signed_in(aino, EDGE)
    place = next(place for place in here.get("/account/").context["places"] if not place.here)
    here.post("/account/sessions/", {"id": place.pk})
    assert [is_in(here), is_in(there), is_in(other)].count(True) == 2 and is_in(here)
    here.post("/account/sessions/")
    assert [is_in(client) for client in (here, there, other)] == [True, False, False]


def test_nobody_signs_out_somebody_else(aino: Account) -> None:
    here, stranger = signed_in(aino), signed_in(make.account_of(make.holder("employee"), PASSWORD))
    [place] = here.get("/account/").context["places"]
    stranger.post("/account/sessions/", {"id": place.pk})
    stranger.post("/account/sessions/", {"id": "9" * 40})
    assert is_in(here)


def test_a_new_device_is_told_of_where_one_is_signed_in(aino: Account) -> None:
    here = signed_in(aino)
    assert NOTICE not in here.get("/account/").content.decode()
    new = signed_in(aino, EDGE)
    page = here.get("/account/").content.decode()
    assert NOTICE in page and "Edge, Windows" in page
    assert NOTICE not in new.get("/account/").content.decode()
    here.post("/account/new-device/")
    assert NOTICE not in here.get("/account/").content.decode()


def test_a_known_device_is_told_of_no_more(aino: Account) -> None:
    here, other = signed_in(aino), signed_in(aino, EDGE)
    here.post("/account/new-device/")
    other.post("/sign-out/")
    signed_in(aino, client=other)
    assert NOTICE not in here.get("/account/").content.decode()
