"""The outside of the client: a small HTTP server that answers what a test scripts, and tells what it was asked."""

import json
import threading
from collections.abc import Iterable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit


class Answer(NamedTuple):
    """What to answer; `is_cut` closes the connection in the middle of the body, without a status it is closed at once."""

    status: int | None = 200
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012 - never written
    is_cut: bool = False


class Asked(NamedTuple):
    method: str
    path: str
    parameters: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


HANG_UP = Answer(None)


class Outside:
    """Answers in turn; the last answer is given again and again."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                outside.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Asked(str(handler.command), parts.path, parse_qsl(parts.query), headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        handler.close_connection = True
        if answer.status is None:
            return
        text = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        length = len(text) + 10 if answer.is_cut else len(text)
        handler.send_response_only(answer.status)
        headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True), **answer.headers}
        headers["Content-Length"] = str(length)
        for name, value in {**headers, "Connection": "close"}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)
