"""What is acknowledged survives: kill -9 under load, a full disk, a folder that cannot be written."""

import os
import random
import subprocess
import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import SECRET, Server, run

ROUNDS = 4


def load(server: Server, stop: threading.Event, thread: int, round_: int, acknowledged: list[str]) -> None:
    """Send small batches until the server is gone; note what it acknowledged."""
    number = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        while not stop.is_set():
            ids = [f"{round_}-{thread}-{number + n}" for n in range(7)]
            events = [
                {"type": "click", "event_id": name, "visitor_id": f"v{number % 3}-{thread}", "occurred_at": at(name)}
                for name in ids
            ]
            try:
                answer = client.post(
                    "/v1/events", json={"events": events}, headers={"Authorization": f"Bearer {SECRET}"}
                )
            except httpx.TransportError:
                return
            if answer.status_code == 202:
                acknowledged += ids
            number += 7


def at(name: str) -> int:
    """Spread over a day, so that sessions are many and join late."""
    return 1_777_000_000_000 + random.Random(name).randrange(86_400_000)


@pytest.mark.slow
def test_kill_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    acknowledged: list[str] = []
    chance = random.Random(11)
    for round_ in range(ROUNDS):
        server.start()
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(server, stop, n, round_, acknowledged)) for n in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.3 + chance.random() * 1.5)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
    server.start()
    try:
        check_everything(server, acknowledged)
        assert server.stop() == 0
        check_everything(server.start(), acknowledged)
    finally:
        server.close()


def check_everything(server: Server, acknowledged: list[str]) -> None:
    """Every acknowledged event is there once, and the sessions are those of the stored events."""
    assert len(acknowledged) > 100
    sessions = server.quiet(len(set(acknowledged)))
    journeys = [server.ask("GET", f"/v1/sessions/{session['id']}").json()["data"] for session in sessions]
    ids = Counter(event["id"] for journey in journeys for event in journey["events"])
    assert set(acknowledged) <= set(ids)
    assert max(ids.values()) == 1
    by_lead: dict[str, list[tuple[int, str]]] = {}
    for journey in journeys:
        for event in journey["events"]:
            by_lead.setdefault(journey["lead"]["visitor_id"], []).append((at(event["id"]), event["id"]))
    expected = sorted(len(chain) for events in by_lead.values() for chain in chains(sorted(events)))
    assert sorted(session["event_count"] for session in sessions) == expected


def chains(events: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    found = [[events[0]]]
    for before, event in pairwise(events):
        if event[0] - before[0] >= 1_800_000:
            found.append([])
        found[-1].append(event)
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A disk of 60 MB that the machine lets us mount."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "none", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_says_503_and_loses_nothing(small_disk: Path) -> None:
    server = Server(small_disk / "data").start()
    try:
        server.send({"type": "click", "visitor_id": "before", "event_id": "b"})
        server.settled(1, lead_id="before")
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:  # what is kept back would be written when it closes
            try:
                while True:
                    file.write(os.urandom(65_536))
            except OSError:
                pass
        event = {"type": "click", "visitor_id": "full", "event_id": "f", "properties": {"text": "x" * 50_000}}
        answer = server.ask("POST", "/v1/events", json=event)
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"] == "Unavailable"
        assert int(answer.headers["Retry-After"]) >= 1
        assert server.sessions(lead_id="before")
        ballast.unlink()
        assert server.send(event)["accepted"] == 1
        assert server.settled(1, lead_id="full")[0]["event_count"] == 1
    finally:
        server.close()


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_said_in_one_line(small_disk: Path) -> None:
    data = small_disk / "data"
    data.mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run("serve", "--data", str(data), "--port", "1")
    assert done.returncode == 1
    done = run("keys", "list", "--data", str(data))
    assert done.returncode == 1
    assert "cannot be" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_folder_that_becomes_read_only_says_503_and_loses_nothing(tmp_path: Path) -> None:
    """Root may write whatever the modes say, so the folders are made immutable."""
    server = Server(tmp_path / "data").start()
    event = {"type": "click", "visitor_id": "ro", "event_id": "r1"}
    try:
        server.send(event)
        server.settled(1, lead_id="ro")
        (tmp_path / "probe").mkdir()
        if subprocess.run(["chattr", "+i", str(tmp_path / "probe")], check=False, capture_output=True).returncode:
            pytest.skip("this file system knows no immutable folders")
        subprocess.run(["chattr", "-i", str(tmp_path / "probe")], check=True)
        # Merges may take a folder away meanwhile; what counts are the tables' own, and they stay.
        folders = [str(path) for path in (tmp_path / "data").rglob("*") if path.is_dir() and not path.is_symlink()]
        subprocess.run(["chattr", "-f", "+i", *folders], check=False, capture_output=True)
        try:
            answer = server.ask("POST", "/v1/events", json={**event, "event_id": "r2"})
        finally:
            subprocess.run(["chattr", "-f", "-R", "-i", str(tmp_path / "data")], check=False)
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"] == "Unavailable"
        assert server.send({**event, "event_id": "r2"})["accepted"] == 1
        assert server.settled(2, lead_id="ro")[0]["event_count"] == 2
    finally:
        server.close()
