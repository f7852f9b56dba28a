"""Who may change what is derived: one thread at a time and, of the processes that share a store, the one that works."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from sojourn.errors import Unavailable
from sojourn.pipeline.presence import WAIT_FOR, Presence

_LOST = "Another process works on this store by now."
_BUSY = "Another process works on this store and cannot pause"


def _nothing() -> None:
    pass


class Turns:
    """A lock that its holder may take again. Where a store is shared, who enters has the work, and keeps it until
    another process asks for it.
    """

    def __init__(self, presence: Presence | None = None) -> None:
        self.on_begin: Callable[[], None] = _nothing  # this process works from now on
        self.on_turn: Callable[[], None] = _nothing  # the first of each turn, but for that
        self.on_end: Callable[[], None] = _nothing  # the last that it does before another one works
        self._presence = presence
        self._lock = threading.RLock()
        self._depth = 0
        self._pins = 0

    def __enter__(self) -> None:
        """Raises Unavailable when another process works and does not give it away."""
        self._lock.acquire()
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()
        self._lock.release()

    @contextmanager
    def own(self) -> Iterator[None]:
        """A turn for who works already. Raises Unavailable when another process may do so by now."""
        with self._lock:
            if not self.is_mine:
                raise Unavailable(_LOST)
            with self:
                yield

    @property
    def is_mine(self) -> bool:
        """Whether this process works."""
        return self._presence is None or self._presence.word.works

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """Other threads have their turns within the block, other processes have not."""
        if self._presence is None:
            yield
            return
        with self:
            self._pins += 1
            self._presence.begin()
        try:
            yield
        finally:
            with self._lock:
                self._pins -= 1
            self._presence.end()

    def may_work(self) -> bool:
        """For who works whenever there is something to do: takes it when nobody has it, gives it to who waits."""
        presence = self._presence
        if presence is None:
            return True
        with self._lock:
            presence.begin()
            try:
                return self._offered(presence)
            finally:
                presence.end()

    def _offered(self, presence: Presence) -> bool:
        others = presence.others
        if not presence.word.works:
            if not others.is_free or others.is_wanting or not presence.take():
                return False
            self._begun(presence)
        elif others.is_wanting and not self._pins and not self._depth:
            self.on_end()
            presence.say(works=False)
        else:
            presence.settle_lost()
            self.on_turn()
        return presence.word.works

    def _begin(self) -> None:
        self._depth += 1
        if self._presence is None or self._depth > 1:
            return
        self._presence.begin()
        try:
            if not self._presence.word.works:
                self._take(self._presence)
            self.on_turn()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        self._depth -= 1
        if self._presence is not None and not self._depth:
            self._presence.end()

    def _take(self, presence: Presence) -> None:
        try:
            presence.say(wants=True)
            presence.wait_until(lambda: presence.others.is_free and presence.take(), WAIT_FOR, _BUSY)
            self._begun(presence)
        finally:
            presence.say(wants=False)

    def _begun(self, presence: Presence) -> None:
        try:
            presence.settle_lost()
            self.on_begin()
        except BaseException:
            presence.say(works=False)
            raise
