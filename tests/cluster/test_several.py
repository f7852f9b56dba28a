"""Several servers on one cluster: any takes events, any answers, one works; whichever dies or sleeps."""

import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sojourn.model.instant import iso
from sojourn.place import Place
from sojourn.web.connection import connect
from tests.cluster.nodes import Cluster
from tests.cluster.test_serving import BEGAN, MINUTE, event, new_keys
from tests.serving import LONGEST, PATIENCE, Server, event_count, run

SEEN_WITHIN = 5.0
AT_ONCE = 3
AT_THE_SAME_TIME = 25  # within the timeout
NUMBERS = itertools.count()  # a module's servers may be made twice, on the same store


@contextmanager
def two_on(url: str) -> Iterator[tuple[Server, Server]]:
    """Two servers on a store."""
    servers = (Server(Path()), Server(Path()))
    try:
        for server in servers:
            server.where = url
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(Server.start, servers))
        yield servers
    finally:
        for server in servers:
            server.close()


@pytest.fixture(scope="module")
def pair(cluster: Cluster) -> Iterator[tuple[Server, Server]]:
    with two_on(cluster.founded("several")) as servers:
        yield servers


@pytest.fixture(scope="module")
def keys(pair: tuple[Server, Server]) -> Iterator[str]:
    return unused_keys(pair)


def unused_keys(pair: tuple[Server, Server]) -> Iterator[str]:
    """Of sites of their own, known to both servers."""
    while True:
        texts = new_keys(pair[0], *(f"site{next(NUMBERS)}" for _ in range(AT_ONCE)))
        for text in texts:
            assert within(PATIENCE, lambda: all(each.ask("GET", "/v1/site", text).status_code == 200 for each in pair))  # noqa: B023
        yield from texts


@pytest.fixture
def key(keys: Iterator[str]) -> str:
    """Of a site of this test."""
    return next(keys)


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if is_so():
            return True
        if began > deadline:
            return False
        time.sleep(max(0.05, 2 * (time.monotonic() - began)))  # most of the time is left to what is waited for


def site_of(server: Server, key: str) -> str:
    found: str = server.ask("GET", "/v1/site", key).json()["data"]["id"]
    return found


def same(pair: tuple[Server, Server], count: int, key: str) -> list[dict[str, Any]]:
    """The sessions of so many events, as both servers have them."""
    first, second = (server.settled(count, key) for server in pair)
    assert first == second
    assert event_count(first) == count
    return first


