"""What goes wrong is a page for a browser, with what to do next, and JSON for everybody else."""

import asyncio
import re
import shutil
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.web.answers import on_bug
from sojourn.web.pages.failures import with_pages
from sojourn.web.pages.frame import POLICY, Frame
from tests.serving import Server
from tests.web.pages.browsing import HTML, Browser, first_owner, links, words


def check_page(answer: httpx.Response, status: int) -> str:
    """What it says. It has the policy of every page, and nothing in it that the policy forbids."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == POLICY
    assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", answer.text)
    assert 'role="alert"' in answer.text
    return words(answer.text)


def test_an_address_without_a_page(pages_server: Server, owner_pages: Browser) -> None:
    for browser in (owner_pages, Browser(pages_server)):
        answer = browser.get("/no/such/page")
        assert "no page at this address" in check_page(answer, 404)
        assert {"/sessions", "/events", "/leads"} <= set(links(answer.text, "/"))


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/sessions", "/v1/sessions/sess_x"])
def test_an_address_of_the_api_answers_as_the_api(owner_pages: Browser, path: str) -> None:
    answer = owner_pages.get(path)
    assert answer.status_code in (401, 404)
    assert answer.json().keys() == {"error", "message"}


def test_who_asks_for_no_page_gets_json(owner_pages: Browser) -> None:
    answer = owner_pages.get("/no/such/page", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_a_wrong_method(owner_pages: Browser) -> None:
    assert "cannot be asked like that" in check_page(owner_pages.send_form("/help"), 405)


def test_a_form_that_cannot_be_read(owner_pages: Browser) -> None:
    fields = {f"field{number}": "x" for number in range(500)}
    assert "cannot be read" in check_page(owner_pages.send_form("/sessions/views", **fields), 400)


def test_what_a_viewer_may_not(viewer_pages: Browser) -> None:
    assert "Only an owner" in check_page(viewer_pages.get("/settings/people"), 403)


def test_a_form_of_nowhere_leads_back_to_its_own_page_alone(pages_server: Server, owner_pages: Browser) -> None:
    own = f"http://127.0.0.1:{pages_server.port}/settings?site=default"
    for referer, target in ((own, "/settings?site=default"), ("https://else.example/settings", None)):
        headers = {"Referer": referer}
        answer = owner_pages.post("/settings/people", data={"csrf": "", "email": "x@y.z"}, headers=headers)
        check_page(answer, 403)
        back = re.search(r'href="([^"]+)">Go back<', answer.text)
        assert (back and back[1]) == target


def test_a_filter_that_is_none_leads_to_the_page_without(owner_pages: Browser) -> None:
    for path in ("/sessions", "/events", "/leads"):
        answer = owner_pages.get(f"{path}?site=default&colour=red")
        check_page(answer, 400)
        assert f"{path}?site=default" in links(answer.text, path)


def test_a_fault_of_the_program(app: Sojourn) -> None:
    def fail(_request: Request) -> Response:
        raise ZeroDivisionError("secret detail")

    routes = [Route(path, fail) for path in ("/page", "/v1/answer")]
    failing = Starlette(routes=routes, exception_handlers=with_pages(Frame(app), {Exception: on_bug}))
    page, answer = asyncio.run(asked(failing, "/page?a=1", "/v1/answer"))
    said = check_page(page, 500)
    assert "log says what" in said
    assert "secret" not in page.text
    assert 'href="/page?a=1"' in page.text
    assert answer.json()["error"] == "InternalError"


async def asked(application: Starlette, *paths: str) -> list[httpx.Response]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=HTML) as client:
        return [await client.get(path) for path in paths]


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    """The disk went away under a running server: every page says that it is not now, none fails in another way."""
    server = Server(tmp_path / "data").start()
    try:
        with first_owner(server, "ann@example.com") as browser:
            server.send({"type": "page_view", "visitor_id": "gone", "event_id": "gone"})
            session = server.settled(1)[0]["id"]
            shutil.rmtree(tmp_path / "data" / "store" / "store")
            for path in ("/sessions", "/sessions/summary", f"/sessions/{session}", "/events", "/leads/gone"):
                answer = browser.get(path)
                said = check_page(answer, 503)
                assert "Load the page again" in said, path
                assert answer.headers["retry-after"], path
            assert server.ask("GET", "/v1/sessions").json()["error"] == "Unavailable"
    finally:
        server.close()
