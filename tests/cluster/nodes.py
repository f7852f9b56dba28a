"""A real cluster for tests: ClickHouse nodes on loopback, each a process of its own out of the embedded engine's wheel.

There is no Keeper in it, so tables are made node by node: Replicated tables and ON CLUSTER cannot be shown here.
Beside the cluster of shards the nodes know one in which they are copies of a single shard.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sojourn.store.address import Address
from sojourn.store.founding import found

NAME = "sojourn"
COPIES = "copies"
STARTS_WITHIN = 60.0

_CONFIG = """<clickhouse>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>{tcp}</tcp_port>
  <http_port>{http}</http_port>
  <max_server_memory_usage>2000000000</max_server_memory_usage>
  <remote_servers>
    <{name}>{shards}</{name}>
    <copies><shard><internal_replication>true</internal_replication>{copies}</shard></copies>
  </remote_servers>
  {more}
</clickhouse>
"""
_NODE_OF = "<replica><host>127.0.0.1</host><port>{tcp}</port></replica>"

# The engine serves for as long as its one statement runs, and reads config.xml in the folder that it runs in.
_NODE = """
import os
import chdb
chdb._chdb.query(
    "SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP;"
    "SELECT sleepEachRow(1) FROM numbers(36000)"
    " SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null",
    "TabSeparated", path=os.path.abspath("data"))
"""


class Node:
    """One process, whose tables outlive it."""

    def __init__(self, folder: Path, tcp: int, http: int) -> None:
        self.folder = folder
        self.tcp = tcp
        self.http = http
        self._process: subprocess.Popen[bytes] | None = None

    def know(self, name: str, nodes: "Sequence[Node]", first_weight: int = 1) -> None:
        """A cluster of these as its shards, once it is started the next time; one of that name before is forgotten."""
        path = self.folder / "config.xml"
        text = re.sub(f"<{name}>.*?</{name}>", "", path.read_text(), flags=re.DOTALL)
        weights = [first_weight, *[1] * (len(nodes) - 1)]
        shards = "".join(
            f"<shard><weight>{weight}</weight>{_NODE_OF.format(tcp=node.tcp)}</shard>"
            for weight, node in zip(weights, nodes, strict=True)
        )
        path.write_text(text.replace("<remote_servers>", f"<remote_servers><{name}>{shards}</{name}>"))

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-c", _NODE], cwd=self.folder, stdout=log, stderr=log)

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.http}/ping", timeout=1):
                return
            assert self._process is not None
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"a node did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGKILL)
            self._process.wait()


class Cluster:
    """Shards of one node each. `wires` has, for each node, the port at which the others reach it, instead of its own;
    `more` what else is in its settings, by its number.
    """

    def __init__(
        self,
        folder: Path,
        shards: int = 2,
        wires: Callable[[int], int] = int,
        more: Callable[[int], str] = lambda _: "",
    ) -> None:
        ports = _free_ports(2 * shards)
        pairs = list(zip(ports[::2], ports[1::2], strict=True))
        seen = {tcp: wires(tcp) for tcp, _ in pairs}
        self.nodes = []
        for number, (tcp, http) in enumerate(pairs, 1):
            place = folder / f"node{number}"
            place.mkdir(parents=True)
            known = [_NODE_OF.format(tcp=each if each == tcp else seen[each]) for each, _ in pairs]
            clusters = {"shards": "".join(f"<shard>{each}</shard>" for each in known), "copies": "".join(known)}
            text = _CONFIG.format(tcp=tcp, http=http, name=NAME, more=more(number), **clusters)
            (place / "config.xml").write_text(text)
            self.nodes.append(Node(place, tcp, http))

    def start(self) -> "Cluster":
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait()
        return self

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def url(self, database: str, cluster: str = NAME) -> str:
        hosts = ",".join(f"127.0.0.1:{node.http}" for node in self.nodes)
        return f"clickhouse://{hosts}/{database}?cluster={cluster}"

    def founded(self, database: str, cluster: str = NAME) -> str:
        """The URL of a database with its tables."""
        url = self.url(database, cluster)
        found(Address.of(url))
        return url


@contextlib.contextmanager
def running(
    folder: Path,
    shards: int = 2,
    wires: Callable[[int], int] = int,
    more: Callable[[int], str] = lambda _: "",
) -> Iterator[Cluster]:
    cluster = Cluster(folder, shards, wires, more)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