def test_events_are_taken_and_sessions_answered_by_both(pair: tuple[Server, Server], key: str) -> None:
    for number in range(40):
        pair[number % 2].send(event(f"v{number % 8}", number // 8), key=key)
    assert len(same(pair, 40, key)) == 8


def test_what_is_sent_to_both_counts_once(pair: tuple[Server, Server], key: str) -> None:
    body = [event(f"v{number}", 0) for number in range(30)]
    for server in pair:
        server.send(*body, key=key)
    pair[0].send(event("later", 0), key=key)  # what is worked off after both
    assert len(same(pair, 31, key)) == 31


def test_what_is_sent_to_both_at_the_same_time_counts_once(pair: tuple[Server, Server], key: str) -> None:
    """Of copies that differ, the earliest."""
    meeting = threading.Barrier(2)

    def send(number: int) -> None:
        for turn in range(AT_THE_SAME_TIME):
            both = [event(f"v{count}", turn) for count in range(9)]
            late = {"occurred_at": BEGAN + turn * MINUTE + (number + turn) % 2}
            meeting.wait(LONGEST)
            pair[number].send(*both, event("w", turn) | late, key=key)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(send, range(2)))
    found = same(pair, 10 * AT_THE_SAME_TIME, key)
    assert [session["event_count"] for session in found] == [AT_THE_SAME_TIME] * 10
    assert {session["started_at"] for session in found} == {iso(BEGAN)}


def test_a_key_and_a_setting_are_seen_by_the_other_one_soon(pair: tuple[Server, Server], key: str) -> None:
    for number, server in enumerate(pair):
        assert server.ask("PATCH", "/v1/site", key, json={"name": f"shop {number}"}).status_code == 200
        other = pair[1 - number]
        assert within(SEEN_WITHIN, lambda: other.ask("GET", "/v1/site", key).json()["data"]["name"] == f"shop {number}")  # noqa: B023
    with connect(Place.of(pair[0].where), site_of(pair[0], key)) as owner:
        (made,) = owner.get("/local/keys").json()["data"]
        assert owner.delete(f"/local/keys/{made['id']}").status_code == 200
    assert within(SEEN_WITHIN, lambda: all(each.ask("GET", "/v1/site", key).status_code == 401 for each in pair))


def test_a_timeout_that_either_changes_holds_for_both(pair: tuple[Server, Server], key: str) -> None:
    pair[0].send(*(event("v", 20 * number) for number in range(6)), key=key)
    assert len(same(pair, 6, key)) == 1
    for number, server in enumerate(pair):
        timeout_ms, sessions = ((10 * MINUTE, 6), (40 * MINUTE, 1))[number]
        assert server.ask("PATCH", "/v1/site", key, json={"session_timeout_ms": timeout_ms}).status_code == 202
        assert within(LONGEST, lambda: all(len(each.sessions(key)) == sessions for each in pair))  # noqa: B023
        assert event_count(pair[0].sessions(key)) == event_count(pair[1].sessions(key)) == 6


def test_who_is_erased_at_one_is_refused_by_the_other(pair: tuple[Server, Server], key: str) -> None:
    ann = {"lead": {"id": "ann"}}
    for server in pair:
        server.send(event("a", 0, **ann), event("b", 0), key=key)
    same(pair, 2, key)
    for number, server in enumerate(pair):
        assert server.ask("DELETE", "/v1/leads/ann", key).status_code == 200
        assert event_count(pair[0].settled(1, key)) == event_count(pair[1].settled(1, key)) == 1
        late = pair[1 - number].ask("POST", "/v1/events", key, json=event("a", 1 + number, **ann))
        assert late.status_code == 400, late.text
        assert "erased" in late.json()["message"]


def test_a_file_that_one_imports_is_whole_for_both(pair: tuple[Server, Server], key: str, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(
        "type,visitor_id,occurred_at\n" + "".join(f"page_view,i{n % 50},2026-04-24T10:00:00Z\n" for n in range(50))
    )
    pair[1].send(event("v", 0), key=key)
    same(pair, 1, key)
    done = run("import", str(file), "--site", site_of(pair[0], key), "--store", pair[0].where)
    assert done.returncode == 0, done.stdout + done.stderr
    pair[1].send(event("v", 1), key=key)
    assert len(same(pair, 52, key)) == 51


def work_at(server: Server, key: str) -> None:
    """It works from now on: what changes a site is done by it."""
    assert server.ask("PATCH", "/v1/site", key, json={"name": "here"}).status_code == 200


def test_status_tells_who_works(pair: tuple[Server, Server], key: str) -> None:
    for server in pair:
        work_at(server, key)
        shown = run("cluster", "status", "--store", server.where).stdout
        assert server.process is not None
        (line,) = [line for line in shown.splitlines() if f"number {server.process.pid} on" in line]
        assert "yes" in line, shown


@pytest.mark.parametrize("number", [0, pytest.param(1, marks=pytest.mark.long)])
def test_the_other_one_goes_on_when_one_is_killed(pair: tuple[Server, Server], key: str, number: int) -> None:
    """Be it the one that works (0) or not."""
    work_at(pair[0], key)
    for server in pair:
        server.send(*(event(f"v{count}", 0) for count in range(20)), key=key)
    pair[number].send(event("last", 0), key=key)
    pair[number].kill()  # before it could tell the other one
    left = pair[1 - number]
    assert event_count(left.settled(21, key)) == 21
    left.send(*(event(f"v{count}", 1) for count in range(20)), key=key)
    assert event_count(left.settled(41, key)) == 41
    pair[number].start()
    pair[number].send(*(event(f"v{count}", 2) for count in range(20)), key=key)
    assert len(same(pair, 61, key)) == 21


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1])
def test_one_that_sleeps_does_no_harm(pair: tuple[Server, Server], key: str, number: int) -> None:
    """Longer than the others wait for it, be it the one that works (0) or not: what it was about to write it writes no
    more.
    """
    for server in pair:
        server.send(*(event(f"v{count}", 0) for count in range(20)), key=key)
    work_at(pair[0], key)
    sleeper, other = pair[number], pair[1 - number]
    assert sleeper.process is not None
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        other.send(*(event(f"v{count}", 1) for count in range(20)), key=key)
        assert within(LONGEST, lambda: event_count(other.sessions(key)) == 40)
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
    assert within(LONGEST, lambda: sleeper.ask("GET", "/readyz").status_code == 200)
    sleeper.send(*(event(f"v{count}", 2) for count in range(20)), key=key)
    assert len(same(pair, 60, key)) == 20
    assert "as the facts have it" in run("doctor", "--store", other.where, "--whole").stdout
