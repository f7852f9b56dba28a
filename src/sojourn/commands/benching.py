"""What this machine does: events imported, sent and asked, by the commands and requests of any other day."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from sojourn.clock import clock_ms
from sojourn.commands.terminal import err, out
from sojourn.errors import Unavailable
from sojourn.model.site import DAY_MS

SEED = 11
EVENTS_A_SESSION, SESSIONS_A_VISITOR = 6, 2
GAP_MS = 75_000.0
TYPES = ("page_view", "click", "email_open", "form_submit", "add_to_cart", "purchase")
SHARES = (0.66, 0.16, 0.08, 0.04, 0.04, 0.02)
PAGES = 500
ROUNDS, BATCHES, BATCH = 40, 40, 500
STARTS_WITHIN = 60.0
MAP = "id=event_id,visitor=visitor_id,time=occurred_at,type=type,url=url,points=points"


class Figure(NamedTuple):
    """A line of the table."""

    what: str
    measured: str


def bench(count: int) -> None:
    """All of it in a folder for temporary files, which is removed. Raises Unavailable when a step of it fails."""
    figures = Table("what", "measured")
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        for figure in _figures(Path(name), count):
            err.print(f"{figure.what}: {figure.measured}", style="dim") if err.is_terminal else None
            figures.add_row(*figure)
    out.print(figures)


def made_up(count: int, end_ms: int) -> pa.Table:
    """About so many events of the 29 days before an instant, ordered by time; the same ones for the same instant.

    Sessions have a geometric number of events with exponential gaps.
    """
    rng = np.random.default_rng(SEED)
    sessions = max(1, count // EVENTS_A_SESSION)
    lengths = rng.geometric(1 / EVENTS_A_SESSION, sessions)
    total = int(lengths.sum())
    session = np.repeat(np.arange(sessions), lengths)
    elapsed = np.cumsum(rng.exponential(GAP_MS, total))
    elapsed -= elapsed[np.cumsum(lengths) - lengths][session]
    begins = end_ms - rng.integers(DAY_MS, 30 * DAY_MS, sessions)
    visitor = rng.integers(0, max(1, sessions // SESSIONS_A_VISITOR), sessions)[session]
    at = np.minimum(begins[session] + elapsed.astype(np.int64), end_ms)
    columns: dict[str, Any] = {
        "event_id": [f"e{number}" for number in range(total)],
        "visitor_id": [f"v{number}" for number in visitor.tolist()],
        "occurred_at": pa.array(at, pa.timestamp("ms", "UTC")),
        "type": [TYPES[kind] for kind in rng.choice(len(TYPES), total, p=SHARES).tolist()],
        "url": [f"https://example.com/p/{page}" for page in rng.integers(0, PAGES, total).tolist()],
        "points": rng.integers(0, 10, total),
    }
    return pa.table(columns).sort_by("occurred_at")


def _figures(folder: Path, count: int) -> Iterator[Figure]:
    source, data = folder / "events.parquet", folder / "data"
    events = made_up(count, clock_ms())
    pq.write_table(events, source)
    columns = ["--lead", "visitor_id", "--time", "occurred_at"]
    for what, arguments in (
        ("sessionize", [str(source), "-o", str(folder / "sessions.parquet"), *columns]),
        ("import", [str(source), "--data", str(data), "--map", MAP]),
    ):
        took = _clocked(lambda: _run(what, *arguments))  # noqa: B023 - used at once
        rate = f"{events.num_rows / took:,.0f} events/s"
        yield Figure(f"{what} of {events.num_rows:,} events, sessions included", f"{took:.1f} s, {rate}")
    with _served(data) as client:
        yield from _asked(client)
        yield from _sent(client)


def _asked(client: httpx.Client) -> Iterator[Figure]:
    def listed(question: dict[str, Any]) -> httpx.Response:
        return client.get("/v1/sessions", params=question).raise_for_status()

    shown = listed({"limit": ROUNDS}).json()["data"]
    asked: tuple[tuple[str, Callable[[dict[str, Any]], Any], list[dict[str, Any]]], ...] = (
        ("first page of sessions", listed, [{}] * ROUNDS),
        ("… by a filter", listed, [{"min_duration": 60 * minutes} for minutes in range(ROUNDS)]),
        ("one lead's sessions", listed, [{"lead_id": each["lead_id"]} for each in shown]),
        ("one session with its events", lambda each: client.get(f"/v1/sessions/{each['id']}"), shown),
    )
    for what, ask, questions in asked:
        times = [_clocked(lambda: ask(question)) for question in questions]  # noqa: B023 - used at once
        yield Figure(f"{what}, p95 of {len(times)}", f"{np.percentile(times, 95) * 1000:.0f} ms")


def _sent(client: httpx.Client) -> Iterator[Figure]:
    def batch(number: int) -> dict[str, Any]:
        events = [
            {"type": "page_view", "visitor_id": f"sent{each % 1000}", "event_id": f"s{number}-{each}"}
            for each in range(BATCH)
        ]
        return {"events": events}

    took = _clocked(
        lambda: [client.post("/v1/events", json=batch(number)).raise_for_status() for number in range(BATCHES)]
    )
    yield Figure(f"events sent, {BATCH} a request, durable", f"{BATCHES * BATCH / took:,.0f} events/s")


def _clocked(work: Callable[[], Any]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(*arguments: str) -> None:
    command = [sys.executable, "-m", "sojourn", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - a command of our own
    if done.returncode:
        raise Unavailable(f"sojourn {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def _served(data: Path) -> Iterator[httpx.Client]:
    """A server on the folder, in a process of its own, and who asks it."""
    key = f"sk_live_{secrets.token_hex(16)}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sojourn", "serve", "--data", str(data), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--read-limit", "0", "--log-level", "error"]
    own = {**os.environ, "SOJOURN_SECRET_KEY": key}
    server = subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=headers, timeout=STARTS_WITHIN, trust_env=False) as client:
            _wait(client, server)
            yield client
    except httpx.HTTPError as error:
        raise Unavailable(f"The server did not answer: {error}.") from error
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _wait(client: httpx.Client, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if client.get("/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise Unavailable("The server did not start; try `sojourn serve --data` with an empty folder.")
