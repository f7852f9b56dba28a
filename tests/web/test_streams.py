"""What is read slowly while a changed timeout is switched to: it breaks off, and whoever reads it notices."""

import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from sojourn import Client
from tests.serving import PATIENCE, SECRET, Server

COUNT = 5_000
HOUR_MS = 3_600_000
# Little is on its way at a time, so that most of the answer is made when it is asked for.
SLOWLY = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)])


@pytest.fixture(scope="module")
def streaming(new_server: Callable[[], Server]) -> Iterator[Server]:
    """A server of its own: one lead with many sessions."""
    server = new_server().start()
    base = {"type": "page_view", "visitor_id": "long", "url": "https://x.example/" + "a" * 500}
    first = 1_700_000_000_000
    with Client(f"http://127.0.0.1:{server.port}", SECRET) as client:
        client.send(base | {"event_id": f"e{n}", "occurred_at": first + n * HOUR_MS} for n in range(COUNT))
    yield server
    server.close()


def switch(server: Server, timeout_ms: int) -> None:
    """A timeout at which every session is its own still, and wait until its build is shown."""
    before = server.ask("GET", "/v1/site").json()["data"]["generation"]
    assert server.ask("PATCH", "/v1/site", json={"session_timeout_ms": timeout_ms}).status_code == 202
    deadline = time.monotonic() + PATIENCE
    while server.ask("GET", "/v1/site").json()["data"]["generation"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_leads_document_breaks_off_and_the_client_asks_again(streaming: Server) -> None:
    server = streaming
    assert len(server.settled(COUNT)) == COUNT
    headers = {"Authorization": f"Bearer {SECRET}"}
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", transport=SLOWLY, timeout=PATIENCE) as slow,
        slow.stream("GET", "/v1/leads/long/export", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        pieces = answer.iter_bytes(10_000)
        assert next(pieces).startswith(b'{"data":{"id":"lead_')
        switch(server, 1_800_001)
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    with Client(f"http://127.0.0.1:{server.port}", SECRET) as client:
        document = client.export_lead("long")
        assert (len(document["sessions"]), len(document["events"])) == (COUNT, COUNT)
    assert "an answer was cut off: Unavailable" in server.output()
