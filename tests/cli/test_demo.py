"""`sojourn demo` as it is typed: it loads, goes on, is looked at, is removed by one click, and ends by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import PATIENCE, free_port, key_in, run

PASSWORD = "correct horse battery"


class Demo:
    """The command in a process of its own; what it prints is in a file."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.folder, self.printed = folder / "demo", folder / "printed"
        command = [sys.executable, "-m", "sojourn", "demo", "--data", str(self.folder), "--port", str(port)]
        with self.printed.open("wb") as file:
            environment = {**os.environ, "COLUMNS": "200"}
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)

    def text(self) -> str:
        return self.printed.read_text()

    def sessions(self) -> list[dict[str, Any]]:
        """The newest."""
        headers = {"Authorization": f"Bearer {key_in(self.text())}"}
        found: list[dict[str, Any]] = self.client.get("/v1/sessions?limit=200", headers=headers).json()["data"]
        return found

    def last_at(self) -> str:
        return max(str(session["ended_at"]) for session in self.sessions())

    def enter(self) -> None:
        """Become the owner, by the link that was printed."""
        found = re.search(r"token=(\S+)", self.text())
        assert found
        form = {"token": found[1], "email": "ann@example.com", "password": PASSWORD, "repeated": PASSWORD}
        assert self.client.post("/welcome", data=form).status_code == 303

    def page(self) -> str:
        return self.client.get("/sessions", headers={"Accept": "text/html"}).text


def wait(is_there: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    wait(lambda: "Ctrl-C ends it" in demo.text() or demo.process.poll() is not None)
    yield demo
    demo.client.close()
    if demo.process.poll() is None:
        demo.process.kill()
        demo.process.wait()


def test_a_demo_loads_goes_on_is_removed_and_ends(demo: Demo) -> None:
    assert re.search(r"^3\d,\d{3} events of a made-up month: 3\d,\d{3} accepted, \d+ refused", demo.text()), demo.text()
    assert len(demo.sessions()) == 200
    before = demo.last_at()
    wait(lambda: demo.last_at() > before)
    demo.enter()
    shown = demo.page()
    assert "This is demo data" in shown
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', shown)
    assert csrf
    assert demo.client.post("/demo/remove", data={"csrf": csrf[1]}).status_code == 303
    shown = demo.page()
    assert "This is demo data" not in shown
    assert "No events yet" in shown
    wait(lambda: "nothing more is made up" in demo.text())
    headers = {"Authorization": f"Bearer {key_in(demo.text())}"}
    own = {"type": "page_view", "visitor_id": "own"}
    assert demo.client.post("/v1/events", json=own, headers=headers).status_code == 202
    wait(lambda: [session["lead"]["name"] for session in demo.sessions()] == ["own"])
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0
    assert "Traceback" not in demo.text()
    again = run("demo", "--data", str(demo.folder), "--port", str(free_port()))
    assert again.returncode == 1
    assert "is not a demo's folder" in again.stderr
