"""A real server under load: how many events it takes, how soon they are visible, how soon it is ready.

The load comes from `wrk` (Debian's package of that name) on the same machine, so that server and load share its cores.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

KEY = "sk_live_bench00000000000000000"
LOAD = Path(__file__).with_name("load.lua")
MILLION = 1_000_000


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, the measure, and what it should be."""

    what: str
    measured: str
    wanted: str
    is_reached: bool


@dataclass
class Served:
    port: int
    ready: float
    pid: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sojourn", "serve", "--data", str(folder), "--port", str(port)]
    started = time.monotonic()
    # How soon something is visible is found by asking all the time: more often than a key may by default.
    settings = {"SOJOURN_SECRET_KEY": KEY, "SOJOURN_READ_LIMIT": "0"}
    process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, "the server did not start"
            time.sleep(0.01)
        yield Served(port, time.monotonic() - started, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wrk(server: Served, connections: int, seconds: int, size: int) -> dict[str, float]:
    """Requests a second and the latencies that wrk measured, in milliseconds."""
    tool = shutil.which("wrk")
    assert tool, "wrk is not installed: it is a Debian package of that name"
    run = f"{time.time_ns():x}"
    command = [tool, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", str(LOAD)]
    done = subprocess.run(
        [*command, server.address, "--", KEY, str(size), run], capture_output=True, text=True, check=True
    )
    assert "Non-2xx" not in done.stdout, done.stdout
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])
    tails = {share: _ms(value) for share, value in re.findall(r"(\d\d)%\s+([\d.]+m?u?s)", done.stdout)}
    return {"rate": rate, "p50": tails["50"], "p99": tails["99"]}


def _ms(text: str) -> float:
    number = float(re.findall(r"[\d.]+", text)[0])
    return number / 1000 if text.endswith("us") else number if text.endswith("ms") else number * 1000


def visible(server: Served, seconds: float, rate: int, crowd: list[str]) -> list[float]:
    """Seconds from acknowledgement to visibility of probes, sorted, while `rate` events/s of the crowd come in."""
    stop = threading.Event()
    load = threading.Thread(target=send_crowd, args=(server, stop, rate, crowd))
    load.start()
    took: list[float] = []
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=30) as client:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            lead = f"probe{time.time_ns()}"
            client.post("/v1/events", json={"type": "click", "visitor_id": lead}).raise_for_status()
            sent = time.monotonic()
            while not client.get("/v1/sessions", params={"lead_id": lead}).json()["data"]:
                time.sleep(0.02)
            took.append(time.monotonic() - sent)
    stop.set()
    load.join()
    return sorted(took)


def send_crowd(server: Served, stop: threading.Event, rate: int, visitors: list[str]) -> None:
    """Twenty batches a second, paced by the clock."""
    number, began = 0, time.monotonic()
    with httpx.Client(base_url=server.address, headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as client:
        while not stop.is_set():
            size = rate // 20
            events: list[dict[str, Any]] = [
                {
                    "type": "page_view",
                    "visitor_id": visitors[(number + n) % len(visitors)],
                    "event_id": f"c{began}-{number + n}",
                }
                for n in range(size)
            ]
            client.post("/v1/events", json={"events": events}).raise_for_status()
            number += size
            time.sleep(max(0.0, began + number / rate - time.monotonic()))


def robot(folder: Path) -> None:
    """A million events of one lead, one every two seconds, up to now."""
    import numpy as np
    import polars as pl

    at = int(time.time() * 1000) - 2000 * np.arange(MILLION, 0, -1)
    pages = pl.Series(np.arange(MILLION) % 500).cast(pl.String)
    frame = pl.DataFrame(
        {"who": pl.repeat("robot", MILLION, eager=True), "at": at, "page": "https://shop.example/" + pages}
    )
    path = folder / "robot.parquet"
    frame.with_columns(type=pl.lit("page_view")).write_parquet(path)
    mapping = "visitor=who,time=at,type=type,url=page"
    command = [sys.executable, "-m", "sojourn", "import", str(path), "--data", str(folder / "robot"), "--map", mapping]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def rows() -> Iterator[Row]:
    """Every figure of a serving Sojourn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder / "one") as server:
            yield _row("`serve` ready, empty folder", server.ready, 3, "{:.1f} s")
            result = wrk(server, 256, 15, 1)
            yield _row(
                "durable ingest, one event a request, 256 connections", result["rate"], 4000, "{:,.0f} req/s", more=True
            )
            yield _row("… p99", result["p99"], 200, "{:.0f} ms")
        with served(folder / "many") as server:
            result = wrk(server, 16, 15, 500)
            yield _row("durable ingest, batches of 500", result["rate"] * 500, 50_000, "{:,.0f} events/s", more=True)
        with served(folder / "seen") as server:
            took = visible(server, 20, 1000, [f"v{n}" for n in range(5000)])
            yield _row("accepted → visible at 1,000 events/s, p95", took[int(len(took) * 0.95)], 1, "{:.2f} s")
        robot(folder)
        with served(folder / "robot") as server:
            yield _row("`serve` ready, a million events stored", server.ready, 3, "{:.1f} s")
            took = visible(server, 20, 1000, [f"v{n}" for n in range(5000)] + ["robot"] * 500)
            yield _row("… while one lead holds a million events, p95", took[int(len(took) * 0.95)], 1, "{:.2f} s")
            yield _row("resident after that", server.resident_mb(), 1024, "{:,.0f} MB")


def _row(what: str, value: float, wanted: float, form: str, *, more: bool = False) -> Row:
    sign = "≥" if more else "≤"
    is_reached = value >= wanted if more else value <= wanted
    return Row(what, form.format(value), f"{sign} {form.format(wanted)}", is_reached)


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(
            f"{row.what:60} {row.measured:>20} {row.wanted:>20} {'' if row.is_reached else 'NOT REACHED'}\n"
        )
        sys.stdout.flush()
