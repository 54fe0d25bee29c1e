"""The main paths, by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, awake
from tests.browser.pages import Look
from tests.browser.site import EMAIL, PASSWORD, Site
from tests.factories import in_days

WIDE = Look("en", "light", 1440)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def skip_to_content(page: Page) -> None:
    """Past the navigation, as whoever works by keyboard does."""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_signs_in(new_page: NewPage, site: Site):
    page = new_page(WIDE, signed=False)
    page.goto(site.at("/sign-in/"))
    tab_to(page, "#id_email")
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(site.at("/"))
    expect(page.locator(".kj-person")).to_contain_text("Aino Esimerkki")


def test_first_tab_skips_to_the_content(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/"))
    skip_to_content(page)


def test_opens_a_risk_beside_its_list_and_goes_back(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/risks/"))
    awake(page)
    second = page.locator("tbody tr").nth(1).locator("a").first
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#side-title")).to_be_focused()
    expect(page).to_have_url(re.compile(r"show=[0-9a-f-]{36}$"))
    expect(second).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#side-title")).to_have_count(0)
    expect(second).to_be_focused()
    assert page.url == site.at("/risks/")


def test_accepts_a_risk(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/risks/{fire}/"))
    # What is not the next step is opened by a word.
    tab_to(page, ".kj-others > summary")
    page.keyboard.press("Enter")
    tab_to(page, "a[href$='/do/accept/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/do/accept/")
    tab_to(page, "#id_reason")
    page.keyboard.type("The spare generator comes in the spring.")
    tab_to(page, "#id_until")
    page.keyboard.type(in_days(30).strftime("%d.%m.%Y"))
    tab_to(page, "main form .hds-button--primary[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(site.at("/risks/{fire}/"))
    expect(page.locator(".hds-notification--success")).to_be_visible()


def test_slash_searches(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/risks/"))
    page.keyboard.press("/")
    page.keyboard.type("tulipalo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=tulipalo*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/risks/[0-9a-f-]{36}/$"))


def test_control_k_goes_to_any_record_or_form_from_where_slash_is_typed(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/search/"))
    page.locator("#words").press("/")
    expect(page.locator("#words")).to_have_value("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("add risk")
    expect(page.locator("#jump-found a").first).to_have_text("Add: Risk")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(site.at("/risks/new/"))
    awake(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("tulipalo")
    expect(page.locator("#jump-found a").first).to_contain_text("Tulipalo")


def test_question_mark_opens_the_keys_which_can_be_switched_off(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/risks/"))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    tab_to(page, "#keys-on")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.reload()
    for key in ("?", "/", "j"):
        page.keyboard.press(key)
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("body")).to_be_focused()
    tab_to(page, ".kj-who summary")
    page.keyboard.press("Enter")
    tab_to(page, "[data-keys]")
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys-on")).not_to_be_checked()


def test_first_steps_lead_a_newcomer_to_an_assessed_risk_with_an_action(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/first-steps/?kind=school"))
    skip_to_content(page)
    tab_to(page, "#take-weekend-vandalism")
    page.keyboard.press("Space")
    tab_to(page, ".kj-offered .hds-button--primary")
    page.keyboard.press("Enter")
    expect(page.locator(".kj-led > li")).to_have_count(1)
    _next(page, "assess")
    tab_to(page, "input[name=likelihood]")
    page.keyboard.press("Space")
    tab_to(page, "input[name=finance]")
    page.keyboard.press("ArrowRight")
    _send(page)
    _next(page, "name_control")
    _send(page)
    _next(page, "decide")
    tab_to(page, "#id_treatment")
    page.keyboard.type("r")
    _send(page)
    _next(page, "treat")
    for field, text in {"#id_due": "31.12.2099", "#id_cost_eur": "500"}.items():
        tab_to(page, field)
        page.keyboard.type(text)
    _send(page)
    expect(page.locator(".kj-led > li")).to_have_count(0)
    expect(page.locator("#content")).to_contain_text("the first steps are taken")


def _next(page: Page, verb: str) -> None:
    """Go on with the one step that is next."""
    tab_to(page, f".kj-led a[href*='/do/{verb}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/do/{verb}/**")


def _send(page: Page) -> None:
    """Send the form, and be led back."""
    tab_to(page, "main form .hds-button--primary[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/first-steps/**")


def test_a_meeting_is_gone_through_and_a_decision_recorded(new_page: NewPage, site: Site):
    page = new_page(WIDE)
    page.goto(site.at("/meetings/{meeting}/hold/"))
    awake(page)
    heading = page.locator("h1")
    expect(heading).to_contain_text("1. ")
    page.keyboard.press("j")
    expect(heading).to_have_text("2. Ensi vuoden talousarvio")
    awake(page)
    page.keyboard.press("k")
    expect(heading).to_contain_text("1. ")
    awake(page)
    page.keyboard.press("j")
    expect(heading).to_contain_text("2. ")
    tab_to(page, "#id_text")
    page.keyboard.type("We look at it in May, just as it is.")
    tab_to(page, "main form button.hds-button--primary")
    page.keyboard.press("Enter")
    expect(page.locator(".kj-versions")).to_contain_text("just as it is")
    expect(heading).to_contain_text("2. ")
