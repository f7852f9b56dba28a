"""A store of millions of events: how long it takes to fill it, to ask it and to change it, and what peers take.

    python -m bench.scale --size 20000000

The import runs as the command, in a process of its own; then a real `sojourn serve` on the folder is asked by HTTP, one
request after the other, in silence and while 1,000 events/s come in. The peers ask the same of the same sessions, in a
Parquet file that Sojourn exported.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench import events, pages, stored_peers
from bench.serve import KEY, Row, Served, send_crowd, served

OUT = Path(__file__).parent / "out"
MAP = ",".join(
    [
        "id=event_id,visitor=visitor_id,time=occurred_at",
        *(f"{name}={name}" for name in ("type", "url", "points", "email", "referrer", "campaign", "device", "country")),
        "value=value",
    ]
)
WINDOW = {"from": "2026-01-01", "to": "2026-02-01"}
FILTERS: list[dict[str, Any]] = [
    {"min_duration": 900},
    {"max_duration": 5},
    {"min_events": 20},
    {"max_points": 0},
    {"min_intent": 70},
    {"entry_point": "form_submit"},
    {"exit_point": "purchase"},
    {"entry_url": "https://example.com/p/7"},
    {"exit_url": "https://example.com/p/49*"},
    {"has_event": ["demo_request", "purchase"]},
    {"converted": "true"},
    {"goal": "trial_signup"},
    {"intent": "low"},
    {"channel": "organic_social"},
    {"campaign": "newsletter_04"},
    {"country": "NG"},
    {"device": "tablet"},
]
LOADED = " while 1,000 events/s come in"
Ask = Callable[[dict[str, Any]], httpx.Response]


def events_file(size: int) -> Path:
    path = OUT / f"rich-{size}.parquet"
    if not path.exists():
        OUT.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "bench.rich_events", str(size), str(path)], check=True)
    return path


def rows(size: int) -> Iterator[Row]:
    """Every figure of a store with so many events."""
    scale = size / 20_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        seconds, peak_mb = _import(events_file(size), folder)
        yield _row(f"`import` of {size:,} events, sessions included", seconds, 60 * max(scale, 0.1), "{:.1f} s")
        yield _row("… peak resident", peak_mb, 3072, "{:,.0f} MB")
        with served(folder) as server:
            yield _row("`serve` ready", server.ready, 3, "{:.1f} s")
            with _client(server) as client:
                times = _timed(lambda _: client.get("/v1/sessions", params=WINDOW), [{}] * 40)
            yield _row("first page while what the import left is merged, p95", times, 30, "{:.0f} ms")
            yield Row("… until the server rests", f"{_calm(server):.0f} s", "", is_reached=True)
            yield _row("resident at rest", server.resident_mb(), 1024, "{:,.0f} MB")
            yield from _asked(server, "", 1)
            yield from pages.rows(server, folder, WINDOW, FILTERS, _ids(server))
            yield from events.rows(server, folder, WINDOW, size)
            with _load(server):
                yield from _asked(server, LOADED, 2)
                yield _spent(server)
            yield from _exported(server, folder, scale)
            yield from _changed(server, scale, 3_600_000)
            with _load(server):
                yield from _changed(server, scale, 1_800_000, LOADED, 2)
        yield from stored_peers.rows(Path(name) / "sessions.parquet")
    yield from _imported_under_load(size, scale)


def _import(source: Path, folder: Path) -> tuple[float, float]:
    """Seconds of the whole command, and its peak memory in MB."""
    command = [sys.executable, "-m", "sojourn", "import", str(source), "--data", str(folder), "--map", MAP]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "the import failed"
    return time.monotonic() - started, usage.ru_maxrss / 1024


def _imported_under_load(size: int, scale: float) -> Iterator[Row]:
    """Through a server that takes other events meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        with served(folder) as server, _load(server):
            seconds, _ = _import(events_file(size), folder)
            since = time.monotonic()
            with _client(server) as client:  # none of the file's sessions is shown before all are built
                while not client.get("/v1/sessions", params=WINDOW).json()["data"]:
                    time.sleep(0.2)
            seconds += time.monotonic() - since
            yield _row("`import` of as many" + LOADED, seconds, 120 * max(scale, 0.1), "{:.1f} s")
            yield Row("… resident, the server after it", f"{server.resident_mb():,.0f} MB", "", is_reached=True)


def _spent(server: Served) -> Row:
    """What the load alone takes."""
    began, before = time.monotonic(), server.cpu_seconds()
    time.sleep(10)
    share = (server.cpu_seconds() - before) / (time.monotonic() - began)
    return Row("processor of the server" + LOADED, f"{share:.2f} cores", "", is_reached=True)


def _calm(server: Served) -> float:
    """Seconds until the server has used less than a twentieth of a core for two seconds: parts are merged by then."""
    started = time.monotonic()
    while True:
        before = server.cpu_seconds()
        time.sleep(2)
        if server.cpu_seconds() - before < 0.1:
            return time.monotonic() - started


