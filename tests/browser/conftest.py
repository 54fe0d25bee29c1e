"""A server, a browser and a signed-in person for the tests of pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests import database
from tests.browser import site as sites
from tests.browser.pages import Look
from tests.browser.site import EMAIL, PASSWORD, ROOT, Site

LAUNCH = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
NewPage = Callable[..., Page]
# Said on the console before axe tries styles of its own, which the policy refuses: what comes after is not the page's.
AXE_BEGINS = "axe begins"


@cache
def axe() -> str:
    """The source of axe-core."""
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text()


# Playwright keeps an event loop in the worker's thread; without this Django would refuse every test after it a database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def awake(page: Page) -> None:
    """Wait until the page's script answers to what is pressed: a moment before, links and forms work without it."""
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")


@pytest.fixture(scope="session")
def site(database_template: str, tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[Site]:
    """The server of this worker. Its database is the worker's own too."""
    name = database.name_of("browser_" + os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    database.clone(database_template, name)
    with django_db_blocker.unblock(), database.connected_to(name):
        records = sites.fill()
    with sites.served(name, records, Path(tmp_path_factory.mktemp("site"))) as found:
        yield found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which asks nobody for anything."""
    path = os.environ.get("KIVIJALKA_CHROMIUM", "/usr/bin/chromium")
    return {**browser_type_launch_args, "executable_path": path, "args": LAUNCH.split()}


@pytest.fixture(scope="session")
def signed_in(browser: Browser, site: Site) -> Any:
    """The cookies of the signed-in person."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.at("/sign-in/"))
    page.locator("#id_email").fill(EMAIL)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(site.at("/"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session")
def window(browser: Browser, signed_in: Any) -> Iterator[Page]:
    """One signed-in window with all that a browser keeps, for tests that only look: a new one costs more than its page."""
    context = browser.new_context(storage_state=signed_in, reduced_motion="reduce")
    # Kept by the browser: half a megabyte sent to every page anew takes longer than what it is sent for.
    context.add_init_script(axe())
    yield context.new_page()
    context.close()


@pytest.fixture
def look_at(window: Page, site: Site) -> Iterator[NewPage]:
    """The signed-in person's window in a language, colour scheme and width; its console must be silent."""
    console = Console()

    def turned_to(look: Look) -> Page:
        window.context.add_cookies([{"name": "language", "value": look.language, "url": site.address}])
        window.set_viewport_size({"width": look.width, "height": 800})
        window.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]  # one of two words
        return console.of(window)

    yield turned_to
    window.goto("about:blank")
    console.leave(window)
    assert console.complaints == []


@pytest.fixture
def new_page(browser: Browser, site: Site, signed_in: Any) -> Iterator[NewPage]:
    """Open a page in a browser of its own, so that what a test does there stays there; its console must be silent."""
    contexts: list[BrowserContext] = []
    console = Console()

    def open_page(look: Look, *, signed: bool = True, script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": look.width, "height": 800},
            color_scheme=look.scheme,  # type: ignore[arg-type]  # one of two words
            storage_state=signed_in if signed else None,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": look.language, "url": site.address}])
        return console.of(context.new_page())

    yield open_page
    for context in contexts:
        context.close()
    assert console.complaints == []


class Console:
    """What the browser complained of: errors of scripts, violations of the policy, files that are not there."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.over = False

    def of(self, page: Page) -> Page:
        """Listen to this page too."""
        page.on("console", self._hear)
        page.on("pageerror", self._hear_error)
        return page

    def leave(self, page: Page) -> None:
        """Listen no more: what it says from now on is another test's."""
        page.remove_listener("console", self._hear)
        page.remove_listener("pageerror", self._hear_error)

    def _hear_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: ConsoleMessage) -> None:
        self.over = self.over or message.text == AXE_BEGINS
        # A refused page answers with 404 or 422, and that is as it should be.
        expected = message.text.startswith("Failed to load resource") and "/static/" not in message.location["url"]
        if message.type in ("error", "warning") and not expected and not self.over:
            self.complaints.append(message.text)
