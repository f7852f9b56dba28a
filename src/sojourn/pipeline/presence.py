"""A process among those that share a cluster's store: what it says of itself, hears of the others, and may do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec

from sojourn.errors import SojournError, Unavailable
from sojourn.pipeline.board import Board, Said, Word
from sojourn.pipeline.commits import CommitLog
from sojourn.store.address import Address
from sojourn.store.cluster import Cluster
from sojourn.store.founding import opened

# Seconds. Who could not say for `HOLDS_FOR` that it is there writes nothing more, see also `board.GONE_AFTER_MS`.
HOLDS_FOR = 10.0
SAY_EVERY = 1.0
LOOK_EVERY = 0.25
REFRESH_EVERY = 2.0
WAIT_FOR = 20.0

_SILENT = "The store was not reached for a while, so nothing is taken; repeat it."
_STILL = "What another process began still runs"
_OVERTAKEN = "Another process may have gone on with this work meanwhile; it is tried again."


class Part(Protocol):
    """What this process does, as far as the others hear of it."""

    def word(self, word: Word) -> Word:
        """With how far it is."""

    def refresh(self) -> None:
        """Know what others may have changed."""

    def go_on(self) -> None:
        """Know it, before events are taken again."""

    def wake(self) -> None:
        """There is something new to work off."""


class Presence:
    """`join` before anything is written, `attach` once there is something to say, `leave` at the end.

    At most one process works, that is, makes sessions of events: the one whose word says so. It waits for what the
    others have not settled, so it knows each before that writes anything.
    """

    def __init__(self, board: Board, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.word = Word()
        self.others: list[Said] = []
        self._board = board
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._commits: CommitLog | None = None
        self._part: Part | None = None
        self._said_at = self._looked_at = self._refreshed_at = float("-inf")  # on the monotonic clock
        self.is_known = False  # by the one that works
        self._counting = threading.Lock()
        self._users = 0  # of the work, within this process
        self._is_overtaken = False
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sojourn-presence", daemon=True)

    def join(self, wait: float = WAIT_FOR) -> None:
        """Returns when this process may write. Raises Unavailable when nobody could be told of it for so long."""
        self.announce()
        self._thread.start()
        self.wait_until(lambda: self.is_known, wait, "The process that works on this store does not answer")

    def announce(self) -> None:
        """Say that it is there. Raises Unavailable."""
        with self._lock:
            self.word = Word(settled=self._board.reached())
            self.tick()

    def attach(self, commits: CommitLog, part: Part) -> None:
        """From now on it is told how far this process is, and heard how far others are."""
        with self._lock:
            commits.quiet_elsewhere = self.paused
            self._commits, self._part = commits, part
            self._heard()

    def leave(self) -> None:
        """Nothing more is written by this process."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            if self._said_at > float("-inf"):
                self._said_at = float("-inf")
                self._board.say(msgspec.structs.replace(self.word, works=False, wants=False), is_ended=True)

    def check(self) -> None:
        """Around everything that is written or answered. Raises Unavailable when others may not know of this process,
        or may have taken over what it does.
        """
        if self._is_overtaken:
            raise Unavailable(_OVERTAKEN)
        if not self.is_known or self._monotonic() - self._said_at > HOLDS_FOR:
            raise Unavailable(_SILENT)

    @property
    def worker(self) -> Said | None:
        """The other process that works."""
        return next((said for said in self.others if said.is_there and said.word.works), None)

    def is_wanted(self) -> bool:
        """Whether another process waits for the work."""
        return any(said.is_there and said.word.wants for said in self.others)

    def take(self) -> bool:
        """Whether nobody else works: then this process does. Of two that begin together one at least sees the other."""
        with self._lock:
            if not self.is_known:
                return False
            try:
                self.say(works=True)
                self._look()
            except SojournError:
                self.word = msgspec.structs.replace(self.word, works=False)
                raise
            if self.worker is not None:
                self.say(works=False)
            return self.word.works

    def wait_for_gone(self) -> None:
        """What others had begun before they were gone is ended when this returns. Raises Unavailable."""
        for other in self.others:
            if other.word.works and not other.is_there:
                self.wait_until(lambda: not self._board.is_running(other), WAIT_FOR, _STILL)  # noqa: B023 used at once

    def say(self, **changes: bool | int) -> None:
        """Raises Unavailable; then it is said when the store can be reached again."""
        with self._lock:
            self.word = msgspec.structs.replace(self.word, **changes)
            self._say()

    def begin(self) -> None:
        """From here to `end`, what is written is written by the one that works, or not at all."""
        with self._counting:
            self._users += 1

    def end(self) -> None:
        with self._counting:
            self._users -= 1
            self._is_overtaken = self._is_overtaken and self._users > 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No other process has a commit under way within the block. Raises Unavailable when one does not obey."""
        number = time.time_ns()
        self.say(pause=number)
        try:
            self.wait_until(
                lambda: all(said.word.holds == number for said in self.others if said.is_there),
                WAIT_FOR,
                "Another process does not hold its events back",
            )
            yield
        finally:
            self.say(pause=0)

    def wait_until(self, is_so: Callable[[], bool], wait: float, otherwise: str) -> None:
        """Raises Unavailable, with these words, after so many seconds."""
        deadline = self._monotonic() + wait
        while not is_so():
            if self._monotonic() > deadline:
                raise Unavailable(f"{otherwise}; repeat it.", retry_after=5)
            self._leaving.wait(LOOK_EVERY / 2)
            self.tick()

    def tick(self) -> None:
        """Hear what others say, and say what changed. Raises Unavailable."""
        with self._lock:
            self._look()
            if self._is_due():
                self._say()
        if self._part is not None and self._monotonic() - self._refreshed_at > REFRESH_EVERY:
            self._refresh()

    def _run(self) -> None:
        while not self._leaving.wait(LOOK_EVERY if any(said.is_there for said in self.others) else SAY_EVERY / 2):
            try:
                self.tick()
            except SojournError:
                continue  # `check` counts how long

    def _begin_anew(self) -> None:
        """It was silent so long that others may have gone on without it. The lower number is one that nobody heard."""
        self.is_known = False
        self.word = msgspec.structs.replace(self.word, settled=self.word.settled - 1, works=False, begins=True)
        self._is_overtaken = self._users > 0  # last: who begins to use it from here on sees that it does not work

    def _is_due(self) -> bool:
        """Whether there is something to say at once: somebody waits for it, or it was silent for a while."""
        said, current = self.word, self._current()
        there = [other for other in self.others if other.is_there]
        return (
            self._monotonic() - self._said_at >= SAY_EVERY
            or current.newest > said.newest
            or any(other.word.newest > said.settled for other in there)
            or (said.works and any(other.word.begins and not _knows(said, other) for other in there))
        )

    def _current(self) -> Word:
        if self._commits is None or self._part is None or not self.is_known:
            return self.word
        settled, newest = self._commits.own()
        return self._part.word(msgspec.structs.replace(self.word, settled=settled, newest=newest, begins=False))

    def _say(self) -> None:
        if self.is_known and self._monotonic() - self._said_at > HOLDS_FOR:
            self._begin_anew()
        began = self._monotonic()
        knows = {other.name: other.word.settled for other in self.others if other.is_there}
        self.word = msgspec.structs.replace(self._current(), knows=knows)
        self._board.say(self.word)
        self._said_at = began

    def _look(self) -> None:
        self.others = self._board.others()
        self._heard()
        worker = self.worker
        if not self.is_known and self._said_at > float("-inf"):
            self.is_known = worker is None or worker.word.knows.get(self._board.name) == self.word.settled

    def _heard(self) -> None:
        if self._commits is None or self._part is None:
            return
        settled = min((other.word.settled for other in self.others if other.is_there), default=None)
        newest = {other.name: other.word.newest for other in self.others}
        reached = max((other.word.reached for other in self.others), default=0)
        if self._commits.hear(settled, newest, reached) or (self.word.works and self.is_wanted()):
            self._part.wake()
        worker = self.worker
        if worker is not None:
            self._commits.worked_off(worker.word.done)
        self._obey(worker.word.pause if worker else 0)

    def _obey(self, pause: int) -> None:
        assert self._commits is not None
        assert self._part is not None
        if pause and pause != self.word.holds and self._commits.hold():
            self.say(holds=pause)
        elif not pause:
            if self.word.holds:
                self._part.go_on()
                self.say(holds=0)
            self._commits.release()

    def _refresh(self) -> None:
        assert self._part is not None
        self._refreshed_at = self._monotonic()
        self._part.refresh()


def joined(address: Address) -> tuple[Cluster, Presence]:
    """The store, and this process among those that share it. Raises StoreError for one that cannot be opened."""
    cluster = opened(address)
    presence = Presence(Board(cluster))
    cluster.check_may_write = presence.check
    try:
        presence.join()
    except BaseException:
        presence.leave()
        cluster.close()
        raise
    return cluster, presence


def _knows(word: Word, other: Said) -> bool:
    return word.knows.get(other.name) == other.word.settled
