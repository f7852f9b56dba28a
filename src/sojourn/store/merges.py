"""Holding off merges of large parts while an import writes them and sessions are built of them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sojourn.errors import SojournError
from sojourn.sql import sql
from sojourn.store.engine import Engine
from sojourn.store.priority import give_way, put_merges_behind

# Merging what an import just wrote would cost as much as writing it; small parts of other events go on being merged.
HELD_BYTES = 20_000_000
# To merge a month whole reads and writes it once, in a thread: what is larger is left to the engine.
MOST_BYTES = 4_000_000_000
# What is given up is begun anew after so many seconds, and each month so often at the most.
AGAIN_AFTER, MOST_TRIES = 10.0, 3
MERGE = "part.merge"  # what it is called among statements
_SETTING = "max_bytes_to_merge_at_max_space_in_pool"
_TABLES = ("sessions", "events")


class Merges:
    """Released at the start, so that a process that ended in between leaves nothing behind; where others may hold them,
    by the first that finds nothing left to do.

    The embedded engine merges what was held back at once, each month to a single part: a list or a session is read in
    two thirds of the time that it takes of five, where the engine would stop. Only a process that lasts does it
    (`is_lasting`), a server; commands are too short and leave it to the next one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._is_held: bool | None = None  # as the tables have it; another process may have left it either way
        self._is_due = False  # released, but for what `work` has to do first
        self._holders = 0
        self.is_lasting = False
        self._thread: threading.Thread | None = None
        self._is_stopped = self._is_closed = False
        self._not_before = 0.0
        if not engine.is_shared:
            self.release()
            put_merges_behind()  # its threads are there once there are tables
            engine.on_delete = self.give_up

    def forget(self) -> None:
        """Another process may have held them or let them go since."""
        with self._lock:
            if not self._holders:
                self._is_held = None

    def hold(self) -> None:
        """From now on, until a release."""
        with self._lock:
            self._is_due = False
            self._hold()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block nothing releases them, and after it only who finds nothing left to do."""
        with self._lock:
            self._holders += 1
        try:
            self.hold()
            yield
        finally:
            with self._lock:
                self._holders -= 1

    def release(self) -> None:
        """Let merges take what was held back; nothing when nothing was, or while somebody holds them."""
        with self._lock:
            if self._is_due or self._holders or not self._may_be_held():
                return
            self._is_due = not self._engine.is_shared and bool(self._scattered())
            if self._is_due:
                self._hold()
            else:
                self._reset()

    def work(self, _now_ms: int) -> bool:
        """Begin, in a thread of its own, to merge whole what was released; False, as nobody need wait for it."""
        with self._lock:
            is_wanted = self._is_due and self.is_lasting and not self._is_closed
            if is_wanted and self._thread is None and time.monotonic() >= self._not_before:
                self._is_stopped = False
                self._thread = threading.Thread(target=self._merge, name="sojourn-merges", daemon=True)
                self._thread.start()
        return False

    def give_up(self) -> None:
        """What is under way ends at once, and is begun anew later: a deletion would wait for it."""
        with self._lock:
            thread, self._is_stopped = self._thread, True
        if thread is None:
            return
        for order in ("STOP", "START"):
            for table in _TABLES:
                with suppress(SojournError):
                    self._engine.execute(f"SYSTEM {order} MERGES {table}")
            thread.join()

    def close(self) -> None:
        """The next process goes on."""
        with self._lock:
            self._is_closed = True
        self.give_up()

    def _merge(self) -> None:
        give_way()
        tries = Counter[tuple[str, str]]()
        try:
            while (month := self._next(tries)) is not None:
                tries[month] += 1
                text = f"/* {MERGE} */ OPTIMIZE TABLE {month[0]} PARTITION ID '{month[1]}' FINAL"
                with suppress(SojournError):  # such as for want of room: then the engine does what it can
                    self._engine.execute(text)
        except SojournError:
            pass  # it is tried again
        finally:
            with self._lock:
                self._thread, self._not_before = None, time.monotonic() + AGAIN_AFTER

    def _next(self, tries: Counter[tuple[str, str]]) -> tuple[str, str] | None:
        """What is to be merged now; when nothing is left, merges are free again."""
        with self._lock:
            if not self._is_due or self._is_stopped:
                return None
            left = [month for month in self._scattered() if tries[month] < MOST_TRIES]
            if not left:
                self._reset()
                self._is_due = False
            return left[0] if left else None

    def _scattered(self) -> list[tuple[str, str]]:
        """Tables and months of which more than a quarter lies in other parts than the largest one."""
        parameters = {"tables": list(_TABLES), "least": HELD_BYTES, "most": MOST_BYTES}
        return [(table, month) for table, month in self._engine.query(sql("part.scattered"), parameters)]

    def _may_be_held(self) -> bool:
        if self._is_held is None and self._engine.is_shared:
            rows = self._engine.query(sql("part.held"), {"tables": list(_TABLES), "setting": _SETTING})
            self._is_held = int(rows[0][0]) > 0
        return self._is_held is not False

    def _hold(self) -> None:
        if not self._is_held:
            self._is_held = True  # first: what fails in the middle is released all the same
            self._set(f"MODIFY SETTING {_SETTING} = {HELD_BYTES}")

    def _reset(self) -> None:
        self._set(f"RESET SETTING {_SETTING}")
        self._is_held = False

    def _set(self, change: str) -> None:
        for table in _TABLES:
            self._engine.execute(f"ALTER TABLE {table} {change}")
