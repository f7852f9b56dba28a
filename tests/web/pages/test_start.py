"""First steps: a key, the line to run, the event as it arrives."""

import html
import re
import shlex
import subprocess
import time

from tests.serving import PATIENCE, Server
from tests.web.pages.browsing import Browser, key_shown, log_of, words


def test_the_line_works_and_the_event_is_shown(pages_server: Server, owner_pages: Browser) -> None:
    assert "Make a key" in owner_pages.get("/start").text
    made = owner_pages.send_form("/start/key")
    key = key_shown(made.text)
    assert "Key made" in log_of(owner_pages)
    assert key not in owner_pages.get("/start").text
    poll = re.search(r'hx-get="(/start/arrived\?since=\d+)"', made.text)
    assert poll
    assert "Waiting" in owner_pages.get(poll[1]).text
    line = re.search(r"<code>(curl .*?)</code>", made.text, re.DOTALL)
    assert line
    done = subprocess.run(shlex.split(html.unescape(line[1])), capture_output=True, text=True, check=True)
    assert '"accepted":1' in done.stdout
    deadline = time.monotonic() + PATIENCE
    while "/sessions/sess_" not in (shown := owner_pages.get(poll[1]).text) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "It arrived" in shown
    assert "hx-get" not in shown  # nothing more to wait for
    assert "my-browser" in words(shown)
    link = re.search(r"/sessions/(sess_\w+)", shown)
    assert link
    assert pages_server.ask("GET", f"/v1/sessions/{link[1]}").status_code == 200


def test_a_test_twin_gets_a_test_key(owner_pages: Browser) -> None:
    made = owner_pages.send_form("/start/key?site=default:test")
    assert key_shown(made.text).startswith("sk_test_")


def test_a_viewer_is_told_to_ask(viewer_pages: Browser) -> None:
    text = viewer_pages.get("/start").text
    assert "Ask an owner" in text
    assert "/start/key" not in text


def test_unfit_instants_are_refused(owner_pages: Browser) -> None:
    for since in ("soon", "²", "1", "9" * 30):
        assert owner_pages.get("/start", params={"since": since}).status_code == 400
