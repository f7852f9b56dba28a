"""Commit ids: increasing numbers that say which rows of events are new to the worker, and what waits for it."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

# More entries than this are told together with their neighbour, so that a worker that stands needs no memory.
MOST_ENTRIES = 4096


class Waiting(NamedTuple):
    """What is committed and not yet worked off; `since` is the id of the oldest commit, microseconds, or None."""

    commit_count: int
    event_count: int
    since: int | None


@dataclass
class _Entry:
    first: int
    last: int
    commit_count: int
    event_count: int


class CommitLog:
    """Hands out commit ids and knows up to which one everything is written, and what of it waits.

    Ids are microseconds since 1970 or, when the clock stands or goes back, one more than the last.
    """

    def __init__(self, last: int, now_ms: Callable[[], int], stamped: int = 0) -> None:
        """`last` is the newest commit that is stored, `stamped` the newest version of anything else: a clock that was
        ahead before this process began may have stamped it later than now.
        """
        self._now_ms = now_ms
        self._last = max(last, stamped)
        self._open: set[int] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._alone: int | None = None  # the thread that holds the others' commits back
        self._newest_written = last
        self._hidden: set[int] = set()
        self._waiting: deque[_Entry] = deque()

    @contextmanager
    def commit(self, event_count: int = 0, *, is_hidden: bool = False) -> Iterator[int]:
        """An id for one insert; it counts as written when the block ends, however it ends. What is hidden is no
        pass's business until it is revealed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._alone in (None, threading.get_ident()))
            commit_id = self._next()
            self._open.add(commit_id)
            if is_hidden:
                self._hidden.add(commit_id)
        try:
            yield commit_id
        finally:
            with self._changed:
                self._open.remove(commit_id)
                self._newest_written = max(self._newest_written, commit_id)
                self._wait(_Entry(commit_id, commit_id, 1, event_count))
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread's commit is under way within the block: those that began are waited for, others wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._alone is None)
            self._alone = threading.get_ident()
            self._changed.wait_for(lambda: not self._open)
        try:
            yield
        finally:
            with self._changed:
                self._alone = None
                self._changed.notify_all()

    def stamp(self) -> int:
        """A number for a version of something else than events, in the same order."""
        with self._lock:
            return self._next()

    def _next(self) -> int:
        self._last = max(self._last + 1, self._now_ms() * 1000)
        return self._last

    def change_ms(self) -> int:
        """When a change that is made now is said to be made, in milliseconds: never before an earlier one, though the
        clock go back, since who keeps a copy asks for what changed since then.
        """
        with self._lock:
            return max(self._now_ms(), self._last // 1000)

    def changed_ms(self) -> int:
        """No change that is still to come is said to be made before this."""
        with self._lock:
            return min(self._now_ms(), self._last // 1000)

    def settled(self) -> int:
        """No insert with an id up to this one is still under way."""
        with self._lock:
            return min(self._open) - 1 if self._open else self._newest_written

    def hidden(self) -> tuple[int, ...]:
        """The commits of imports under way, in order."""
        with self._lock:
            return tuple(sorted(self._hidden))

    def is_shown(self, after: int) -> bool:
        """Whether something after this commit waits that is not hidden."""
        with self._lock:
            return any(entry.last > after and not self._is_hidden(entry) for entry in self._waiting)

    def _is_hidden(self, entry: _Entry) -> bool:
        return entry.first == entry.last and entry.first in self._hidden

    def reveal(self, commit_ids: Iterable[int]) -> None:
        with self._lock:
            self._hidden.difference_update(commit_ids)

    def left_waiting(self, first: int, commit_count: int, event_count: int) -> None:
        """What an earlier process committed and did not work off."""
        with self._lock:
            self._wait(_Entry(first, self._newest_written, commit_count, event_count))

    def _wait(self, entry: _Entry) -> None:
        if len(self._waiting) < MOST_ENTRIES:
            self._waiting.append(entry)
            return
        newest = self._waiting[-1]
        newest.last = max(newest.last, entry.last)
        newest.commit_count += entry.commit_count
        newest.event_count += entry.event_count

    def worked_off(self, upto: int) -> None:
        """A pass has seen every commit up to this one."""
        with self._lock:
            while self._waiting and self._waiting[0].last <= upto:
                self._waiting.popleft()

    def waiting(self) -> Waiting:
        with self._lock:
            entries = list(self._waiting)
        return Waiting(
            sum(entry.commit_count for entry in entries),
            sum(entry.event_count for entry in entries),
            min((entry.first for entry in entries), default=None),
        )
