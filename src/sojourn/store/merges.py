"""Holding off merges of large parts while an import writes them and sessions are built of them."""

from sojourn.store.engine import Engine

# Merging what an import just wrote would cost as much as writing it; small parts of other events go on being merged.
HELD_BYTES = 20_000_000
_SETTING = "max_bytes_to_merge_at_max_space_in_pool"
_TABLES = ("events", "sessions")


class Merges:
    """Released at the start, so that a process that ended in between leaves nothing behind."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_held = True
        self.release()

    def hold(self) -> None:
        for table in _TABLES:
            self._engine.execute(f"ALTER TABLE {table} MODIFY SETTING {_SETTING} = {HELD_BYTES}")
        self._is_held = True

    def release(self) -> None:
        """Let merges take what was held back; nothing when nothing was."""
        if self._is_held:
            for table in _TABLES:
                self._engine.execute(f"ALTER TABLE {table} RESET SETTING {_SETTING}")
            self._is_held = False
