"""Parts that a full disk cut off, taken out of use while what they were made of is still there."""

import logging
import time

from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine
from sojourn.store.written import cut_off_tables

# What a merge was made of stays for eight minutes.
LOOK_EVERY = 60.0
LOOK_AGAIN = 2.0  # while the disk is nearly full or was a moment ago, and after a statement that failed

log = logging.getLogger("sojourn")


class Healing:
    """A table with a part that is cut off is read from the disk anew, as by a start: the part is put aside. If a merge
    made it, what was merged is in use again; if an insert did, that insert was not acknowledged.
    """

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._looked_at = time.monotonic()
        self._cut_off: set[str] = set()

    def work(self) -> bool:
        """True if a table was read anew. Raises Unavailable; what is begun goes on the next time."""
        now = time.monotonic()
        if self._engine.folder is None or not self._is_due(now):
            return False
        self._looked_at = now
        self._cut_off |= cut_off_tables(self._engine)
        found = sorted(self._cut_off)
        for table in found:
            log.error("a full disk cut off what was written; it is read anew", extra={"fields": {"table": table}})
            self._read_anew(table)
            self._cut_off.remove(table)
        return bool(found)

    def _is_due(self, now: float) -> bool:
        rested = now - self._looked_at
        is_doubtful = self._engine.is_in_doubt() or self._engine.failed_at >= self._looked_at or bool(self._cut_off)
        return rested >= LOOK_EVERY or (is_doubtful and rested >= LOOK_AGAIN)

    def _read_anew(self, table: str) -> None:
        """No insert is under way meanwhile: its part would be on the disk, and not in the table."""
        with self._commits.alone():
            self._engine.execute(f"DETACH TABLE IF EXISTS {table} SYNC")
            self._engine.execute(f"ATTACH TABLE IF NOT EXISTS {table}")
