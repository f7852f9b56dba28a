"""How soon stored events are listed, and how fast they become a file, with millions of them stored."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.serve import KEY, Row, Served

WANTED_MS, WANTED_ROWS, MOST_MB = 250, 20_000, 1024
FILTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("of two types", {"type": ["purchase", "demo_request"]}),
    ("not suppressed", {"suppressed": "false"}),
    ("suppressed", {"suppressed": "true"}),
    ("with a text in the URL", {"url": "/p/77"}),
    ("not suppressed, of a type, with a text in the URL", {"suppressed": "false", "type": "purchase", "url": "/p/4"}),
)


def rows(server: Served, folder: Path, window: dict[str, str], size: int) -> Iterator[Row]:
    """The figures of events: `window` as the API takes it, `size` how many are stored."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=300) as client:
        first = _listed(client, {**window, "limit": 40})
        leads = [{**window, "lead_id": event["lead_id"]} for event in first]
        # Days and hours from all over the month.
        ends = [f"2026-01-{day:02}T{day * 7 % 24:02}:13:00Z" for day in range(3, 30)]
        yield _row("events, first page, p95", client, [window] * 40)
        yield _row("events, a page far behind, p95", client, [{**window, "to": end} for end in ends])
        yield _row("events, a lead's, p95", client, leads)
        for what, filters in FILTERS:
            yield _row(f"events, {what}, p95", client, [{**window, "to": end, **filters} for end in ends])
    yield from _exported(folder, window["from"], min(size, 2_000_000))


def _listed(client: httpx.Client, question: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.get("/v1/events", params=question)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]
    return found


def _row(what: str, client: httpx.Client, questions: list[dict[str, Any]]) -> Row:
    times = []
    for question in questions:
        started = time.perf_counter()
        _listed(client, question)
        times.append(time.perf_counter() - started)
    took = float(np.percentile(times, 95)) * 1000
    return Row(what, f"{took:.0f} ms", f"≤ {WANTED_MS} ms", took <= WANTED_MS)


def _exported(folder: Path, since: str, most: int) -> Iterator[Row]:
    """By the command, which goes on page by page."""
    command = [sys.executable, "-m", "sojourn", "events", "--data", str(folder), "--format", "parquet"]
    target = folder.parent / "events.parquet"
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--from", since, "--limit", str(most), "-o", str(target)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "the export failed"
    speed = most / (time.monotonic() - started)
    what = f"events, export of the newest {most:,} to Parquet"
    # Of a small store most of the time is the command's start.
    yield Row(what, f"{speed:,.0f} rows/s", f"≥ {WANTED_ROWS:,} rows/s", speed >= WANTED_ROWS or most < 1_000_000)
    peak = usage.ru_maxrss / 1024
    yield Row("… resident, the command's peak", f"{peak:,.0f} MB", f"≤ {MOST_MB:,} MB", peak <= MOST_MB)
