"""What an operator allows, and how much a key may do in a minute: a window that slides."""

from collections import OrderedDict, deque
from dataclasses import dataclass

WINDOW = 60  # seconds
# A window of 60 s that does not begin on a full second reaches into 61 of them.
_SECONDS = WINDOW + 1
MOST_KEYS = 10_000
SAMPLE = 1000  # leads that `doctor` compares, unless it is told otherwise


@dataclass(frozen=True)
class Bounds:
    """Requests and events a minute and key; which free space and which time of a query call for a warning; 0 is off."""

    reads: int = 0
    events: int = 0
    disk_warn_mb: int = 0
    slow_query_ms: int = 0


class _Window:
    """What one key took in the last seconds: (second, count) pairs, oldest first, and their sum."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts: deque[list[int]] = deque()
        self.total = 0

    def forget(self, second: int) -> int:
        """Drops what no window that ends in this second reaches; the second that counts where the clock went back."""
        if self.counts and second < self.counts[-1][0]:
            if self.counts[-1][0] - second > _SECONDS:
                self.counts.clear()
                self.total = 0
                return second
            second = self.counts[-1][0]
        while self.counts and self.counts[0][0] <= second - _SECONDS:
            self.total -= self.counts.popleft()[1]
        return second

    def take(self, second: int, count: int) -> None:
        if self.counts and self.counts[-1][0] == second:
            self.counts[-1][1] += count
        else:
            self.counts.append([second, count])
        self.total += count

    def wait(self, second: int, excess: int) -> int:
        """Seconds until so many of those taken have left the window, if nothing is taken meanwhile."""
        for taken_at, count in self.counts:
            excess -= count
            if excess <= 0:
                return taken_at + _SECONDS - second
        return _SECONDS


class Limiter:
    """At the most `limit` for a key in any 60 seconds; 0 is no limit.

    A key needs memory for 61 numbers at the most. Of more than `most_keys` keys, the one that asked longest
    ago is forgotten.
    """

    def __init__(self, limit: int, most_keys: int = MOST_KEYS) -> None:
        self.limit = limit
        self._most_keys = most_keys
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def can_fit(self, count: int) -> bool:
        """Whether so many at once are ever taken."""
        return not self.limit or count <= self.limit

    def take(self, key: str, count: int, now_ms: int) -> int:
        """Take all of them and answer 0; or none, and answer the seconds after which these would be taken."""
        if not self.limit or not count:
            return 0
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window()
            if len(self._windows) > self._most_keys:
                self._windows.popitem(last=False)
        self._windows.move_to_end(key)
        second = now_ms // 1000
        counted = window.forget(second)
        excess = window.total + count - self.limit
        if excess > 0:
            return window.wait(second, excess)
        window.take(counted, count)
        return 0
