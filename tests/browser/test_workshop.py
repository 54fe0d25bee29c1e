"""A phone in a workshop: without script, and with a connection that is lost."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.pages import Look
from tests.browser.site import Site

PHONE = Look("en", "light", 320)


def choose(page: Page, likelihood: int, impact: int) -> None:
    page.locator(f"[name=likelihood][value='{likelihood}']").check()
    page.locator(f"[name=impact][value='{impact}']").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Send the answer").click()


def test_risks_are_answered_one_by_one_without_script(new_page: NewPage, site: Site):
    page = new_page(PHONE, script=False)
    page.goto(site.at("/workshops/{workshop}/answer/"))
    for _risk in range(2):
        choose(page, 3, 4)
        send(page)
    expect(page.locator("h1")).to_have_text("You have answered all risks")


def test_an_answer_survives_a_lost_connection_and_a_page_that_was_closed(new_page: NewPage, site: Site):
    page = new_page(PHONE)
    first = "/workshops/{workshop}/answer/"
    page.goto(site.at(first))
    page.locator(".kj-steps a").first.click()
    choose(page, 5, 1)
    page.context.set_offline(True)
    send(page)
    expect(page.locator("form [data-waits]")).to_contain_text("Your answer is kept on this device")
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto(site.at(first))
    expect(again.locator(".kj-steps li").first).to_contain_text("likelihood 5, impact 1")
