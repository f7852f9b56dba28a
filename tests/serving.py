"""A real server in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import httpx

SECRET = "sk_live_tests0000000000000000"
WRITE = "pk_live_tests0000000000000000"
PATIENCE = 20.0
# For one answer, or a start: another core may be busy with other tests.
LONGEST = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Server:
    """`sojourn serve` on a folder; `kill` ends it as a power cut would, `stop` as an operator does."""

    module = "sojourn"

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.where = str(folder)  # or the URL of a cluster
        self.port = free_port()
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=LONGEST)

    def start(self) -> "Server":
        command = [sys.executable, "-m", self.module, "serve", "--data", self.where, "--port", str(self.port)]
        self.printed.close()
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115 - no pipe: nobody reads it while the server writes
        # Tests ask again and again; those of the rate limits set their own.
        keys = {"SOJOURN_SECRET_KEY": SECRET, "SOJOURN_WRITE_KEY": WRITE, "SOJOURN_READ_LIMIT": "0"}
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **keys, **self.environment},
            stdout=self.printed,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                if self.process.poll() is not None:
                    break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.output()}")

    def output(self) -> str:
        self.kill()
        self.printed.seek(0)
        return self.printed.read().decode()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.client.close()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=LONGEST)
        return code

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.printed.close()
        self.client.close()

    def ask(self, method: str, path: str, key: str | None = SECRET, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, path, headers={**headers, **options.pop("headers", {})}, **options)

    def send(self, *events: dict[str, Any], key: str = SECRET) -> dict[str, Any]:
        answer = self.ask("POST", "/v1/events", key, json={"events": list(events)})
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def sessions(self, key: str = SECRET, **parameters: Any) -> list[dict[str, Any]]:
        """Every session of every time, newest first."""
        asked = {"from": "1970-01-01", "limit": "200", **parameters}
        found: list[dict[str, Any]] = []
        while True:
            answer = self.ask("GET", "/v1/sessions", key, params=asked)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body["data"]
            if not body["has_more"]:
                return found
            asked = {"cursor": body["next_cursor"], "limit": asked["limit"]}

    def quiet(self, least: int) -> list[dict[str, Any]]:
        """The sessions once they hold so many events or more, and no more come: some were stored, not acknowledged."""
        deadline = time.monotonic() + PATIENCE
        before: list[dict[str, Any]] = []
        found = self.sessions()
        while (event_count(found) < least or found != before) and time.monotonic() < deadline:
            time.sleep(0.5)
            before, found = found, self.sessions()
        return found

    def settled(self, count: int, key: str = SECRET, **parameters: Any) -> list[dict[str, Any]]:
        """The sessions once their events are as many as that, or at last those that there are."""
        deadline = time.monotonic() + LONGEST
        while True:
            began = time.monotonic()
            found = self.sessions(key, **parameters)
            if event_count(found) == count or began > deadline:
                return found
            time.sleep(max(0.05, 2 * (time.monotonic() - began)))  # most of the time is left to what is waited for


def event_count(sessions: list[dict[str, Any]]) -> int:
    return sum(session["event_count"] for session in sessions)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`sojourn …` as a user types it, with a wide terminal."""
    return subprocess.run(
        [sys.executable, "-m", "sojourn", *arguments],
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def key_in(text: str) -> str:
    match = re.search(r"[sp]k_(?:live|test)_[0-9a-f]{40}", text)
    assert match, text
    return match[0]
