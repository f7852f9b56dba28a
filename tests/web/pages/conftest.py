"""Browsers that are logged in, against a real server of their own."""

from collections.abc import Iterator

import pytest

from tests.serving import Server
from tests.web.pages.browsing import Browser, first_owner, invited


@pytest.fixture(scope="session")
def pages_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("pages")).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def owner_pages(pages_server: Server) -> Iterator[Browser]:
    """The first owner's browser."""
    with first_owner(pages_server, "owner@example.com") as browser:
        yield browser


@pytest.fixture(scope="session")
def viewer_pages(pages_server: Server, owner_pages: Browser) -> Iterator[Browser]:
    with invited(pages_server, owner_pages, "viewer@example.com", "viewer") as browser:
        yield browser
