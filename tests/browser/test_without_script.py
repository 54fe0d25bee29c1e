"""What works in a browser without JavaScript: everything but the keys."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.pages import Look
from tests.browser.site import Site

PLAIN = Look("en", "light", 1440)


def test_list_filters_sorts_and_opens(new_page: NewPage, site: Site):
    page = new_page(PLAIN, script=False)
    page.goto(site.at("/risks/"))
    page.locator(".kj-filters input[type=search]").fill("tulipalo")
    page.locator(".kj-filters__row > button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator(".kj-views a").first.click()
    page.locator("thead a").first.click()
    expect(page.locator("thead th").first).to_have_attribute("aria-sort", "ascending")
    page.locator("tbody a").first.click()
    expect(page.locator("dl.kj-facts").first).to_be_visible()


def test_record_is_picked_by_its_code(new_page: NewPage, site: Site):
    page = new_page(PLAIN, script=False)
    page.goto(site.at("/risks/{risk}/edit/"))
    page.locator("#id_title").fill("Sähkökatko, kirjoitettu ilman skriptiä")
    page.locator("main form .hds-button--primary[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Sähkökatko, kirjoitettu ilman skriptiä")


def test_a_file_is_attached_and_saved_under_its_name(new_page: NewPage, site: Site):
    page = new_page(PLAIN, script=False)
    page.goto(site.at("/risks/{risk}/files/"))
    plan = {"name": "Pelastussuunnitelma “A”.pdf", "mimeType": "text/html", "buffer": b"%PDF-1.7"}
    page.locator("#id_file").set_input_files(plan)
    page.locator("main form .hds-button[type=submit]").click()
    with page.expect_download() as saved:
        page.locator("a[download]").click()
    assert saved.value.suggested_filename == "Pelastussuunnitelma “A”.pdf"
    assert Path(saved.value.path()).read_bytes() == b"%PDF-1.7"


def test_button_that_needs_script_is_not_offered(new_page: NewPage, site: Site):
    page = new_page(PLAIN, script=False)
    page.goto(site.at("/"))
    expect(page.locator("[data-keys]")).to_be_hidden()
