"""How often somebody tried a wrong password: after some, they wait."""

import threading
from collections import deque
from collections.abc import Iterable

from sojourn.errors import RateLimitExceeded

MOST_FAILURES = 10
WITHIN_MS = 15 * 60_000
MOST_NAMES = 10_000


class Attempts:
    """Failures of the last 15 minutes by name, in memory: of an e-mail, of an address."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def check(self, names: Iterable[str], now_ms: int) -> None:
        """Raises RateLimitExceeded when one of the names failed too often."""
        with self._lock:
            for name in names:
                found = self._recent(name, now_ms)
                if len(found) >= MOST_FAILURES:
                    raise RateLimitExceeded(1 + (found[0] + WITHIN_MS - now_ms) // 1000)

    def failed(self, names: Iterable[str], now_ms: int) -> None:
        with self._lock:
            for name in names:
                while len(self._failures) >= MOST_NAMES:  # the oldest goes, so that a flood of names takes no memory
                    del self._failures[next(iter(self._failures))]
                self._failures.setdefault(name, deque(maxlen=MOST_FAILURES)).append(now_ms)

    def succeeded(self, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._failures.pop(name, None)

    def _recent(self, name: str, now_ms: int) -> deque[int]:
        found = self._failures.get(name, deque())
        while found and found[0] <= now_ms - WITHIN_MS:
            found.popleft()
        return found
