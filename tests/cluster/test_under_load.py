"""Two servers on two shards under constant load while nodes and servers die and stand still: nothing acknowledged is lost
or doubled, no answer is half, and all goes on without a hand.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cluster.nodes import Cluster, running
from tests.cluster.test_several import two_on, within
from tests.serving import LONGEST, Server
from tests.soak.checks import Copy, check, check_derived, need
from tests.soak.load import BEGIN, DAY, MINUTE, Known, Load, steps
from tests.soak.run import in_turn, tell

DATABASE = "loaded"
DEVICES = 8
LONG_SECONDS = float(os.environ.get("SOAK_SECONDS", "150"))
# Longer than a server may be silent, and longer than a node is waited for.
TOO_LONG = 18.0


class Steady:
    """A lead whose identifiers lie on both shards, written before anything goes wrong: every answer has all of it."""

    began = BEGIN - 30 * DAY
    upto = str(BEGIN - DAY)

    def __init__(self, known: Known) -> None:
        self._known = known
        self._expected: dict[str, Any] = {}
        self._paths = [
            f"/v1/sessions?from=1970-01-01&to={self.upto}",
            "/v1/sessions?from=1970-01-01&lead_id=ann",
            f"/v1/events?from=1970-01-01&to={self.upto}",
            "/v1/leads/ann",
        ]
        self._turn = 0

    def events(self) -> list[dict[str, Any]]:
        """Two sessions, each with an event of every device."""
        return [
            {
                "type": "page_view",
                "event_id": f"steady {day} {number}",
                "visitor_id": f"device{number}",
                "occurred_at": self.began + day * DAY + number * MINUTE,
                "points": 1,
                **({"lead": {"id": "ann"}} if day else {}),
            }
            for day in range(2)
            for number in range(DEVICES)
        ]

    def note(self, server: Server) -> None:
        """What is answered from now on."""
        sessions = server.settled(2 * DEVICES, to=self.upto)
        assert [session["event_count"] for session in sessions] == [DEVICES, DEVICES]
        self._paths += [f"/v1/sessions/{session['id']}" for session in sessions]
        for path in self._paths:
            answer = server.ask("GET", path)
            assert answer.status_code == 200, answer.text
            self._expected[path] = answer.json()["data"]

    def step(self, client: httpx.Client) -> None:
        path = self._paths[self._turn % len(self._paths)]
        self._turn += 1
        answer = client.get(path)
        self._known.answered("GET steady", answer)
        need(
            answer.status_code in (200, 503)
            and answer.json().get("data", self._expected[path]) == self._expected[path],
            f"{path} answered {answer.status_code} {answer.text[:2000]}, not {self._expected[path]}",
        )


class Scene:
    """The nodes, the servers, and who asks them."""

    def __init__(self, cluster: Cluster, pair: tuple[Server, Server], seed: int) -> None:
        self.cluster = cluster
        self.pair = pair
        self.known = Known()
        self.copy = Copy()
        self.chance = random.Random(seed)
        steady = Steady(self.known)
        self.known.attempt(steady.events())
        self.known.took(steady.events(), pair[0].send(*steady.events()))
        steady.note(pair[0])
        readers = steps(self.known, seed, senders=2, readers=1)
        self.load = Load(pair, self.known, [*readers, steady.step])
        self.load.go()

    def answered(self, status: int) -> int:
        with self.known.lock:
            return sum(count for what, count in self.known.answers.items() if what.endswith(f" {status}"))

    def await_answers(self, status: int, count: int) -> None:
        before = self.answered(status)
        assert within(LONGEST, lambda: self.answered(status) >= before + count), (status, self.known.answers)

    def recovers(self) -> None:
        """By itself: what asks goes on asking, and is answered."""
        assert within(LONGEST, lambda: all(each.ask("GET", "/readyz").status_code == 200 for each in self.pair))
        self.await_answers(202, 10)
        self.await_answers(200, 10)

    def check(self) -> None:
        """All that was acknowledged is there once, and the sessions are the oracle's."""
        self.load.pause()
        for server in self.pair:
            tell(check(server, self.known, self.copy))
        need(not self.known.answers["ReadTimeout"], "an answer took too long")


@pytest.fixture
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
    tell(f"SOAK_SEED={seed}")
    with running(Path(tmp_path_factory.mktemp("loaded"))) as cluster, two_on(cluster.founded(DATABASE)) as pair:
        scene = Scene(cluster, pair, seed)
        assert all(rows_on(cluster, number) for number in range(2)), "the steady lead lies on one shard alone"
        try:
            yield scene
        finally:
            scene.load.stop()
            tell(f"{dict(scene.known.answers)}")


def rows_on(cluster: Cluster, number: int) -> int:
    asked = {"query": f"SELECT count() FROM {DATABASE}_local.events"}
    return int(httpx.get(f"http://127.0.0.1:{cluster.nodes[number].http}/", params=asked).text)


def kill_node(scene: Scene, number: int) -> None:
    node = scene.cluster.nodes[number]
    node.kill()
    scene.await_answers(503, 6)
    node.start()
    node.wait()


def still_node(scene: Scene, number: int, seconds: float = 3.0) -> None:
    node = scene.cluster.nodes[number]
    node.send(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        node.send(signal.SIGCONT)


def kill_server(scene: Scene, number: int) -> None:
    """The other one goes on meanwhile."""
    scene.pair[number].kill()
    scene.await_answers(202, 6)
    scene.pair[number].start()


def still_server(scene: Scene, number: int) -> None:
    """So long that the other one goes on without it, and it may not write what it was about to."""
    process = scene.pair[number].process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(TOO_LONG)
    finally:
        process.send_signal(signal.SIGCONT)


def kill_both_nodes(scene: Scene, number: int) -> None:
    for node in scene.cluster.nodes:
        node.kill()
    scene.await_answers(503, 6)
    for node in scene.cluster.nodes:
        node.start()
    for node in scene.cluster.nodes:
        node.wait()


def kill_a_server_and_a_node(scene: Scene, number: int) -> None:
    scene.cluster.nodes[number].kill()
    scene.pair[number].kill()
    scene.await_answers(503, 6)
    scene.cluster.nodes[number].start()
    scene.cluster.nodes[number].wait()
    scene.pair[number].start()


def still_node_for_long(scene: Scene, number: int) -> None:
    still_node(scene, number, TOO_LONG)


Fault = Callable[[Scene, int], None]
FAULTS: list[Fault] = [
    kill_node,
    still_node,
    kill_server,
    still_server,
    kill_both_nodes,
    kill_a_server_and_a_node,
    still_node_for_long,
]


@pytest.mark.slow
def test_nodes_and_servers_die_and_stand_still_under_load(scene: Scene) -> None:
    for fault, number in ((kill_node, 1), (kill_node, 0), (still_node, 0), (kill_server, 0)):
        fault(scene, number)
        scene.recovers()
    scene.check()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_whatever_dies_or_stands_still_under_load(scene: Scene) -> None:
    until = time.monotonic() + LONG_SECONDS
    for fault, number in in_turn([(fault, number) for fault in FAULTS for number in range(2)], scene.chance):
        began = time.monotonic()
        fault(scene, number)
        scene.recovers()
        tell(f"{fault.__name__} {number} in {time.monotonic() - began:.1f} s")
        scene.check()
        if time.monotonic() > until:
            break
        scene.load.go()
    check_derived(scene.pair[0])
