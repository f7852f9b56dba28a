"""HTTP to the nodes of a cluster which waits for an answer, and until all is taken that is sent, as long as the node
lives, however long that takes; and takes no answer that is not whole.
"""

import io
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

from clickhouse_connect.driver.httputil import get_pool_manager
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

# Seconds: how often one that does not answer is asked whether it lives, how long it may take to say so, and the longest
# that anything takes.
ASK_AFTER, LIVES_WITHIN, LONGEST = 5, 10, 3600
_PIECE = 1 << 18
_NO_SIGN = "the node gives no sign of life"


def patient_pools(is_verified: bool, ca: str | None) -> PoolManager:
    """Pools of connections that raise a timeout once the node does not even answer `/ping`: the system that it runs on
    takes what is sent, and confirms it, also while the node itself stands still.
    """
    pings = get_pool_manager(verify=is_verified, ca_cert=ca, timeout=LIVES_WITHIN)

    def ping(url: str) -> None:
        try:
            answer = pings.request("GET", url, headers={"Connection": "close"}, retries=False, redirect=False)
        except HTTPError as error:
            raise TimeoutError(_NO_SIGN) from error
        if answer.status != HTTPStatus.OK:
            raise TimeoutError(_NO_SIGN)

    pools: PoolManager = get_pool_manager(verify=is_verified, ca_cert=ca)
    pools.pool_classes_by_scheme = {
        "http": _pool_class(HTTPConnectionPool, HTTPConnection, ping),
        "https": _pool_class(HTTPSConnectionPool, HTTPSConnection, ping),
    }
    return pools


def _pool_class(
    pool: type[HTTPConnectionPool], connection: type[HTTPConnection], ping: Callable[[str], None]
) -> type[HTTPConnectionPool]:
    class Patient(connection):  # type: ignore[misc, valid-type]
        def response_class(self, sock: socket.socket, **options: Any) -> HTTPResponse:
            return _Answer(_Read(sock, self._check), **options)  # type: ignore[arg-type]

        def send(self, data: Any) -> None:
            """Else the time to connect were that for all of a body, however large."""
            if isinstance(data, bytes) and len(data) > _PIECE:
                _send(self.sock, data, self._check)
            else:
                super().send(data)

        def _check(self) -> None:
            host = f"[{self.host}]" if ":" in self.host else self.host
            ping(f"{pool.scheme}://{host}:{self.port}/ping")

    return type(pool.__name__, (pool,), {"ConnectionCls": Patient})


def _send(sock: socket.socket, body: bytes, check: Callable[[], None]) -> None:
    """While the peer lives and takes it."""
    deadline, left = time.monotonic() + LONGEST, memoryview(body)
    sock.settimeout(ASK_AFTER)
    while left:
        try:
            left = left[sock.send(left[:_PIECE]) :]
        except TimeoutError:
            if time.monotonic() > deadline:
                raise
            check()


class _Answer(HTTPResponse):
    def begin(self) -> None:
        """A connection that ends within the headers ends them, for the standard library; the answer were then one of no
        rows. But a node says of every answer how long it is.
        """
        super().begin()
        if self.length is None and not self.chunked:
            raise RemoteDisconnected("the connection ended within the headers of an answer")


class _Read(io.RawIOBase):
    """What a socket's peer sends, waited for while it lives."""

    def __init__(self, sock: socket.socket, check: Callable[[], None]) -> None:
        self._sock = sock
        self._check = check
        self._held = sock.makefile("rb", buffering=0)  # keeps it open when the connection is given up before its answer

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        deadline = time.monotonic() + LONGEST
        self._sock.settimeout(ASK_AFTER)
        while True:
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
                self._check()

    def close(self) -> None:
        self._held.close()
        super().close()
