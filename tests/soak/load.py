"""Who sends and who reads during a soak run, and what is known of it afterwards."""

import contextlib
import itertools
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.serving import SECRET, Server

Payload = dict[str, Any]
Step = Callable[[httpx.Client], None]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = 1_777_000_000_000
TYPES = [
    "page_view",
    "page_view",
    "page_view",
    "click",
    "purchase",
    "form_submit",
    "email_open",
    "email_click",
    "identify",
]
PATHS = ["", "pricing", "blog/one", "blog/two", "docs/three", "case-study/four"]
SENDERS, READERS = 3, 2
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/sessions", {"from": "1970-01-01", "limit": 50}),
    ("/v1/sessions", {"from": "1970-01-01", "converted": "true", "min_events": 2}),
    ("/v1/sessions", {"updated_since": "1970-01-01T00:00:00Z", "limit": 100}),
    ("/v1/sessions", {"from": "1970-01-01", "lead_id": "p0-3"}),
    ("/v1/events", {"from": "1970-01-01", "limit": 50}),
    ("/v1/events", {"from": "1970-01-01", "type": "purchase"}),
    ("/v1/leads", {"limit": 50}),
    ("/v1/conflicts", {}),
    ("/v1/site", {}),
    ("/metrics", {}),
]


@dataclass
class Known:
    """What was sent and what was answered. `copies` holds every payload that may be stored, by event id."""

    copies: dict[str, list[Payload]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: dict[str, int] = field(default_factory=dict)  # the smallest occurred_at of an acknowledged copy
    suppressed: set[str] = field(default_factory=set)  # acknowledged decisions
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, batch: list[Payload]) -> None:
        with self.lock:
            for payload in batch:
                if payload not in self.copies[payload["event_id"]]:
                    self.copies[payload["event_id"]].append(payload)

    def answered(self, what: str, answer: httpx.Response) -> None:
        """Counts it; an answer that the documentation does not have is a fault."""
        with self.lock:
            self.answers[f"{what} {answer.status_code}"] += 1
            is_known = answer.status_code < 500 or (answer.status_code == 503 and "Retry-After" in answer.headers)
            if not is_known or answer.status_code in (400, 401, 403, 405, 413, 429):
                self.faults.append(f"{what} {answer.status_code} {answer.text[:300]}")

    def took(self, batch: list[Payload], body: dict[str, Any]) -> None:
        with self.lock:
            if body["refused"] or body["accepted"] + body["duplicates"] != len(batch):
                self.faults.append(f"POST of {len(batch)} answered {body}")
            for payload in batch:
                at = self.acknowledged.get(payload["event_id"], payload["occurred_at"])
                self.acknowledged[payload["event_id"]] = min(at, payload["occurred_at"])


class Load:
    """Threads that go on whatever the servers do, and rest while `pause` holds them. They ask the servers in turn: what
    one did not acknowledge is sent to the next.
    """

    def __init__(self, servers: Sequence[Server], known: Known, steps: Sequence[Step]) -> None:
        self.known = known
        self._servers = servers
        self._going = threading.Event()
        self._stopping = threading.Event()
        self._busy = threading.Semaphore(len(steps))
        self._threads = [threading.Thread(target=self._run, args=(step,), daemon=True) for step in steps]
        for thread in self._threads:
            thread.start()

    def go(self) -> None:
        self._going.set()

    def pause(self) -> None:
        """Returns when every request is answered or given up."""
        self._going.clear()
        for _ in self._threads:
            self._busy.acquire()
        for _ in self._threads:
            self._busy.release()

    def stop(self) -> None:
        self._stopping.set()
        self._going.set()
        for thread in self._threads:
            thread.join()

    def _run(self, step: Step) -> None:
        headers = {"Authorization": f"Bearer {SECRET}"}
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{each.port}", headers=headers, timeout=60))
                for each in self._servers
            ]
            for client in itertools.cycle(clients):
                self._going.wait()
                if self._stopping.is_set():
                    return
                with self._busy:
                    if self._going.is_set():
                        self._try(step, client)
                time.sleep(0.01)

    def _try(self, step: Step, client: httpx.Client) -> None:
        try:
            step(client)
        except httpx.TransportError as error:
            # The server is down, or the answer was lost with it: nothing is acknowledged.
            with self.known.lock:
                self.known.answers[type(error).__name__] += 1
            time.sleep(0.05)
        except Exception as error:  # noqa: BLE001 - told by the next check
            self.known.faults.append(repr(error))


