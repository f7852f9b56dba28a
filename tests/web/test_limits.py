"""Rate limits and body limits through a real server, and the hour in which a rotated key still works."""

import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sojourn.app import Sojourn
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.place import Place
from sojourn.web.asgi import Application
from sojourn.web.connection import connect
from sojourn.web.ingest import MAX_BODY
from tests.conftest import NOW
from tests.serving import SECRET, WRITE, Server, run

EVENT = {"type": "click", "visitor_id": "limits"}
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that allows five requests and ten events a minute."""
    limits = {"SOJOURN_READ_LIMIT": "5", "SOJOURN_EVENT_LIMIT": "10"}
    server = Server(tmp_path_factory.mktemp("strict"), **limits).start()
    yield server
    server.close()


def make_key(server: Server, kind: str) -> str:
    done = run("keys", "create", "--kind", kind, "--data", str(server.folder))
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[0]


def check_refused(answer: httpx.Response) -> None:
    seconds = int(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert 1 <= seconds <= 61
    assert answer.json() == {
        "error": "RateLimitExceeded",
        "message": f"Too many requests. Retry after {seconds} seconds.",
    }


def test_reading_is_limited_for_each_secret_key(strict: Server) -> None:
    key = make_key(strict, "secret")
    paths = ["/v1/sessions", "/v1/site", "/v1/sessions/none", "/nothing", "/v1/refusals"]
    assert [strict.ask("GET", path, key).status_code for path in paths] == [200, 200, 404, 404, 200]
    check_refused(strict.ask("GET", "/v1/sessions", key))
    check_refused(strict.ask("PATCH", "/v1/site", key, json={"name": "not taken"}))
    assert strict.ask("GET", "/v1/site").json()["data"]["name"] != "not taken"
    assert strict.ask("POST", "/v1/events", key, json=EVENT).status_code == 202
    assert strict.ask("GET", "/healthz", None).status_code == 200


def test_sending_is_limited_for_each_publishable_key_and_a_batch_is_taken_whole_or_not(strict: Server) -> None:
    key = make_key(strict, "publishable")

    def send(count: int) -> httpx.Response:
        return strict.ask("POST", "/v1/events", key, json={"events": [EVENT] * count})

    assert send(7).json()["accepted"] == 7
    refused = send(4)
    check_refused(refused)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "retry-after" in refused.headers["Access-Control-Expose-Headers"]
    assert send(3).json()["accepted"] == 3
    check_refused(strict.ask("POST", "/v1/events", key, json=EVENT))
    assert strict.ask("POST", "/v1/events", WRITE, json=EVENT).status_code == 202


def test_a_batch_that_could_never_be_taken_is_told_to_be_smaller(strict: Server) -> None:
    answer = strict.ask("POST", "/v1/events", WRITE, json={"events": [EVENT] * 11})
    assert answer.status_code == 413
    assert answer.json()["error"] == "PayloadTooLarge"
    assert "11 events" in answer.json()["message"]
    assert "10 a minute" in answer.json()["message"]
    assert "Retry-After" not in answer.headers


def test_a_secret_key_sends_without_a_limit_and_so_does_the_owner_on_the_socket(strict: Server) -> None:
    assert strict.send(*[EVENT] * 100)["accepted"] == 100
    with connect(Place(strict.folder)) as client:
        assert [client.get("/v1/site").status_code for _ in range(20)] == [200] * 20
        assert client.post("/v1/events", json={"events": [EVENT] * 100}).json()["accepted"] == 100


def padded(size: int) -> bytes:
    body = json.dumps({"events": [EVENT]}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 202), (MAX_BODY + 1, 413)])
def test_a_body_takes_five_million_bytes(server: Server, size: int, status: int) -> None:
    body = padded(size)
    encoded = {"gzip": gzip.compress(body, 1), "deflate": zlib.compress(body, 1)}
    assert server.ask("POST", "/v1/events", content=body).status_code == status
    chunks = (body[at : at + 65_536] for at in range(0, size, 65_536))
    assert server.ask("POST", "/v1/events", content=chunks).status_code == status
    for encoding, content in encoded.items():
        headers = {"Content-Encoding": encoding}
        assert server.ask("POST", "/v1/events", content=content, headers=headers).status_code == status


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(server: Server) -> None:
    packer = zlib.compressobj(1, wbits=31)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(60)) + packer.flush()
    assert len(bomb) < MAX_BODY
    before = resident_mb(server)
    answer = server.ask("POST", "/v1/events", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert resident_mb(server) - before < 200


def resident_mb(server: Server) -> float:
    assert server.process
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1_000_000


def test_a_gzip_body_of_several_parts_is_read_whole_and_of_endless_ones_not(server: Server) -> None:
    headers = {"Content-Encoding": "gzip"}
    text = json.dumps({"events": [EVENT, EVENT]}).encode()
    parts = gzip.compress(text[:20]) + gzip.compress(text[20:])
    answer = server.ask("POST", "/v1/events", content=parts, headers=headers)
    assert answer.json()["accepted"] == 2
    for broken in (gzip.compress(b"") * 101, gzip.compress(text) + b"more", gzip.compress(text)[:-9], b"no gzip"):
        answer = server.ask("POST", "/v1/events", content=broken, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"] == "InvalidRequest"


@pytest.mark.parametrize(("size", "status"), [(100_000, 202), (100_001, 413)])
def test_a_lone_event_takes_a_hundred_thousand_bytes(server: Server, size: int, status: int) -> None:
    body = json.dumps({**EVENT, "properties": {"text": ""}}).encode()
    text = b"x" * (size - len(body))
    answer = server.ask("POST", "/v1/events", content=body.replace(b'"text": ""', b'"text": "' + text + b'"'))
    assert answer.status_code == status
    assert status == 202 or answer.json()["error"] == "PayloadTooLarge"


def exchange(server: Server, length: int, body: bytes) -> bytes:
    """What is answered to a body whose Content-Length says so; the client goes away where more was promised."""
    fields = f"Host: x\r\nConnection: close\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {length}"
    head = f"POST /v1/events HTTP/1.1\r\n{fields}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head.encode() + body)
        if length > len(body):
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65_536):
            answer += part
        return answer


def test_a_length_that_is_not_the_bodys_takes_nothing_beyond_it(server: Server) -> None:
    body = json.dumps({"type": "click", "visitor_id": "liar"}).encode()
    assert b"202 " not in exchange(server, len(body) + 10, body)
    assert exchange(server, len(body), body).startswith(b"HTTP/1.1 202 ")
    assert exchange(server, len(body) - 5, body).startswith(b"HTTP/1.1 400 ")
    assert [session["event_count"] for session in server.settled(1, lead_id="liar")] == [1]


@pytest.mark.anyio
async def test_a_rotated_key_works_for_one_hour_beside_the_new_one(
    app: Sojourn, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, old_text = app.keys.create(DEFAULT_SITE, "secret", is_test=False, now_ms=NOW)
    _, new_text = app.keys.rotate(old.key_hash[:12], NOW)
    transport = httpx.ASGITransport(app=Application(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn") as client:

        async def statuses(at: int) -> list[int]:
            monkeypatch.setattr(app, "now_ms", lambda: at)
            headers = [{"Authorization": f"Bearer {text}"} for text in (old_text, new_text)]
            return [(await client.get("/v1/refusals", headers=each)).status_code for each in headers]

        assert await statuses(NOW) == [200, 200]
        assert await statuses(NOW + HOUR_MS - 1) == [200, 200]
        assert await statuses(NOW + HOUR_MS) == [401, 200]
        assert await statuses(NOW + 365 * 24 * HOUR_MS) == [401, 200]


@pytest.mark.anyio
async def test_after_the_seconds_that_retry_after_says_it_is_taken(
    app: Sojourn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = app.keys.create(DEFAULT_SITE, "secret", is_test=False, now_ms=NOW)
    monkeypatch.setattr(app, "bounds", type(app.bounds)(reads=2))
    transport = httpx.ASGITransport(app=Application(app))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn", headers=headers) as client:

        async def ask(at: int) -> httpx.Response:
            monkeypatch.setattr(app, "now_ms", lambda: at)
            return await client.get("/v1/refusals")

        assert [(await ask(NOW + late)).status_code for late in (0, 20_000)] == [200, 200]
        refused = await ask(NOW + 30_000)
        check_refused(refused)
        wait = int(refused.headers["Retry-After"]) * 1000
        assert (await ask(NOW + 30_000 + wait - 1000)).status_code == 429
        assert (await ask(NOW + 30_000 + wait)).status_code == 200
