"""A wire between a server and a node, or between two nodes, that can be cut or tells other words, and a node that answers
with errors.
"""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator

ERROR = b"Code: 241. DB::Exception: (total) memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)"
_ANSWER = (
    b"HTTP/1.1 500 Internal Server Error\r\nX-ClickHouse-Exception-Code: 241\r\nConnection: close\r\n"
    b"Content-Length: " + str(len(ERROR)).encode() + b"\r\n\r\n" + ERROR
)
_PIECE = 1 << 16


class Proxy:
    """Listens on `port` and passes everything on to `target`, a port of this machine, until it is told otherwise. With a
    certificate it speaks TLS to who connects.
    """

    def __init__(self, target: int = 0, certificate: ssl.SSLContext | None = None) -> None:
        self.target = target
        self._certificate = certificate
        self.cuts = 0
        self.instead: tuple[bytes, bytes] = (b"", b"")  # of which the target says the first, the second is passed on
        self._pattern = re.compile(b"")
        self._due: list[int] = []
        self._is_failing = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, pattern: bytes, *counts: int) -> None:
        """The next connections in which this goes to the target are cut so many bytes later, both ways."""
        self._pattern, self._due = re.compile(pattern), list(counts)

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Within the block every request is answered with an error, and none is passed on."""
        self._is_failing = True
        try:
            yield
        finally:
            self._is_failing = False

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._certificate is not None:
            try:
                client = self._certificate.wrap_socket(client, server_side=True)
            except OSError:  # it does not trust the certificate
                client.close()
                return
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as node:
            node.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._back, args=(node, client, self.instead), daemon=True).start()
            left: int | None = None  # bytes until the cut
            while piece := client.recv(_PIECE):
                if self._is_failing:
                    client.sendall(_ANSWER)
                    break
                if left is None and self._due and (found := self._pattern.search(piece)):
                    left = found.start() + self._due.pop()
                node.sendall(piece[:left])
                left = None if left is None else left - len(piece)
                if left is not None and left <= 0:
                    self.cuts += 1
                    break
            for end in (client, node):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _back(node: socket.socket, client: socket.socket, instead: tuple[bytes, bytes]) -> None:
        with contextlib.suppress(OSError):
            while piece := node.recv(_PIECE):
                client.sendall(piece.replace(*instead) if instead[0] else piece)
            client.shutdown(socket.SHUT_RDWR)
