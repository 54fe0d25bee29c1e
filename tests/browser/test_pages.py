"""Every page, in some language, colour scheme and width: nothing for axe to find, nothing wider than the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import AXE_BEGINS, NewPage, axe
from tests.browser.pages import Look, Place, cases, name_of, places
from tests.browser.site import Site
from tests.full import FULL

# What every page has: its language, one heading of its own, and no style or script written into it.
SHAPE = """() => ({
    language: document.documentElement.lang,
    headings: document.querySelectorAll('h1').length,
    unsafe: [...document.querySelectorAll('[style], style, script:not([src])')].map((element) => element.outerHTML),
})"""


def findings(page: Page) -> list[str]:
    """What axe finds: rule, element, reason."""
    page.evaluate(f"console.debug({AXE_BEGINS!r})")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        f"{violation['id']}: {node['html'][:160]} – {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def wider_than_screen(page: Page) -> list[str]:
    """Elements that reach past the screen's edge, the matrix's own box apart."""
    found: list[str] = page.evaluate(
        """() => [...document.body.querySelectorAll('*')]
            .filter((element) => !element.closest('.kj-matrix, .kj-hidden, .kj-skip, dialog:not([open]), thead'))
            .filter((element) => element.checkVisibility())
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => element.outerHTML.slice(0, 160))"""
    )
    scrolls = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, *(["The page scrolls sideways"] if scrolls else [])]


def between(place: Place) -> tuple[int, ...]:
    """Widths between a phone's and a wide screen's: all of them, or pages take turns in which."""
    widths = (700, 900, 1100)
    return widths if FULL else (widths[places().index(place) % len(widths)],)


@pytest.mark.parametrize(("place", "look"), cases(), ids=name_of)
def test_page_is_open_to_everyone(place: Place, look: Look, look_at: NewPage, new_page: NewPage, site: Site):
    page = look_at(look) if place.signed_in else new_page(look, signed=False)
    response = page.goto(site.at(place.path))
    assert response is not None
    assert response.status in place.answers
    assert page.evaluate(SHAPE) == {"language": look.language, "headings": 1, "unsafe": []}
    # A phone; and between it and a wide screen, where a table is as narrow as it becomes before its rows are cards.
    for width in (320, *between(place)):
        page.set_viewport_size({"width": width, "height": 700})
        assert wider_than_screen(page) == [], width
    page.set_viewport_size({"width": look.width, "height": 800})
    assert findings(page) == []


def test_form_with_mistakes_is_open_to_everyone(new_page: NewPage, site: Site):
    page = new_page(Look("fi", "dark", 320))
    page.goto(site.at("/risks/new/"))
    page.locator("main form .hds-button--primary[type=submit]").click()
    assert page.locator("[data-focus]").evaluate("element => element === document.activeElement")
    assert page.locator("[aria-invalid=true]").count() > 0
    assert wider_than_screen(page) == []
    assert findings(page) == []


@pytest.mark.parametrize("look", [Look("sv", "light", 320), Look("fi", "dark", 1440)], ids=name_of)
def test_conflict_of_two_people_is_open_to_everyone(look: Look, new_page: NewPage, site: Site):
    late, quick = new_page(look), new_page(look)
    for page, title in ((late, "Tietomurto, myöhempi"), (quick, f"Tietomurto {look.language}")):
        page.goto(site.at("/risks/{risk}/edit/"))
        page.locator("#id_title").fill(title)
    for page in (quick, late):
        page.locator("main form .hds-button--primary[type=submit]").click()
    assert late.locator(".kj-clash").count() == 1
    assert wider_than_screen(late) == []
    assert findings(late) == []


@pytest.mark.parametrize("width", [320, 1440])
def test_open_filter_is_open_to_everyone(width: int, new_page: NewPage, site: Site):
    page = new_page(Look("sv", "dark", width))
    page.goto(site.at("/risks/"))
    if width < 768:
        # A phone shows one button for all of them.
        page.locator(".kj-fold > summary").click()
    for box in page.locator(".kj-filter").all():
        box.locator("summary").click()
        assert wider_than_screen(page) == []
    assert findings(page) == []
