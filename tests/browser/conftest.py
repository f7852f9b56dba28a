"""A real browser, Debian's Chromium, on a real server with a month of events."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.looking import Look, Served
from tests.serving import Server
from tests.web.pages.browsing import first_owner

CHROMIUM = shutil.which("chromium")
# Where the screenshots go, for people to look at.
ARTEFACTS = Path(os.environ.get("ARTEFACTS", "build/screenshots"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For these tests alone: while it is open, no other test of the process can run an event loop."""
    assert CHROMIUM, "Browser tests need Debian's package chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with journeys of several kinds, and the cookie of its owner."""
    server = Server(tmp_path_factory.mktemp("browsed")).start()
    found = Served.filled(server, first_owner(server, "ann@example.com"))
    yield found
    server.close()


@pytest.fixture(params=list(Look), ids=lambda look: look.name)
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.param
    return found


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page of the owner's browser, on a desktop in the light. What its console says fails the test."""
    with served.opened(browser, Look.LIGHT) as page:
        yield page
