"""A wire between a server and a node, or between two nodes, that can be cut, slow, or tell other words, and a node that
answers with errors.
"""

import contextlib
import re
import socket
import ssl
import threading
import time
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
        self._answers: list[list[int]] = []  # of each connection, the bytes until its answer is cut, if it is
        self._are_answers = False  # what is cut
        self._seconds = 0.0
        self._is_failing = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, pattern: bytes, *counts: int) -> None:
        """The next connections in which this goes to the target are cut so many bytes later, both ways."""
        self._cut(re.compile(pattern), counts, are_answers=False)

    def cut_answers(self, pattern: bytes, *counts: int) -> None:
        """The next connections in which this goes to the target are cut when so many bytes of an answer have come."""
        self._cut(re.compile(pattern, re.DOTALL), counts, are_answers=True)

    def _cut(self, pattern: re.Pattern[bytes], counts: tuple[int, ...], *, are_answers: bool) -> None:
        """In place of what was told before."""
        self._pattern, self._due, self._are_answers = pattern, list(counts), are_answers
        while self._answers:
            self._answers.pop().clear()

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Within the block every answer is held back for so long."""
        self._seconds = seconds
        try:
            yield
        finally:
            self._seconds = 0.0

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
            left: int | None = None  # bytes until the cut
            answer: list[int] = []  # the same of what comes back
            threading.Thread(target=self._back, args=(node, client, answer), daemon=True).start()
            while piece := client.recv(_PIECE):
                if self._is_failing:
                    client.sendall(_ANSWER)
                    break
                if left is None and self._due and (found := self._pattern.search(piece)):
                    count = self._due.pop()
                    if self._are_answers:
                        answer[:] = [count]
                        self._answers.append(answer)
                    else:
                        left = found.start() + count
                node.sendall(piece[:left])
                left = None if left is None else left - len(piece)
                if left is not None and left <= 0:
                    self.cuts += 1
                    break
            for end in (client, node):
                end.shutdown(socket.SHUT_RDWR)

    def _back(self, node: socket.socket, client: socket.socket, left: list[int]) -> None:
        with contextlib.suppress(OSError):
            while piece := node.recv(_PIECE):
                if self._seconds:
                    time.sleep(self._seconds)
                piece = piece.replace(*self.instead) if self.instead[0] else piece
                until = left[:1]
                client.sendall(piece[: until[0]] if until else piece)
                if until and until[0] <= len(piece):
                    self.cuts += 1
                    break
                left[:] = [each - len(piece) for each in left]
            client.shutdown(socket.SHUT_RDWR)
