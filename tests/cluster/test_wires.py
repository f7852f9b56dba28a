"""Connections that are cut in the middle, and nodes that answer with errors: nothing acknowledged is lost or doubled."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.nodes import NAME, Cluster, running
from tests.cluster.proxy import Proxy
from tests.cluster.test_serving import event
from tests.serving import LONGEST, Server, event_count

BATCH = 200


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
    return [event(f"{name}{count % 40}", number * 5 + count // 40) for count in range(BATCH)]


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
