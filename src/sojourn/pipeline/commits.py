"""Commit ids: increasing numbers that say which rows of events are new to the worker, and what waits for it."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from sojourn.sql import sql
from sojourn.store.engine import Engine

# More entries than this are told together with their neighbour, so that a worker that stands needs no memory.
MOST_ENTRIES = 4096
_HELD = -1
NEWEST = "SELECT max(commit_id) FROM events"


class Waiting(NamedTuple):
    """What is committed and not yet worked off; `since` is the id of the oldest commit, microseconds, or None."""

    commit_count: int
    event_count: int
    since: int | None


class Own(NamedTuple):
    """Up to which id no commit of this process is still to come, the newest that it wrote, the highest number given."""

    settled: int
    newest: int
    last: int


@dataclass
class _Entry:
    first: int
    last: int
    commit_count: int
    event_count: int


class CommitLog:
    """Hands out commit ids and knows up to which one everything is written, and what of it waits.

    Ids are microseconds since 1970 or, when the clock stands or goes back, one more than the last. Where several
    processes share a store, each hears of the others' ids, and its own next ones are higher (Lamport, Time, Clocks, and
    the Ordering of Events in a Distributed System, 1978).
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
        self._floor: int | None = None  # what other processes say they have settled; None without any
        self._lowest: int | None = None  # and the least that they said since a pass asked
        self._elsewhere: dict[str, int] = {}  # the newest commit of each of them
        self.quiet_elsewhere: Callable[[], AbstractContextManager[None]] = nullcontext
        self._hidden: set[int] = set()
        self._waiting: deque[_Entry] = deque()
        self._changing: list[int] = []  # since when changes are made that cannot be seen yet, in milliseconds

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
        """No other thread's commit is under way within the block, nor one of another process: those that began are
        waited for, others wait.
        """
        with self._alone_here(), self.quiet_elsewhere():
            yield

    @contextmanager
    def _alone_here(self) -> Iterator[None]:
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

    def hold(self) -> bool:
        """Let no commit begin until `release`. Whether none is under way any more."""
        with self._changed:
            self._alone = self._alone or _HELD
            return self._alone == _HELD and not self._open

    def release(self) -> None:
        with self._changed:
            if self._alone == _HELD:
                self._alone = None
                self._changed.notify_all()

    def own(self) -> Own:
        with self._lock:
            if not self._open:
                self._last = max(self._last, self._now_ms() * 1000)
            settled = min(self._open) - 1 if self._open else self._last
            return Own(settled, self._newest_written, self._last)

    def hear(self, settled: int | None, newest: Mapping[str, int], reached: int) -> bool:
        """What other processes say: up to where all of them have settled (None: there are none), the newest commit
        that each wrote, and an id that no later one of this process shall have. Whether there is a new commit, or one
        that waited for them may be worked off now.
        """
        with self._lock:
            before = self._settled()
            fresh = [new for name, new in newest.items() if new > self._elsewhere.get(name, 0)]
            for commit_id in fresh:
                self._wait(_Entry(commit_id, commit_id, 1, 0))
            self._elsewhere.update(newest)
            self._floor = settled
            self._lowest = min((each for each in (settled, self._lowest) if each is not None), default=None)
            self._last = max([self._last, reached, *fresh])
            return bool(fresh) or self._settled() > before

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
        """No change that cannot be seen yet is said to be made before this."""
        with self._lock:
            return min([self._now_ms(), self._last // 1000, *self._changing])

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Changes that are made within the block may be seen only when it ends."""
        since = self.change_ms()
        with self._lock:
            self._changing.append(since)
        try:
            yield
        finally:
            with self._lock:
                self._changing.remove(since)

    def settled(self) -> int:
        """No insert with an id up to this one is still under way."""
        with self._lock:
            return self._settled()

    def _settled(self) -> int:
        return min([max([self._newest_written, *self._elsewhere.values()]), *self._floors()])

    def take_floor(self) -> int | None:
        """Whoever worked further than this looks again: one that began since this was asked last may have written from
        there on. None: nobody did.
        """
        with self._lock:
            lowest, self._lowest = self._lowest, None
            return min([*self._floors(), *([] if lowest is None else [lowest])], default=None)

    def _floors(self) -> list[int]:
        own = [min(self._open) - 1] if self._open else []
        return own if self._floor is None else [*own, self._floor]

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


def log_of(engine: Engine, now_ms: Callable[[], int]) -> CommitLog:
    """Begins behind the newest commit, and the newest stamp of anything else."""
    last, stamped = (int(engine.query(text)[0][0]) for text in (NEWEST, sql("commit.stamped")))
    return CommitLog(last, now_ms, stamped)
