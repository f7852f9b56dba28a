"""A server on a cluster, by the real path: what was acknowledged is there whatever happens to the nodes."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xxhash

from sojourn.place import Place
from sojourn.web.connection import connect
from tests.cluster.nodes import Cluster, running
from tests.serving import LONGEST, Server, event_count, key_in, run

MINUTE = 60_000
BEGAN = 1_777_000_000_000


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Nodes of these tests, which may kill them."""
    with running(Path(tmp_path_factory.mktemp("killed"))) as nodes:
        nodes.founded("shop")
        yield nodes


@pytest.fixture
def server(own_cluster: Cluster) -> Iterator[Server]:
    server = on(own_cluster).start()
    yield server
    end(server)


def end(server: Server) -> None:
    """So that the next one need not wait for what this one may have begun."""
    try:
        server.stop()
    finally:
        server.close()


def new_keys(server: Server, *sites: str) -> list[str]:
    """A secret key of each of these sites, which are made for it."""
    texts = []
    with connect(Place.of(server.where)) as owner:
        for site in sites:
            assert owner.post("/local/sites", json={"id": site}).status_code == 201
            kind = {"kind": "secret", "is_test": False}
            texts.append(key_in(owner.post("/local/keys", json=kind, headers={"X-Sojourn-Site": site}).text))
    return texts


@pytest.fixture
def key(server: Server, request: pytest.FixtureRequest) -> str:
    """Of a site of this test."""
    (text,) = new_keys(server, site_of(request))
    return text


def site_of(request: pytest.FixtureRequest) -> str:
    return f"site{xxhash.xxh3_64_hexdigest(request.node.name.encode())}"


def on(cluster: Cluster) -> Server:
    server = Server(Path())
    server.where = cluster.url("shop")
    return server


def event(visitor: str, number: int, **fields: object) -> dict[str, object]:
    at = BEGAN + number * MINUTE
    return {"type": "page_view", "visitor_id": visitor, "event_id": f"{visitor} {number}", "occurred_at": at, **fields}


def test_events_become_sessions_and_commands_reach_the_server(
    server: Server, key: str, request: pytest.FixtureRequest
) -> None:
    server.send(*(event(f"v{number % 9}", number // 9) for number in range(90)), key=key)
    found = server.settled(90, key)
    assert (len(found), event_count(found)) == (9, 90)
    listed = run(
        "sessions", "--store", server.where, "--site", site_of(request), "--from", "1970-01-01", "--format", "csv"
    )
    assert len(listed.stdout.strip().splitlines()) == 10, listed.stderr
    assert server.stop() == 0
    assert "secret" not in server.output()


def test_a_lead_whose_identifiers_lie_on_both_shards_is_one(server: Server, key: str) -> None:
    visitors = [f"device{number}" for number in range(6)]
    server.send(*(event(visitor, number) for number, visitor in enumerate(visitors)), key=key)
    assert len(server.settled(6, key)) == 6
    server.send(
        *(
            event(visitor, 10 + number, type="form_submit", lead={"id": "ann"})
            for number, visitor in enumerate(visitors)
        ),
        key=key,
    )
    found = server.settled(12, key)
    assert [(session["lead"]["name"], session["event_count"]) for session in found] == [("ann", 12)]


def test_a_dead_shard_answers_503_and_nothing_acknowledged_is_lost(
    own_cluster: Cluster, server: Server, key: str
) -> None:
    second = own_cluster.nodes[1]
    server.send(*(event(f"v{number}", 0) for number in range(20)), key=key)
    assert event_count(server.settled(20, key)) == 20
    second.kill()
    try:
        body = {"events": [event(f"v{number}", 1) for number in range(20)]}
        refused = server.ask("POST", "/v1/events", key, json=body)
        assert (refused.status_code, refused.json()["error"]) == (503, "Unavailable")
        read = server.ask("GET", "/v1/sessions", key, params={"from": "1970-01-01"})
        assert (read.status_code, read.json()["error"]) == (503, "Unavailable"), "whole or not at all"
    finally:
        second.start()
        second.wait()
    server.send(*(event(f"v{number}", number_of) for number in range(20) for number_of in (1, 2)), key=key)
    assert event_count(server.settled(60, key)) == 60, "what was half written counts once"


@pytest.mark.parametrize("number", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_node_that_stands_still_answers_503_in_time_and_all_recovers(
    own_cluster: Cluster, server: Server, key: str, number: int
) -> None:
    """One of the two is the one that the server asks."""
    still = own_cluster.nodes[number]
    server.send(*(event(f"v{visitor}", 0) for visitor in range(20)), key=key)
    assert event_count(server.settled(20, key)) == 20
    still.send(signal.SIGSTOP)
    try:
        body = {"events": [event(f"v{visitor}", 1) for visitor in range(20)]}
        refused = server.ask("POST", "/v1/events", key, json=body, timeout=40)
        assert (refused.status_code, refused.json()["error"]) == (503, "Unavailable")
    finally:
        still.send(signal.SIGCONT)
    deadline = time.monotonic() + LONGEST  # first it makes sure that nobody took over
    while (answer := server.ask("POST", "/v1/events", key, json=body, timeout=60)).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert answer.status_code == 202
    assert event_count(server.settled(40, key)) == 40, "what was half written counts once"


def test_a_server_ends_though_no_node_answers(own_cluster: Cluster, server: Server, key: str) -> None:
    server.send(event("v", 0), key=key)
    for node in own_cluster.nodes:
        node.kill()
    try:
        assert server.stop() == 0
    finally:
        own_cluster.start()
    server.start()
    assert event_count(server.settled(1, key)) == 1


def test_a_killed_server_is_followed_by_another_that_goes_on(own_cluster: Cluster, server: Server, key: str) -> None:
    server.send(*(event(f"v{number}", 0) for number in range(20)), key=key)
    server.kill()
    after = on(own_cluster).start()
    try:
        assert event_count(after.settled(20, key)) == 20
        assert after.stop() == 0
    finally:
        after.close()
