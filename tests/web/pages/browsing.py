"""Somebody who looks at the pages of a real server: logged in as the owner, by the link that its terminal shows."""

import os
import re
from html import unescape

import httpx

from tests.serving import PATIENCE, Server

EMAIL, PASSWORD = "ann@example.com", "correct horse battery"


def setup_token(server: Server) -> str:
    printed = os.pread(server.printed.fileno(), 1 << 20, 0).decode()
    found = re.findall(r"/welcome\?token=(\S+)", printed)
    assert found, printed
    return str(found[-1])


def nobody(server: Server) -> httpx.Client:
    """A browser that is not logged in and follows no redirects."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{server.port}",
        headers={"Accept": "text/html"},
        timeout=PATIENCE,
        limits=httpx.Limits(max_keepalive_connections=0),  # nothing stays open that a test would have to close
    )


def owner(server: Server) -> httpx.Client:
    """A browser in which the first owner was just created."""
    browser = nobody(server)
    fields = {"token": setup_token(server), "email": EMAIL, "password": PASSWORD, "repeated": PASSWORD}
    answer = browser.post("/welcome", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/start"), answer.text
    return browser


def csrf(browser: httpx.Client) -> str:
    """The token of this login's forms."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get("/sessions").text)
    assert found
    return found[1]


def links(text: str, beginning: str) -> list[str]:
    """Where the links of a page lead to, of those that begin so."""
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', text) if unescape(each).startswith(beginning)]
