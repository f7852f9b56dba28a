"""Paging under constant late ingest: from the first page to the last no id comes twice, and none is skipped that
matched all the time.

What is sent only ever adds events and joins leads. So sessions only grow and come together, and an id that is no more
never comes back: what matched before and after a paging matched all the time. The filters here are such that what
grows comes to match, or ceases to, but once.
"""

import csv
import io
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sojourn.reports.cursor import Cursor, encode
from tests.serving import Server

SECONDS = float(os.environ.get("PAGING_SECONDS", "15"))
SEED = int(os.environ.get("PAGING_SEED", "0")) or random.randrange(1 << 32)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
VISITORS, DAYS = 60, 10
BEGIN = (int(time.time()) // 86_400 - 20) * DAY
TYPES = ["page_view", "page_view", "click", "purchase", "form_submit", "email_open", "demo_request"]
COUNTRIES = ["DE", "FR", "IT"]

QUESTIONS: list[dict[str, Any]] = [
    {},
    {"min_events": 2},
    {"max_events": 2},
    {"converted": "true"},
    {"has_event": ["page_view", "click"]},
    {"entry_point": ["page_view", "email_open"]},
    {"intent": "high"},
    {"min_duration": 60, "min_points": 2},
    {"country": "DE", "max_duration": 7200},
    {"from": BEGIN + 2 * DAY, "to": BEGIN + 6 * DAY},
    {"from": BEGIN + DAY, "min_events": 2, "max_events": 9, "converted": "false"},
    {"lead_id": "lead-1"},
]


class Sender:
    """Sends what is late, until it is told to stop: in a thread of its own, with a client of its own."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.number = 0
        self.unnamed = list(range(VISITORS))
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def event(self, visitor: int, at: int, kind: str | None = None, **more: Any) -> dict[str, Any]:
        self.number += 1
        return {
            "type": kind or self.chance.choice(TYPES),
            "event_id": f"e{self.number}",
            "visitor_id": f"v{visitor}",
            "occurred_at": at,
            "points": self.chance.randrange(3),
            "context": {"country": self.chance.choice(COUNTRIES)},
            "url": f"https://shop.example/{self.chance.choice(['', 'pricing', 'blog/one', 'docs/two'])}",
            **more,
        }

    def load(self) -> int:
        """Some hundreds of sessions, many of which began in one and the same millisecond; how many events."""
        events: list[dict[str, Any]] = []
        for visitor in range(VISITORS):
            places = self.chance.sample(range(DAYS * 24 // 3), 8)
            events += [self.event(visitor, BEGIN + place * 3 * HOUR) for place in places]
        self.server.send(*events)
        return self.number

    def _late(self) -> list[dict[str, Any]]:
        """Near the grid of the loaded sessions: before, behind, between and into them."""
        visitor, at = self.chance.randrange(VISITORS), BEGIN + self.chance.randrange(DAYS * 24 // 3) * 3 * HOUR
        kind = self.chance.randrange(5)
        if kind == 0:  # into, or a new old session
            return [self.event(visitor, at + self.chance.randrange(2 * MINUTE))]
        if kind == 1:  # extends
            return [self.event(visitor, at + self.chance.randrange(29 * MINUTE))]
        if kind == 2:  # begins earlier: the id changes
            return [self.event(visitor, at - self.chance.randrange(1, 29 * MINUTE))]
        if kind == 3:  # a chain from one place of the grid to the next joins what is there
            return [self.event(visitor, at + step * 25 * MINUTE) for step in range(1, 8)]
        return [self.event(self.chance.randrange(VISITORS), at + self.chance.randrange(HOUR)) for _ in range(5)]

    def _named(self) -> list[dict[str, Any]]:
        """A visitor, all of it, becomes one of a few leads, and its sessions come together with what that lead has."""
        visitor = self.unnamed.pop(self.chance.randrange(len(self.unnamed)))
        lead = {"id": f"lead-{self.chance.randrange(VISITORS // 4)}"}
        return [self.event(visitor, BEGIN - DAY, "identify", lead=lead)]

    def _run(self) -> None:
        try:
            self._send_on()
        except BaseException as error:  # noqa: BLE001 - told where the test ends
            self.failure = error

    def _send_on(self) -> None:
        for step in range(1_000_000):
            if self.stopping.is_set():
                return
            is_named = self.unnamed and self.chance.random() < 0.04
            self.server.send(*(self._named() if is_named else self._late()))
            if step % 8 == 7:  # the sessions are built anew under way, with the same ids
                goals = {f"goal{step}": {"types": ["click"]}}
                assert self.server.ask("PATCH", "/v1/site", json={"goals": goals}).status_code == 202

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def busy(new_server: Callable[[], Server]) -> Iterator[tuple[Server, Sender]]:
    """A server with some hundreds of sessions, and who sends on to it once its thread is started."""
    sys.stdout.write(f"PAGING_SEED={SEED}\n")  # shown when it fails
    server = new_server().start()
    try:
        sender = Sender(server, SEED)
        server.settled(sender.load())
        yield server, sender
    finally:
        server.close()


def asked_of(question: dict[str, Any]) -> dict[str, Any]:
    return {"from": "1970-01-01", **question}


def matching(server: Server, question: dict[str, Any]) -> set[str]:
    """The ids that match now, by one answer: the list as a file."""
    while True:
        answer = server.ask("GET", "/v1/sessions", params={**asked_of(question), "format": "csv"})
        # A file whose sessions are built anew meanwhile says so; a page may not.
        if answer.status_code != 503:
            break
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in csv.DictReader(io.StringIO(answer.text))}


def paged(server: Server, asked: dict[str, Any], limit: Callable[[], int]) -> Iterator[dict[str, Any]]:
    """The answers, page by page to the end."""
    while True:
        answer = server.ask("GET", "/v1/sessions", params={**asked, "limit": limit()})
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        yield page
        if not page["has_more"]:
            return
        asked = {"cursor": page["next_cursor"]}


def check_forward(server: Server, question: dict[str, Any], limit: Callable[[], int]) -> list[str]:
    before = matching(server, question)
    pages = list(paged(server, asked_of(question), limit))
    after = matching(server, question)
    ids = [session["id"] for page in pages for session in page["data"]]
    assert len(set(ids)) == len(ids), (question, "an id came twice")
    assert ids == sorted(ids, reverse=True), (question, "not newest first")
    missing = (before & after) - set(ids)
    assert not missing, (question, f"{len(missing)} skipped", [len(page["data"]) for page in pages])
    return ids


def check_back(server: Server, question: dict[str, Any], last: str, limit: Callable[[], int]) -> None:
    """From the last id back to the newest."""
    filters: dict[str, Any] = {"from": BEGIN - 2 * DAY, "to": int(time.time() * 1000)}
    filters |= {name: value for name, value in question.items() if name in ("from", "to", "min_events", "max_events")}
    before = {each for each in matching(server, filters) if each > last}
    pages = list(paged(server, {"cursor": encode(Cursor(last, "after", filters))}, limit))
    after = matching(server, filters)
    ids = [session["id"] for page in reversed(pages) for session in page["data"]]
    assert len(set(ids)) == len(ids), (filters, "an id came twice on the way back")
    assert ids == sorted(ids, reverse=True), (filters, "not newest first on the way back")
    missing = (before & after) - set(ids)
    assert not missing, (filters, f"{len(missing)} skipped", [len(page["data"]) for page in pages])


@pytest.mark.slow
def test_paging_under_late_ingest_repeats_no_id_and_skips_none_that_matched_throughout(
    busy: tuple[Server, Sender],
) -> None:
    server, sender = busy
    chance = random.Random(SEED + 1)
    sender.thread.start()
    try:
        deadline = time.monotonic() + SECONDS
        for number in range(1_000_000):
            if number >= len(QUESTIONS) and time.monotonic() > deadline:
                break
            question = QUESTIONS[number % len(QUESTIONS)]
            most = chance.choice([7, 20, 60])
            ids = check_forward(server, question, lambda most=most: chance.randrange(1, most) + 2)  # type: ignore[misc]
            if ids and number % 3 == 0:
                check_back(server, question, ids[-1], lambda most=most: chance.randrange(1, most) + 2)  # type: ignore[misc]
    finally:
        sender.stop()


def sync(server: Server, copy: dict[str, Any], since: str, limit: int) -> str:
    """Put what changed into the copy; from when to ask next."""
    asked = {"updated_since": since, "limit": str(limit)}
    pages = list(paged(server, asked, lambda: limit))
    rows = [row for page in pages for row in page["data"]]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids), "an id came twice in one sync"
    assert ids == sorted(ids, reverse=True), "not newest first"
    for row in rows:
        if row.get("deleted"):
            copy.pop(row["id"], None)
        else:
            copy[row["id"]] = row
    until: str = pages[0]["synced_until"]
    return until


def shown(session: dict[str, Any]) -> dict[str, Any]:
    """What a copy must have right: `updated_at` and `is_open` may change with nothing else."""
    return {name: value for name, value in session.items() if name not in ("updated_at", "is_open")}


@pytest.mark.slow
def test_a_copy_kept_by_paging_what_changed_misses_nothing(busy: tuple[Server, Sender]) -> None:
    """Every sync is paged while events keep coming; once they rest, one more makes the copy the list."""
    server, sender = busy
    chance = random.Random(SEED + 2)
    copy: dict[str, Any] = {}
    since = "1970-01-01T00:00:00Z"
    sender.thread.start()
    try:
        deadline = time.monotonic() + SECONDS / 3
        while time.monotonic() < deadline:
            since = sync(server, copy, since, chance.choice([5, 23, 90]))
    finally:
        sender.stop()
    server.quiet(0)
    while server.ask("GET", "/v1/site").json()["data"]["building"] is not None:
        time.sleep(0.05)
    sync(server, copy, since, 50)
    present = {session["id"]: shown(session) for session in server.sessions()}
    assert {name: shown(session) for name, session in copy.items()} == present
