"""A passkey, with a device that the browser plays: added, used alone, used as the second step, given up."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.pages import Look
from tests.browser.site import PASSWORD, Site

LOOK = Look("en", "light", 1440)


@pytest.fixture
def address(site: Site) -> str:
    """The site by a name: a passkey belongs to one, never to a number."""
    return site.address.replace("127.0.0.1", "localhost")


def with_device(page: Page) -> Any:
    """A device that keeps keys and always says that it is the person."""
    page.context.add_cookies([{"name": "language", "value": "en", "domain": "localhost", "path": "/"}])
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.locator("#id_email").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")


def sign_out(page: Page) -> None:
    page.locator("header .kj-who summary").click()
    page.locator("header button", has_text="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_a_passkey_is_added_signs_in_alone_and_is_given_up(new_page: NewPage, site: Site, address: str) -> None:
    page = new_page(LOOK, signed=False)
    _session, _device = with_device(page)
    sign_in(page, address, site.records["newcomer"])
    page.goto(f"{address}/account/passkeys/new/")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator("#id_name").fill("Puhelin")
    page.locator("[data-passkey=create]").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    page.goto(f"{address}/account/")
    expect(page.locator("main")).to_contain_text("Passkey: Puhelin")
    expect(page.locator("main")).to_contain_text("signs in alone")

    sign_out(page)
    page.locator("[data-passkey=get]").click()
    expect(page.locator("h1")).to_have_text("My work")

    sign_out(page)
    sign_in(page, address, site.records["newcomer"])
    expect(page.locator("h1")).to_have_text("Second step")
    page.locator("[data-passkey=get]").click()
    expect(page.locator("h1")).to_have_text("My work")

    page.goto(f"{address}/account/")
    page.locator("main a", has_text="Give up").click()
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("You sign in with one step alone")


def test_a_device_that_does_not_know_the_person_is_refused(new_page: NewPage, site: Site, address: str) -> None:
    page = new_page(LOOK, signed=False)
    session, device = with_device(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{address}/sign-in/")
    page.locator("[data-passkey=get]").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    expect(page.locator("h1")).to_have_text("Sign in")
