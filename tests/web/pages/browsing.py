"""A browser without scripts: it follows links, sends forms as they stand in a page, and keeps cookies."""

import html
import re
import time
from pathlib import Path
from typing import Any, Self

import httpx

from tests.serving import PATIENCE, Server

PASSWORD = "quite a long one"
HTML = {"Accept": "text/html"}
_SETUP = re.compile(rb"/welcome\?token=([\w-]+)")
_LINK = re.compile(r"/invitation\?token=([\w-]+)")
_KEY = re.compile(r"[sp]k_(?:live|test)_[0-9a-f]{40}")


class Browser(httpx.Client):
    """`send_form` sends what a page of this login holds beside the fields."""

    def __init__(self, server: Server) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{server.port}", headers=HTML, timeout=PATIENCE)
        self.server = server

    def __enter__(self) -> Self:
        """Also one that was used before: httpx enters only a fresh one."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def csrf(self) -> str:
        match = re.search(r'name="csrf" value="(\w+)"', self.get("/settings/login").text)
        assert match
        return match[1]

    def send_form(self, path: str, **fields: Any) -> httpx.Response:
        return self.post(path, data={"csrf": self.csrf, **fields})

    def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/login", data={"email": email, "password": password, "then": "/sessions"})


def setup_token(server: Server) -> str:
    """What the server printed for its first owner."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if match := _SETUP.search(Path(f"/proc/self/fd/{server.printed.fileno()}").read_bytes()):
            return match[1].decode()
        time.sleep(0.05)
    raise AssertionError("the server printed no link")


def first_owner(server: Server, email: str) -> Browser:
    browser = Browser(server)
    fields = {"token": setup_token(server), "email": email, "password": PASSWORD, "repeated": PASSWORD}
    answer = browser.post("/welcome", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/start"), answer.text
    return browser


def accepted(server: Server, token: str, password: str = PASSWORD) -> Browser:
    """Whoever follows a one-time link and sets a password."""
    browser = Browser(server)
    assert browser.get("/invitation", params={"token": token}).status_code == 200
    answer = browser.post("/invitation", data={"token": token, "password": password, "repeated": password})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions"), answer.text
    return browser


def invited(server: Server, owner: Browser, email: str, role: str) -> Browser:
    answer = owner.send_form("/settings/people", email=email, role=role)
    assert answer.status_code == 200, answer.text
    return accepted(server, link_in(answer.text))


def link_in(text: str) -> str:
    match = _LINK.search(text)
    assert match, text
    return match[1]


def key_shown(text: str) -> str:
    match = _KEY.search(text)
    assert match, text
    return match[0]


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def log_of(browser: Browser) -> str:
    """The newest entry of the audit log, as it is shown."""
    match = re.search(r"<tbody>\s*<tr>(.*?)</tr>", browser.get("/settings/changes").text, re.DOTALL)
    assert match
    return words(match[1])
