"""How soon the pages are there for somebody who is logged in, with millions of events stored."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.serve import Row, Served

PASSWORD = "a bench's password"


@contextmanager
def owner(server: Served, folder: Path) -> Iterator[httpx.Client]:
    """A browser of an owner."""
    command = [sys.executable, "-m", "sojourn", "logins", "invite", "bench@example.com", "--role", "owner"]
    done = subprocess.run([*command, "--data", str(folder)], capture_output=True, text=True, check=True)
    token = re.findall(r"token=([\w-]+)", done.stdout)[0]
    with httpx.Client(base_url=server.address, headers={"Accept": "text/html"}, timeout=300) as browser:
        fields = {"token": token, "password": PASSWORD, "repeated": PASSWORD}
        assert browser.post("/invitation", data=fields).status_code == 303
        yield browser


def first_bytes(browser: httpx.Client, path: str, questions: list[dict[str, Any]]) -> float:
    """The p95 of the times to the first byte of the answers, in milliseconds."""
    times = []
    for question in questions:
        started = time.perf_counter()
        with browser.stream("GET", path.format(**question), params=question.get("params")) as answer:
            times.append(time.perf_counter() - started)
            answer.raise_for_status()
            answer.read()
    return float(np.percentile(times, 95)) * 1000


def rows(
    server: Served, folder: Path, window: dict[str, str], filters: list[dict[str, Any]], ids: list[str]
) -> Iterator[Row]:
    """The figures of the pages: `window` and `filters` as the API takes them, `ids` of sessions."""
    filtered = [{"params": {**window, **each}} for each in filters]
    sessions = [{"id": each} for each in ids]
    with owner(server, folder) as browser:
        figures: tuple[tuple[str, str, list[dict[str, Any]], float | None], ...] = (
            ("page Sessions, first byte, p95", "/sessions", [{"params": window}] * 40, 150),
            ("… with any filter", "/sessions", filtered * 2, 400),
            ("… its totals and charts, which come after it", "/sessions/summary", filtered, None),
            ("page of one session, p95", "/sessions/{id}", sessions, 80),
            ("… the sessions before and after, which come after it", "/sessions/{id}/beside", sessions, None),
        )
        for what, path, questions, wanted in figures:
            took = first_bytes(browser, path, questions)
            told = "" if wanted is None else f"≤ {wanted:.0f} ms"
            yield Row(what, f"{took:.0f} ms", told, is_reached=wanted is None or took <= wanted)
