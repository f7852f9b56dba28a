"""What a process tells the others that share its store, and what it learns anew because of them."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from sojourn.pipeline.board import Board, Word
from sojourn.pipeline.buffer import Buffer
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.presence import Presence
from sojourn.pipeline.worker import Worker


class Kept(Protocol):
    """What is in memory of what the store has in these tables."""

    @property
    def tables(self) -> tuple[str, ...]: ...

    def load(self) -> None: ...


class Share:
    """How far the sessions of this process can be trusted to be whole, by its own work or by what the one that works
    says of its.
    """

    def __init__(
        self,
        presence: Presence | None,
        commits: CommitLog,
        worker: Worker,
        generations: Generations,
        buffer: Buffer,
        kept: Sequence[Kept],
        wake: Callable[[], None],
    ) -> None:
        self.wake = wake
        self._presence = presence
        self._commits = commits
        self._worker = worker
        self._generations = generations
        self._buffer = buffer
        self._kept = kept
        self._loaded: dict[tuple[str, ...], list[int] | None] = {}
        self._synced_ms = 0
        self.is_whole = False  # whether this process, when it works, knows all that was done before it did
        if presence is not None:
            presence.attach(commits, self)

    def synced_until(self, site_id: str | None = None) -> int:
        """Every change of a session of the site, or of any, that was stamped before this instant can be seen."""
        if self._presence is not None and not (self.is_whole and self._presence.word.works):
            return self._synced_ms
        changed, since = self._commits.changed_ms(), self._generations.building_since(site_id)
        return changed if since is None else min(changed, since)

    def check(self) -> None:
        """Raises Unavailable while other processes may not know of this one, nor it of what they did."""
        if self._presence is not None:
            self._presence.check()

    def word(self, word: Word) -> Word:
        if not word.works:
            return msgspec.structs.replace(word, done=0, synced_ms=0, built={})
        built = self._generations.built()
        return msgspec.structs.replace(word, done=self._worker.done, synced_ms=self.synced_until(), built=built)

    def refresh(self) -> None:
        # What it says is to be seen with what was loaded after it said so.
        said = self._presence.others.worker if self._presence else None
        if self._presence is not None:
            self._load(self._presence.board)
        if said is not None:
            self._synced_ms = max(self._synced_ms, said.word.synced_ms)
            self._generations.built_elsewhere = said.word.built

    def _load(self, board: Board) -> None:
        """What was written to since it was loaded."""
        digests = board.digests([table for part in self._kept for table in part.tables])
        for part in self._kept:
            found = [digests.get(table, 0) for table in part.tables] if digests is not None else None
            if found is None or found != self._loaded.get(part.tables):
                part.load()
                self._loaded[part.tables] = found

    def go_on(self) -> None:
        """What was deleted meanwhile may come again."""
        self.refresh()
        self._buffer.forget()
