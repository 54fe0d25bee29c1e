"""What is typed is kept as one types, and the page says so, or says why not."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import NewPage, awake
from tests.browser.pages import Look
from tests.browser.site import Site

ENGLISH = Look("en", "light", 1440)


def test_the_page_says_when_it_kept_what_was_typed(new_page: NewPage, site: Site):
    page = new_page(ENGLISH)
    page.goto(site.at("/risks/new/"))
    page.locator("#id_title").fill("Water main bursts")
    expect(page.locator("[data-lost]")).to_contain_text("Kept ")


def test_a_page_that_was_opened_too_long_ago_says_that_nothing_is_kept(new_page: NewPage, site: Site):
    page = new_page(ENGLISH)
    page.goto(site.at("/risks/new/"))
    page.locator("form[data-drafts] [name=once]").evaluate("field => { field.value = 'of another day' }")
    page.locator("#id_title").fill("Water main bursts")
    expect(page.locator("[data-lost]")).to_contain_text("opened more than a day ago")


def test_a_page_without_connection_says_so_and_keeps_the_text_later(new_page: NewPage, site: Site):
    page = new_page(ENGLISH)
    page.goto(site.at("/risks/new/"))
    page.context.set_offline(True)
    page.locator("#id_title").fill("Water main bursts")
    expect(page.locator("[data-lost]")).to_contain_text("no connection")
    page.locator("main form .hds-button--primary").click()
    expect(page.locator(".kj-offline")).to_contain_text("Not sent")
    page.context.set_offline(False)
    expect(page.locator("[data-lost]")).to_contain_text("Kept ")
    expect(page.locator(".kj-offline")).to_be_empty()


def test_a_part_that_could_not_be_fetched_says_so_and_is_fetched_again(new_page: NewPage, site: Site):
    page = new_page(ENGLISH)
    page.goto(site.at("/risks/"))
    awake(page)
    page.route("**/risks/?show=*", lambda route: route.fulfill(status=503))
    page.locator("tbody th a").first.click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    page.unroute_all()
    again.click()
    expect(page.locator("#side-title")).to_be_focused()
