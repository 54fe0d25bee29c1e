"""What a page weighs over the wire, fonts apart."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response

from tests.browser.conftest import NewPage
from tests.browser.pages import Look
from tests.browser.site import Site

FIRST_VISIT, LATER = 120_000, 30_000


def weight(page: Page, address: str) -> int:
    """Bytes that came over the wire for the page and all it asked for, headers included."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address, wait_until="networkidle")
    fetched = [response for response in responses if not response.url.endswith(".woff2")]
    return sum(sum(_sizes(response)) for response in fetched)


def _sizes(response: Response) -> tuple[int, int]:
    sizes = response.request.sizes()
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


def test_page_comes_compressed(new_page: NewPage, site: Site):
    response = new_page(Look("fi", "light", 320)).goto(site.at("/risks/"))
    assert response is not None
    assert response.headers.get("content-encoding") in ("gzip", "br")


@pytest.mark.parametrize("first", ["/", "/situation/", "/risks/", "/risks/new/", "/risks/{risk}/"])
def test_first_visit(first: str, new_page: NewPage, site: Site):
    page = new_page(Look("fi", "light", 320))
    assert weight(page, site.at(first)) < FIRST_VISIT


def test_those_after_it(new_page: NewPage, site: Site):
    page = new_page(Look("fi", "light", 320))
    page.goto(site.at("/"))
    for later in ("/situation/", "/risks/", "/risks/{risk}/", "/units/", "/actions/new/"):
        assert weight(page, site.at(later)) < LATER
