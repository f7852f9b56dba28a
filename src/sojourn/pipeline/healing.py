"""Parts that a full disk cut off, taken out of use while what they were made of is still there."""

import logging
import time

from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine
from sojourn.store.written import cut_off_tables, is_nearly_full

LOOK_EVERY = 5.0

log = logging.getLogger("sojourn")


class Healing:
    """A table with a part that is cut off is read from the disk anew, as by a start: the part is put aside. If a merge
    made it, what was merged is in use again; if an insert did, that insert was not acknowledged.
    """

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._was_full = False
        self._looked_at = float("-inf")

    def work(self) -> bool:
        """While the disk is nearly full, and once after it; True if a table was read anew. Raises Unavailable."""
        if self._engine.folder is None:
            return False
        is_full = is_nearly_full(self._engine.folder)
        self._was_full |= is_full
        if not self._was_full or (is_full and time.monotonic() - self._looked_at < LOOK_EVERY):
            return False
        self._looked_at = time.monotonic()
        tables = cut_off_tables(self._engine)
        for table in sorted(tables):
            log.error("a full disk cut off what was written; it is read anew", extra={"fields": {"table": table}})
            self._read_anew(table)
        self._was_full = is_full or bool(tables)
        return bool(tables)

    def _read_anew(self, table: str) -> None:
        """No insert is under way meanwhile: its part would be on the disk, and not in the table."""
        with self._commits.alone():
            self._engine.execute(f"DETACH TABLE IF EXISTS {table} SYNC")
            self._engine.execute(f"ATTACH TABLE IF NOT EXISTS {table}")
