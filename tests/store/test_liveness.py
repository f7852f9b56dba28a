"""How long an answer is waited for: as long as who is asked lives. In place of a node, a server that takes its time, or
ends in the middle.
"""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from sojourn.store import liveness
from tests.tls import certificate, speaking_tls

__all__ = ["certificate"]

SLOW = 1.0
LARGE = bytes(20_000_000)  # more than the system takes for a peer that reads nothing


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers `/ping` at once, or never; everything else in two pieces after a while each."""

    lives = True
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/ping":
            time.sleep(0 if self.lives else 3 * SLOW)
            self._begin(b"Ok.\n", b"")
        else:
            time.sleep(SLOW)
            self._begin(b"one ", b"two")
            time.sleep(SLOW)
            self.wfile.write(b"two")

    def do_POST(self) -> None:
        time.sleep(SLOW)
        self._begin(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode(), b"")

    def _begin(self, sent: bytes, later: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(sent + later)))
        self.end_headers()
        self.wfile.write(sent)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class Still(Slow):
    lives = False

    def do_POST(self) -> None:
        time.sleep(3 * SLOW)
        self.close_connection = True


class CutOff(Slow):
    def do_GET(self) -> None:
        self.send_response(200)
        self.flush_headers()
        self.close_connection = True


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Who gave it up is gone."""


class OnSix(Quiet):
    address_family = socket.AF_INET6


@contextmanager
def serving(server: http.server.ThreadingHTTPServer) -> Iterator[int]:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> PoolManager:
    monkeypatch.setattr(liveness, "ASK_AFTER", 0.2)
    monkeypatch.setattr(liveness, "LIVES_WITHIN", 0.5)
    return liveness.patient_pools(True, str(certificate))


def node(handler: type[Slow], scheme: str, certificate: Path) -> http.server.ThreadingHTTPServer:
    server = Quiet(("127.0.0.1", 0), handler)
    if scheme == "https":
        server.socket = speaking_tls(certificate).wrap_socket(server.socket, server_side=True)
    return server


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_that_lives_is_waited_for(pools: PoolManager, scheme: str, certificate: Path) -> None:
    with serving(node(Slow, scheme, certificate)) as port:
        for _ in range(2):  # the second time by the same connection
            assert pools.request("GET", f"{scheme}://127.0.0.1:{port}/", timeout=60).data == b"one two"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_that_stands_still_is_given_up(pools: PoolManager, scheme: str, certificate: Path) -> None:
    with serving(node(Still, scheme, certificate)) as port, pytest.raises(HTTPError):
        pools.request("GET", f"{scheme}://127.0.0.1:{port}/", timeout=60, retries=False)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_that_takes_a_large_body_slowly_is_waited_for(pools: PoolManager, scheme: str, certificate: Path) -> None:
    with serving(node(Slow, scheme, certificate)) as port:
        patience = Timeout(connect=SLOW / 2, read=60)
        answer = pools.request("POST", f"{scheme}://127.0.0.1:{port}/", body=LARGE, timeout=patience, retries=False)
    assert answer.data == str(len(LARGE)).encode()


def test_one_that_takes_no_more_and_stands_still_is_given_up(pools: PoolManager, certificate: Path) -> None:
    with serving(node(Still, "http", certificate)) as port, pytest.raises(HTTPError):
        pools.request("POST", f"http://127.0.0.1:{port}/", body=LARGE, timeout=60, retries=False)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_headers_that_are_cut_off_are_no_answer(pools: PoolManager, scheme: str, certificate: Path) -> None:
    with serving(node(CutOff, scheme, certificate)) as port, pytest.raises(HTTPError):
        pools.request("GET", f"{scheme}://127.0.0.1:{port}/", timeout=60, retries=False)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_host_may_be_an_address_with_colons(pools: PoolManager) -> None:
    with serving(OnSix(("::1", 0), Slow)) as port:
        assert pools.request("GET", f"http://[::1]:{port}/", timeout=60).data == b"one two"
