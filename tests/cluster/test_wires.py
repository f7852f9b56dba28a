"""Connections that are cut in the middle or slow, and nodes that answer with errors: nothing acknowledged is lost or
doubled, and no answer is half.
"""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.nodes import NAME, Cluster, running
from tests.cluster.proxy import Proxy
from tests.cluster.test_serving import event
from tests.cluster.test_several import within
from tests.serving import LONGEST, Server, event_count

BATCH = 200
SLOW = 0.15  # seconds; a statement takes several answers
# Of each such list the bytes are many enough to be cut within.
LISTS = [
    "/v1/sessions?from=1970-01-01&limit=200",
    "/v1/sessions?from=1970-01-01&format=csv",
    "/v1/sessions?from=1970-01-01&lead_id=of1",
    "/v1/events?from=1970-01-01&limit=200",
    "/v1/leads?limit=200",
    "/v1/leads/of2",
]
OF_LISTS = rb"FROM (`wired_local`\.`)?(sessions|events|leads|links|names|touched)\b"


class Wired:
    """A server that reaches each node over a wire, and the nodes each other likewise."""

    def __init__(self, cluster: Cluster, between: list[Proxy]) -> None:
        self.between = between
        self.sent = 0
        self.to_nodes = [Proxy(node.http) for node in cluster.nodes]
        hosts = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.to_nodes)
        self.server = Server(Path())
        self.server.where = f"clickhouse://{hosts}/wired?cluster={NAME}"

    def send(self, events: list[dict[str, Any]]) -> int:
        """Again and again until it is acknowledged; how often it was not."""
        deadline = time.monotonic() + LONGEST
        refused = 0
        while True:
            answer = self.server.ask("POST", "/v1/events", json={"events": events})
            if answer.status_code == 202:
                self.sent += len(events)
                return refused
            assert (answer.status_code, answer.json()["error"]) == (503, "Unavailable"), answer.text
            assert time.monotonic() < deadline
            refused += 1
            time.sleep(0.1)

    def settle(self) -> None:
        """All that was acknowledged is there, once."""
        deadline = time.monotonic() + LONGEST
        while (found := self.read()) != self.sent and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found == self.sent

    def read(self) -> int | None:
        """How many events the sessions have, or None for a 503; nothing else is an answer."""
        answer = self.server.ask("GET", "/v1/sessions", params={"from": "1970-01-01", "limit": "200"})
        if answer.status_code == 200:
            return event_count(answer.json()["data"])
        assert (answer.status_code, answer.json()["error"]) == (503, "Unavailable"), answer.text
        return None


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    between: list[Proxy] = []

    def wire(tcp: int) -> int:
        between.append(Proxy(tcp))
        return between[-1].port

    with running(Path(tmp_path_factory.mktemp("wired")), wires=wire) as cluster:
        cluster.founded("wired")
        made = Wired(cluster, between)
        made.server.start()
        yield made
        made.server.close()
        for proxy in (*made.to_nodes, *between):
            proxy.close()


def batch(name: str, number: int) -> list[dict[str, Any]]:
    """Of a name all are in twenty sessions, so that one answer has those of all tests."""
    return [event(f"{name}{count % 20}", number * 10 + count // 20) for count in range(BATCH)]


@pytest.mark.parametrize("place", [pytest.param("to_nodes", marks=pytest.mark.long), "between"])
def test_an_insert_whose_connection_is_cut_is_repeated_and_counts_once(wired: Wired, place: str) -> None:
    random.seed(place)
    wires: list[Proxy] = getattr(wired, place)
    wired.settle()
    refused, seen = 0, wired.sent
    for number in range(8):
        for proxy in wires:
            # Once, which the driver repeats by itself, or more often.
            proxy.cut(rb"INSERT.{1,30}events", *(random.randrange(1, 2000) for _ in range(random.randrange(1, 5))))
        refused += wired.send(batch(place, number))
        found = wired.read()
        assert found is None or found >= seen, "an answer is whole or there is none"
        seen = found or seen
    for proxy in wires:
        proxy.cut(b"")
    assert sum(proxy.cuts for proxy in wires) > 8
    assert refused
    wired.settle()


def test_while_nodes_answer_with_errors_all_is_503_and_nothing_is_lost(wired: Wired) -> None:
    wired.send(batch("error", 0))
    with wired.to_nodes[0].failing(), wired.to_nodes[1].failing():
        refused = wired.server.ask("POST", "/v1/events", json={"events": batch("error", 1)})
        assert (refused.status_code, refused.json()["error"]) == (503, "Unavailable")
        assert wired.read() is None
        assert wired.server.ask("GET", "/readyz").status_code == 503
        assert wired.server.ask("GET", "/healthz").status_code == 200
    wired.send(batch("error", 1))
    wired.settle()


def test_one_node_that_answers_with_errors_loses_nothing(wired: Wired) -> None:
    """What is asked of it is refused, or another one is asked."""
    with wired.to_nodes[0].failing():
        answer = wired.server.ask("POST", "/v1/events", json={"events": batch("one", 0)})
        assert answer.status_code in (202, 503)
    wired.send(batch("one", 0))
    wired.settle()


def whole(wired: Wired, path: str) -> object:
    """What is answered, or None for a 503; nothing else is an answer."""
    answer = wired.server.ask("GET", path)
    if answer.status_code == 200:
        return answer.text if "csv" in path else answer.json()["data"]  # a cursor knows when it was asked
    assert (answer.status_code, answer.json()["error"]) == (503, "Unavailable"), answer.text
    return None


@pytest.mark.parametrize(("number", "place"), [(0, "to_nodes"), (1, "between")])
def test_an_answer_whose_connection_is_cut_is_whole_or_503(wired: Wired, number: int, place: str) -> None:
    chance = random.Random(place)
    wires: list[Proxy] = getattr(wired, place)
    wired.send(batch("of", number))
    wired.settle()
    expected = {path: whole(wired, path) for path in LISTS}
    assert None not in expected.values()
    seen, before = [], sum(proxy.cuts for proxy in wires)
    for turn in range(5):
        for path in LISTS:
            for proxy in wires:  # once, which the driver repeats by itself, or more often
                proxy.cut_answers(OF_LISTS, *(int(10 ** (1 + 4 * chance.random())) for _ in range(1 + turn % 3)))
            found = whole(wired, path)
            assert found in (None, expected[path]), path
            seen.append(found is None)
    for proxy in wires:
        proxy.cut(b"")
    assert sum(proxy.cuts for proxy in wires) > before + 8
    assert True in seen
    assert False in seen
    for path in LISTS:
        assert within(LONGEST, lambda: whole(wired, path) == expected[path])  # noqa: B023 used at once


@pytest.mark.parametrize(("number", "turns"), [(0, 1), pytest.param(1, 2, marks=pytest.mark.long)])
def test_a_slow_node_is_waited_for(wired: Wired, number: int, turns: int) -> None:
    """Be it the one that the server asks (0) or not: nothing is refused, nothing is lacking."""
    wired.settle()
    seen = wired.sent
    with wired.to_nodes[number].slow(SLOW), wired.between[number].slow(SLOW):
        for turn in range(turns):
            assert not wired.send(batch(f"slow{number}", turn)), "it was refused"
            found = wired.read()
            assert found is not None
            assert found >= seen
            seen = found
            assert wired.server.ask("GET", "/readyz").status_code == 200
        wired.settle()
