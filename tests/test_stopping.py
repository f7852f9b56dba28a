"""SIGTERM: gone within five seconds with exit code 0, whatever is under way, and nothing acknowledged is lost."""

import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import PATIENCE, SECRET, Server

STOP_WITHIN = 5.0
LONG_PATH = "/" + "ab" * 3500
VIEW = {"type": "page_view", "occurred_at": 1_777_000_000_000}


def stopped(server: Server) -> tuple[int, str]:
    """The exit code and all that was printed. Fails when it takes longer than it may."""
    assert server.process
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(PATIENCE)
    assert time.monotonic() - began < STOP_WITHIN
    server.printed.seek(0)
    return code, server.printed.read().decode()


@pytest.mark.slow
def test_under_load_it_ends_in_time_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    acknowledged: list[str] = []
    threads = [threading.Thread(target=load, args=(server, name, acknowledged)) for name in ("a", "b", "c", "d")]
    try:
        for thread in threads:
            thread.start()
        while len(acknowledged) < 300:
            time.sleep(0.01)
        code, output = stopped(server)
        for thread in threads:
            thread.join()
        assert code == 0
        assert "Traceback" not in output
        sessions = server.start().quiet(len(acknowledged))
        assert len(sessions) == len(threads)
        ids = Counter(event["id"] for session in sessions for event in events_of(server, session["id"]))
        assert set(acknowledged) <= set(ids)
        assert max(ids.values()) == 1
    finally:
        server.close()


def load(server: Server, name: str, acknowledged: list[str]) -> None:
    """Send one event after the other until the server is gone; note what it acknowledged."""
    headers = {"Authorization": f"Bearer {SECRET}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=10) as client:
        for number in range(100_000):
            event = {**VIEW, "visitor_id": name, "event_id": f"{name}-{number}"}
            try:
                answer = client.post("/v1/events", json=event)
            except httpx.TransportError:
                return
            if answer.status_code == 202:
                acknowledged.append(f"{name}-{number}")


def events_of(server: Server, session_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = server.ask("GET", f"/v1/sessions/{session_id}").json()["data"]["events"]
    return events


def stored_ids(server: Server) -> list[str]:
    """Of every event, page by page."""
    found: list[str] = []
    asked = {"from": "1970-01-01", "limit": "200"}
    while True:
        body = server.ask("GET", "/v1/events", params=asked).json()
        found += [event["id"] for event in body["data"]]
        if not body["has_more"]:
            return found
        asked = {"cursor": body["next_cursor"], "limit": "200"}


def make_work_that_takes_long(server: Server) -> None:
    """Hundreds of goals, and then long paths to compare with each: one statement of many seconds."""
    goals = {f"goal_{number}": {"urls": [f"/*a*b*a*b*{number}"]} for number in range(1000)}
    assert server.ask("PATCH", "/v1/site", json={"goals": goals}).status_code == 202
    deadline = time.monotonic() + PATIENCE
    while server.ask("GET", "/v1/site").json()["data"]["building"] is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    url = f"https://x.example{LONG_PATH}"
    for first in range(0, 1500, 500):
        names = [f"long-{number}" for number in range(first, first + 500)]
        server.send(*({**VIEW, "visitor_id": name, "event_id": name, "url": url} for name in names))


def wait_for_the_worker(server: Server) -> None:
    """Until it has read what it is about, so that it is in the middle of that statement."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        text = server.ask("GET", "/metrics", None).text
        if 'query="session.meeting"' in text:
            return
    raise AssertionError("the worker did not begin")


@pytest.mark.slow
def test_a_long_statement_of_the_worker_does_not_hold_it_up(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        make_work_that_takes_long(server)
        wait_for_the_worker(server)
        assert server.send({"type": "click", "visitor_id": "last", "event_id": "last"})["accepted"] == 1
        code, output = stopped(server)
        assert code == 0
        assert "Traceback" not in output
        assert "in the middle of work" in output
        server.start()
        assert sorted(stored_ids(server)) == sorted(["last", *(f"long-{number}" for number in range(1500))])
    finally:
        server.close()


def test_a_request_under_way_gets_its_answer_and_an_idle_connection_holds_nothing_up(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", SOJOURN_GATHER_MS="1500").start()
    answers: list[httpx.Response] = []

    def send() -> None:
        event = {"type": "click", "visitor_id": "under-way", "event_id": "u"}
        headers = {"Authorization": f"Bearer {SECRET}"}
        answers.append(httpx.post(f"http://127.0.0.1:{server.port}/v1/events", json=event, headers=headers, timeout=10))

    thread = threading.Thread(target=send)
    try:
        thread.start()
        while not gathering(server):
            time.sleep(0.05)
        code, _ = stopped(server)
        thread.join()
        assert code == 0
        assert [answer.status_code for answer in answers] == [202]
        server.start()
        assert [session["event_count"] for session in server.settled(1, lead_id="under-way")] == [1]
    finally:
        server.close()


def gathering(server: Server) -> bool:
    """Whether the server has the request's connection beside ours: it is not answered before the 1.5 s are over."""
    server.ask("GET", "/healthz", None)
    assert server.process
    lines = Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()
    mine = f"0100007F:{server.port:04X}"
    return sum(line.split()[1] == mine and line.split()[3] == "01" for line in lines) >= 2
