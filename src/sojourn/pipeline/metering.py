"""What is counted and measured while the program works, for whoever runs it: plain numbers, safe from any thread."""

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable

from sojourn.model.event import Event
from sojourn.model.refusal import Reason
from sojourn.store.engine import INSERT, Statement
from sojourn.store.merges import MERGE

# From so many milliseconds between occurred_at and received_at on, an event is late.
LATE_MS = 60_000

QUERY_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
REQUEST_SECONDS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PASS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LATENESS_SECONDS = (300.0, 3600.0, 14_400.0, 86_400.0, 604_800.0, 2_592_000.0)

SAY_AGAIN_AFTER = 1.0

log = logging.getLogger("sojourn.store")
# A command tells its user of a failure in one line of its own; this is for servers, which set up a log.
log.addHandler(logging.NullHandler())

Labels = tuple[str, ...]


class Counts:
    """Counts by labels."""

    def __init__(self, *known: Labels) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Labels, int] = dict.fromkeys(known, 0)

    def add(self, *labels: str, count: int = 1) -> None:
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + count

    def items(self) -> list[tuple[Labels, int]]:
        with self._lock:
            return list(self._counts.items())

    def total(self) -> int:
        return sum(count for _, count in self.items())


class Spread:
    """How values spread over bounds, by labels: a histogram. Bounds are included, as Prometheus has it."""

    def __init__(self, bounds: Iterable[float], *known: Labels) -> None:
        self.bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        for labels in known:
            self._begin(labels)

    def _begin(self, labels: Labels) -> list[int]:
        self._sums[labels] = 0.0
        counts = self._counts[labels] = [0] * (len(self.bounds) + 1)
        return counts

    def add(self, value: float, *labels: str) -> None:
        place = bisect_left(self.bounds, value)
        with self._lock:
            counts = self._counts.get(labels) or self._begin(labels)
            counts[place] += 1
            self._sums[labels] += value

    def items(self) -> list[tuple[Labels, list[int], float]]:
        """Labels, the count in each stretch between bounds, the last one beyond them all, and the sum of the values."""
        with self._lock:
            return [(labels, list(counts), self._sums[labels]) for labels, counts in self._counts.items()]


class Meter:
    """All that is counted; it begins with the process."""

    def __init__(self, slow_query_ms: int = 0) -> None:
        self._slow_seconds = slow_query_ms / 1000
        self._said_at = -SAY_AGAIN_AFTER
        self.accepted = Counts(())
        self.imported = Counts(())
        self.duplicates = Counts(())
        self.refused = Counts(*((reason.value,) for reason in Reason))
        self.lateness = Spread(LATENESS_SECONDS, ())
        self.changed_after_served = Counts(())
        self.limited = Counts(("reads",), ("events",))
        self.requests = Counts()
        self.request_seconds = Spread(REQUEST_SECONDS)
        self.passes = Spread(PASS_SECONDS, ("events",), ("generation",))
        self.inserts = Spread(QUERY_SECONDS)
        self.queries = Spread(QUERY_SECONDS)
        self.failures = Counts(("insert",), ("query",))

    def stored(self, events: list[Event]) -> None:
        """These were committed."""
        self.accepted.add(count=len(events))
        for event in events:
            late = event.received_at - event.occurred_at
            if late > LATE_MS:
                self.lateness.add(late / 1000)

    def stored_by_import(self, count: int) -> None:
        """So many rows of a file were. How late they are says nothing: what a file holds is old."""
        self.accepted.add(count=count)
        self.imported.add(count=count)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self.requests.add(route, method, str(status))
        self.request_seconds.add(seconds, route, method)

    def statement(self, statement: Statement) -> None:
        """The store did something, or could not."""
        is_insert = statement.kind == INSERT
        (self.inserts if is_insert else self.queries).add(statement.seconds, statement.name)
        if statement.name == MERGE:
            return  # it may take minutes, and is given up for whatever else is to be done
        told = {"query": statement.name, "ms": round(statement.seconds * 1000)}
        if statement.failure:
            self.failures.add(INSERT if is_insert else "query")
            self._say_failure({**told, "failure": statement.failure})
        elif self._slow_seconds and statement.seconds >= self._slow_seconds:
            log.warning("slow query", extra={"fields": told})

    def _say_failure(self, told: dict[str, object]) -> None:
        """Once a second at the most: a store that refuses does so to every request."""
        if time.monotonic() - self._said_at >= SAY_AGAIN_AFTER:
            self._said_at = time.monotonic()
            log.error("the store cannot do this now", extra={"fields": told})