def steps(known: Known, seed: int, senders: int = SENDERS, readers: int = READERS) -> Sequence[Step]:
    sending = [Sender(number, known, random.Random(seed + number)).step for number in range(senders)]
    return sending + [Reader(known, random.Random(seed + 100 + number)).step for number in range(readers)]


class Sender:
    """Sends small batches: new and late events, identity links, exact repetitions, copies that differ, decisions."""

    def __init__(self, number: int, known: Known, chance: random.Random) -> None:
        self._name = f"{number}"
        self._known = known
        self._chance = chance
        self._count = 0
        self._sent: list[Payload] = []
        self._unanswered: list[Payload] = []

    def step(self, client: httpx.Client) -> None:
        if self._sent and self._chance.random() < 0.02:
            self._suppress(client)
            return
        batch = self._batch()
        self._known.attempt(batch)
        self._unanswered = batch
        answer = client.post("/v1/events", json={"events": batch})
        self._known.answered("POST /v1/events", answer)
        if answer.status_code == 202:
            self._unanswered = []
            self._sent += batch
            self._known.took(batch, answer.json())
        time.sleep(self._chance.random() * 0.15)

    def _batch(self) -> list[Payload]:
        if self._unanswered and self._chance.random() < 0.5:
            return self._unanswered  # repeating is safe
        fresh = [self._event() for _ in range(self._chance.randrange(1, 12))]
        if self._sent and self._chance.random() < 0.3:
            again = self._chance.choice(self._sent[-500:])
            is_exact = self._chance.random() < 0.5
            fresh.append(again if is_exact else {**again, "occurred_at": self._at(), "points": 9})
        return fresh

    def _at(self) -> int:
        """Within twenty days, near to a grid, so that gaps are often just a timeout long."""
        place = self._chance.randrange(20 * 24 * 2) * 30 * MINUTE
        return BEGIN + place + self._chance.choice([0, 0, -1, 1, self._chance.randrange(30 * MINUTE)])

    def _event(self) -> Payload:
        self._count += 1
        chance, group = self._chance, f"{self._name}-{self._count // 200}"
        event: Payload = {
            "type": chance.choice(TYPES),
            "event_id": f"s{self._name}-{self._count}",
            "occurred_at": self._at(),
            "visitor_id": f"v{group}-{chance.randrange(12)}",
            "points": chance.randrange(3),
            "url": f"https://shop.example/{chance.choice(PATHS)}",
        }
        if chance.random() < 0.08:
            person = f"{group}-{chance.randrange(6)}"
            kinds = {"id": f"p{person}", "email": f"e{person}@x.example", "phone": f"+49-{person}"}
            event["lead"] = dict(chance.sample(list(kinds.items()), chance.randrange(1, 3)))
        return event

    def _suppress(self, client: httpx.Client) -> None:
        event_id = self._chance.choice(self._sent)["event_id"]
        answer = client.post("/v1/suppressions", json={"event_ids": [event_id], "reason": "own team"})
        self._known.answered("POST /v1/suppressions", answer)
        if answer.status_code == 202:
            self._known.suppressed.add(event_id)


class Reader:
    """Asks one thing after the other; a list to its second page, and one of its sessions."""

    def __init__(self, known: Known, chance: random.Random) -> None:
        self._known = known
        self._chance = chance

    def step(self, client: httpx.Client) -> None:
        path, asked = self._chance.choice(QUESTIONS)
        answer = client.get(path, params=asked)
        self._known.answered(f"GET {path}", answer)
        if answer.status_code == 200 and path != "/metrics":
            body = answer.json()
            if body.get("next_cursor"):
                self._known.answered(f"GET {path}", client.get(path, params={"cursor": body["next_cursor"]}))
            if path == "/v1/sessions" and body["data"]:
                some = self._chance.choice(body["data"])["id"]
                self._known.answered("GET /v1/sessions/{id}", client.get(f"/v1/sessions/{some}"))
        time.sleep(self._chance.random() * 0.1)
