"""Holding off merges of large parts while an import writes them and sessions are built of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sojourn.store.engine import Engine
from sojourn.store.priority import put_merges_behind

# Merging what an import just wrote would cost as much as writing it; small parts of other events go on being merged.
HELD_BYTES = 20_000_000
_SETTING = "max_bytes_to_merge_at_max_space_in_pool"
_TABLES = ("events", "sessions")


class Merges:
    """Released at the start, so that a process that ended in between leaves nothing behind; where others may hold them,
    by the first that finds nothing left to do.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._is_held = True
        self._holders = 0
        if not engine.is_shared:
            self.release()
        if engine.folder is not None:
            put_merges_behind()  # its threads are there once there are tables

    def hold(self) -> None:
        """From now on, until a release."""
        with self._lock:
            if not self._is_held:
                self._is_held = True  # first: what fails in the middle is released all the same
                self._set(f"MODIFY SETTING {_SETTING} = {HELD_BYTES}")

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
            if self._is_held and not self._holders:
                self._set(f"RESET SETTING {_SETTING}")
                self._is_held = False

    def _set(self, change: str) -> None:
        for table in _TABLES:
            self._engine.execute(f"ALTER TABLE {table} {change}")