def _p95(times: list[float]) -> float:
    return float(np.percentile(times, 95)) * 1000


def _timed(ask: Ask, questions: list[dict[str, Any]]) -> float:
    """The p95 of the answers' times in milliseconds."""
    times = []
    for question in questions:
        started = time.perf_counter()
        ask(question).raise_for_status()
        times.append(time.perf_counter() - started)
    return _p95(times)


@contextmanager
def _client(server: Served) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=300) as client:
        yield client


def _asked(server: Served, when: str, times: float) -> Iterator[Row]:
    chance = random.Random(5)
    with _client(server) as client:

        def listed(question: dict[str, Any]) -> httpx.Response:
            return client.get("/v1/sessions", params={**WINDOW, **question})

        def one(question: dict[str, Any]) -> httpx.Response:
            return client.get(f"/v1/sessions/{question['id']}")

        listed({})
        first = listed({"limit": 200}).json()
        pairs = [chance.choice(FILTERS) | chance.choice(FILTERS) for _ in range(40)]
        leads = [{"lead_id": session["lead_id"]} for session in first["data"][:40]]
        ids = [{"id": session["id"]} for session in first["data"][:40]]
        deep = _deep(client)
        figures: tuple[tuple[str, Ask, list[dict[str, Any]], float], ...] = (
            ("first page without filter", listed, [{}] * 40, 30),
            ("any one filter over 30 days", listed, FILTERS * 2, 250),
            ("any two filters together over 30 days", listed, pairs, 250),
            ("one lead's sessions", listed, leads, 50),
            ("one session with its events", one, ids, 30),
            ("a page far behind, by cursor", lambda question: client.get("/v1/sessions", params=question), deep, 30),
        )
        for what, ask, questions, wanted in figures:
            yield _row(f"{what}{when}, p95", _timed(ask, questions), wanted * times, "{:.0f} ms")


def _ids(server: Served) -> list[str]:
    with _client(server) as client:
        found = client.get("/v1/sessions", params={**WINDOW, "limit": 40}).json()["data"]
    return [session["id"] for session in found]


def _deep(client: httpx.Client) -> list[dict[str, Any]]:
    """Cursors from all over the month."""
    found = []
    for day in range(2, 30):
        page = client.get(
            "/v1/sessions", params={"from": "2026-01-01", "to": f"2026-01-{day:02}T13:00:00Z", "limit": 5}
        )
        cursor = page.json()["next_cursor"]
        found += [{"cursor": cursor}] if cursor else []
    return found


@contextmanager
def _load(server: Served) -> Iterator[None]:
    stop = threading.Event()
    load = threading.Thread(target=send_crowd, args=(server, stop, 1000, [f"v{n}" for n in range(5000)]))
    load.start()
    try:
        time.sleep(3)
        yield
    finally:
        stop.set()
        load.join()


def _exported(server: Served, folder: Path, scale: float) -> Iterator[Row]:
    target = folder.parent / "sessions.parquet"
    command = [
        sys.executable,
        "-m",
        "sojourn",
        "sessions",
        "--data",
        str(folder),
        "--format",
        "parquet",
        "-o",
        str(target),
    ]
    started = time.monotonic()
    process = subprocess.Popen([*command, "--from", "2026-01-01"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "the export failed"
    yield _row("export of all sessions to Parquet", time.monotonic() - started, 20 * max(scale, 0.1), "{:.1f} s")
    yield _row("… resident, the command's peak", usage.ru_maxrss / 1024, 1024, "{:,.0f} MB")
    yield _row("… resident, the server then", server.resident_mb(), 1024, "{:,.0f} MB")


def _changed(server: Served, scale: float, timeout_ms: int, when: str = "", times: int = 1) -> Iterator[Row]:
    with _client(server) as client:
        patch = {"session_timeout_ms": timeout_ms}
        started = time.monotonic()
        client.patch("/v1/site", params={"dry_run": "true"}, json=patch).raise_for_status()
        took, scaled = time.monotonic() - started, times * max(scale, 0.1)
        yield _row(f"timeout change, dry run{when}", took, 5 * scaled, "{:.1f} s")
        started, pages = time.monotonic(), []
        client.patch("/v1/site", json=patch).raise_for_status()
        while client.get("/v1/site").json()["data"]["building"] is not None:
            asked = time.perf_counter()
            client.get("/v1/sessions", params=WINDOW).raise_for_status()
            pages.append(time.perf_counter() - asked)
            time.sleep(0.2)
        yield _row(f"timeout change, applied{when}", time.monotonic() - started, 90 * scaled, "{:.1f} s")
        yield _row("… first page meanwhile, p95", _p95(pages), 60 * times, "{:.0f} ms")


def _row(what: str, value: float, wanted: float, form: str) -> Row:
    return Row(what, form.format(value), f"≤ {form.format(wanted)}", value <= wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    for row in rows(parser.parse_args().size):
        mark = "" if row.is_reached else "NOT REACHED"
        sys.stdout.write(f"{row.what:66} {row.measured:>14} {row.wanted:>14} {mark}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
