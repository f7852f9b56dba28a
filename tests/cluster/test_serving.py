"""A server on a cluster, by the real path: what was acknowledged is there whatever happens to the nodes."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import Cluster, running
from tests.serving import LONGEST, Server, event_count, run

MINUTE = 60_000
BEGAN = 1_777_000_000_000


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Nodes of this test, which may kill them."""
    with running(tmp_path) as nodes:
        assert run("cluster", "init", "--store", nodes.url("shop")).returncode == 0
        yield nodes


@pytest.fixture
def server(own_cluster: Cluster) -> Iterator[Server]:
    server = on(own_cluster).start()
    yield server
    server.close()


def on(cluster: Cluster) -> Server:
    server = Server(Path())
    server.where = cluster.url("shop")
    return server


def event(visitor: str, number: int, **fields: object) -> dict[str, object]:
    at = BEGAN + number * MINUTE
    return {"type": "page_view", "visitor_id": visitor, "event_id": f"{visitor} {number}", "occurred_at": at, **fields}


def test_events_become_sessions_and_commands_reach_the_server(server: Server) -> None:
    server.send(*(event(f"v{number % 9}", number // 9) for number in range(90)))
    found = server.settled(90)
    assert (len(found), event_count(found)) == (9, 90)
    listed = run("sessions", "--store", server.where, "--from", "1970-01-01", "--format", "csv")
    assert len(listed.stdout.strip().splitlines()) == 10, listed.stderr
    assert server.stop() == 0
    assert "secret" not in server.output()


def test_a_lead_whose_identifiers_lie_on_both_shards_is_one(server: Server) -> None:
    visitors = [f"device{number}" for number in range(6)]
    server.send(*(event(visitor, number) for number, visitor in enumerate(visitors)))
    assert len(server.settled(6)) == 6
    server.send(
        *(
            event(visitor, 10 + number, type="form_submit", lead={"id": "ann"})
            for number, visitor in enumerate(visitors)
        )
    )
    found = server.settled(12)
    assert [(session["lead"]["name"], session["event_count"]) for session in found] == [("ann", 12)]


def test_a_dead_shard_answers_503_and_nothing_acknowledged_is_lost(own_cluster: Cluster, server: Server) -> None:
    second = own_cluster.nodes[1]
    server.send(*(event(f"v{number}", 0) for number in range(20)))
    assert event_count(server.settled(20)) == 20
    second.kill()
    refused = server.ask("POST", "/v1/events", json={"events": [event(f"v{number}", 1) for number in range(20)]})
    assert (refused.status_code, refused.json()["error"]) == (503, "Unavailable")
    read = server.ask("GET", "/v1/sessions", params={"from": "1970-01-01"})
    assert (read.status_code, read.json()["error"]) == (503, "Unavailable"), "whole or not at all"
    second.start()
    second.wait()
    server.send(*(event(f"v{number}", number_of) for number in range(20) for number_of in (1, 2)))
    assert event_count(server.settled(60)) == 60, "what was half written counts once"


@pytest.mark.parametrize("number", [0, 1])
def test_a_node_that_stands_still_answers_503_in_time_and_all_recovers(
    own_cluster: Cluster, server: Server, number: int
) -> None:
    """One of the two is the one that the server asks."""
    still = own_cluster.nodes[number]
    server.send(*(event(f"v{visitor}", 0) for visitor in range(20)))
    assert event_count(server.settled(20)) == 20
    still.send(signal.SIGSTOP)
    try:
        body = {"events": [event(f"v{visitor}", 1) for visitor in range(20)]}
        refused = server.ask("POST", "/v1/events", json=body, timeout=40)
        assert (refused.status_code, refused.json()["error"]) == (503, "Unavailable")
    finally:
        still.send(signal.SIGCONT)
    deadline = time.monotonic() + LONGEST  # first it makes sure that nobody took over
    while (answer := server.ask("POST", "/v1/events", json=body, timeout=60)).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert answer.status_code == 202
    assert event_count(server.settled(40)) == 40, "what was half written counts once"


def test_a_killed_server_is_followed_by_another_that_goes_on(own_cluster: Cluster, server: Server) -> None:
    server.send(*(event(f"v{number}", 0) for number in range(20)))
    server.kill()
    after = on(own_cluster).start()
    try:
        assert event_count(after.settled(20)) == 20
    finally:
        after.close()
