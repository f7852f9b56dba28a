"""Deleted rows leave the disk: hidden at once, they lie in their files until these are written anew."""

import os
import time

from sojourn.sql import sql
from sojourn.store.engine import Engine

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


class Cleaner:
    """Writes the files anew that hold deleted rows: at once after an erasure, else once a day."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._left: list[str] = []
        self._table: str | None = None  # that is being written anew, in the background
        self._due_at: int | None = None
        self.done_count = 0  # how often everything that was due was cleaned

    def soon(self) -> None:
        """Something was erased that shall be gone."""
        self._due_at = 0

    def work(self, now_ms: int) -> bool:
        """Begin or end the cleaning of a table; True if there was something to do."""
        if self._due_at is None:
            self._due_at = now_ms + HOUR_MS
        if self._table is not None:
            return self._end(self._table)
        if not self._left and now_ms >= self._due_at:
            self._left = [table for (table,) in self._engine.query(sql("part.masked"))]
            self._due_at = now_ms + DAY_MS
            self.done_count += not self._left
        if not self._left:
            return False
        self._table = self._left.pop()
        self._engine.execute(f"ALTER TABLE {self._table} APPLY DELETED MASK SETTINGS mutations_sync = 0")
        return True

    def is_waiting(self) -> bool:
        """Whether an erasure's rows may still lie in files."""
        return self._due_at == 0 or bool(self._left) or self._table is not None

    def finish(self, now_ms: int) -> None:
        """Returns when what an erasure left is gone from the files. For commands and tests: no thread."""
        while self.is_waiting():
            if not self.work(now_ms) and self._table is not None:
                time.sleep(0.01)  # the engine writes in the background

    def _end(self, table: str) -> bool:
        if self._engine.query(sql("mutation.waiting"), {"table": table}) != [(0,)]:
            return False
        # The parts as they were before are only given up when the new ones are on the disk. There is no such
        # partition: dropping it makes the engine clear what is no longer part of the table.
        os.sync()
        self._engine.execute(f"ALTER TABLE {table} DROP PARTITION ID '190001'")
        self._table = None
        self.done_count += not self._left
        return True
