"""A process among those that share a cluster's store: what it says of itself, hears of the others, and may do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import msgspec

from sojourn.errors import SCARCE, SojournError, Unavailable
from sojourn.pipeline.board import Board, Others, Part, Word
from sojourn.pipeline.commits import CommitLog

# Seconds. Who could not say for `HOLDS_FOR` that it is there writes nothing more, see also `board.GONE_AFTER_MS`.
HOLDS_FOR = 10.0
SAY_EVERY = 1.0
LOOK_EVERY = 0.25
# Who saw nothing new for so long looks half as often.
CALM_AFTER = 5.0
REFRESH_EVERY = 2.0
WAIT_FOR = 20.0

_SILENT = "The store was not reached for a while, so nothing is taken; repeat it."
_OVERTAKEN = "Another process may have gone on with this work meanwhile; it is tried again."
_STILL = "What another process began still runs"
_NO_WORKER = "The process that works on this store does not answer"
_NOT_HELD = "Another process does not hold its events back"
_NEVER = float("-inf")
# A machine that is put to sleep does not stop this clock.
_clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic


class Presence:
    """`join` before anything is written, `attach` once there is something to say, `leave` at the end. At most one
    works, that is, makes sessions of events: the one whose word says so. It waits for what the others have not settled,
    so it knows each before that writes anything.
    """

    def __init__(self, board: Board, clock: Callable[[], float] = _clock) -> None:
        self.word = Word()
        self.others = Others([])
        self.is_known = False  # by the one that works
        self.board = board
        self._clock = clock
        self._lock = threading.RLock()
        self._commits: CommitLog | None = None
        self._part: Part | None = None
        self._said_at = self._refreshed_at = self._stirred_at = _NEVER
        self._settled: set[str] = set()  # lost ones of which nothing is under way any more
        self._newest_of_lost = self._newest_seen = self._reached = 0
        self._counting = threading.Lock()
        self._users = 0  # of the work, within this process
        self._is_overtaken = False
        self._leaving = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"sojourn-{target.__name__.strip('_')}", daemon=True)
            for target in (self._stay, self._keep_fresh)
        ]

    def join(self) -> None:
        """Returns when this process may write. Raises Unavailable when the one that works does not hear of it."""
        self.announce()
        for thread in self._threads:
            thread.start()
        self.wait_until(lambda: self.is_known, WAIT_FOR, _NO_WORKER)

    def announce(self) -> None:
        """Say that it is there. Raises Unavailable."""
        with self._lock:
            self.word = Word(settled=self.board.reached())
            self.tick()

    def attach(self, commits: CommitLog, part: Part) -> None:
        """From now on it is told how far this process is, and heard how far others are."""
        with self._lock:
            commits.quiet_elsewhere = self.paused
            self._commits, self._part, self._refreshed_at = commits, part, self._clock()
            self._heard()

    def leave(self) -> None:
        """Nothing more is written by this process."""
        self._leaving.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        with self._lock:
            if self._said_at > _NEVER:
                last = msgspec.structs.replace(self._current(), works=False, wants=False, asks={}, pause=0)
                # What others may not know all of, they are to look for as if it had been killed.
                is_ended = self.is_known or self._commits is None
                self._said_at, self.is_known = _NEVER, False
                with suppress(Unavailable):  # the others find out
                    self.board.say(last, is_ended=is_ended)

    def check(self) -> None:
        """Around what is written and answered. Raises Unavailable when others may not know of this process, it not of
        them, or when they may have taken over what it does.
        """
        # In this order: what speaks against it is noted before the process says again that it is there.
        oldest = min(self._said_at, self._refreshed_at) if self._part is not None else self._said_at
        if self._clock() - oldest > HOLDS_FOR or not self.is_known:
            raise Unavailable(_SILENT)
        if self._is_overtaken:
            raise Unavailable(_OVERTAKEN)

    def take(self) -> bool:
        """Whether nobody else works: then this process does. Of two that begin together one at least sees the other."""
        with self._lock:
            if not self.is_known or self._is_overtaken or self.word.helps:
                return False
            try:
                self.say(works=True)
                self._look()
            except SojournError:
                self.word = msgspec.structs.replace(self.word, works=False)
                raise
            if not self.others.is_free:
                self.say(works=False)
            return self.word.works

    def settle_lost(self) -> None:
        """For the one that works: what others had begun before they were gone without a word is ended when this
        returns, and what they stored is known. Raises Unavailable.
        """
        lost = self.others.lost - self._settled
        if not lost:
            return
        self.wait_until(lambda: not self.board.is_running(lost), WAIT_FOR, _STILL)
        newest, reached = self.board.newest(), self.board.reached()
        with self._lock:
            self._newest_of_lost, self._reached = max(newest, self._newest_of_lost), max(reached, self._reached)
            self._settled |= lost
            self._heard()

    def say(self, **changes: bool | int | str | dict[str, int]) -> None:
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
        """No other process has a commit under way within the block, and all that is stored is known, also of those that
        are gone without a word. Raises Unavailable when one does not obey.
        """
        number = time.time_ns()
        try:
            self.say(pause=number)
            self.wait_until(lambda: self._is_quiet(number), WAIT_FOR, _NOT_HELD)
            self.settle_lost()
            yield
        finally:
            self.say(pause=0)

    def asked(self) -> int:
        """The number by which the one that works asks this process to take a share of its pass, or 0."""
        working = [said.word for said in self.others.there if said.word.works]
        return working[0].asks.get(self.board.name, 0) if len(working) == 1 else 0

    def wait_until(self, is_so: Callable[[], bool], wait: float, otherwise: str) -> None:
        """Raises Unavailable, with these words, after so many seconds."""
        deadline = self._clock() + wait
        while not is_so():
            if self._clock() > deadline or self._leaving.wait(LOOK_EVERY / 2):
                raise Unavailable(f"{otherwise}; repeat it.", retry_after=5)
            self.tick()

    def tick(self) -> None:
        """Hear what others say, and say what changed. Raises Unavailable."""
        with self._lock:
            self._look()
            if self._is_due():
                self._say()

    def _stay(self) -> None:
        while not self._leaving.wait(LOOK_EVERY if self._is_stirred() else SAY_EVERY / 2):
            try:
                self.tick()
            except (SojournError, *SCARCE):
                continue  # `check` counts how long

    def _is_stirred(self) -> bool:
        """Whether another one is there, and any wrote something a moment ago."""
        there = [said.word.newest for said in self.others.there]
        if there and (newest := max(self.word.newest, *there)) > self._newest_seen:
            self._newest_seen, self._stirred_at = newest, self._clock()
        return bool(there) and self._clock() - self._stirred_at < CALM_AFTER

    def _keep_fresh(self) -> None:
        while not self._leaving.wait(REFRESH_EVERY):
            if self._part is None:
                continue
            began = self._clock()
            try:
                self._part.refresh()
            except (SojournError, *SCARCE):
                continue
            self._refreshed_at = max(began, self._refreshed_at)

    def _begin_anew(self) -> None:
        """It was silent so long that others may have gone on without it. The lower number is one that nobody heard."""
        with self._counting:
            self._is_overtaken = self._users > 0
            self.is_known = False
            settled = self.word.settled - 1
            self.word = msgspec.structs.replace(self.word, settled=settled, works=False, asks={}, pause=0, begins=True)

    def _is_due(self) -> bool:
        """Whether there is something to say at once: somebody waits for it, or it was silent for a while."""
        said, current = self.word, self._current()
        there = self.others.there
        return (
            self._clock() - self._said_at >= SAY_EVERY
            or current.newest > said.newest
            or current.lingers != said.lingers
            or any(other.word.newest > said.settled for other in there)
            or (said.works and any(other.word.begins and not said.knows_of(other) for other in there))
        )

    def _is_quiet(self, number: int) -> bool:
        """Whether all hold their commits back, and what they wrote until then is within what all have settled."""
        assert self._commits is not None
        there = [said.word for said in self.others.there]
        newest = max([self._commits.own().newest, *(word.newest for word in there)])
        return all(word.holds == number and word.settled >= newest for word in there)

    def _current(self) -> Word:
        word = msgspec.structs.replace(self.word, lingers=self._is_overtaken)
        if self._commits is None or self._part is None or not self.is_known:
            return word
        own = self._commits.own()
        return self._part.word(
            msgspec.structs.replace(word, settled=own.settled, newest=own.newest, last=own.last, begins=False)
        )

    def _say(self) -> None:
        if self.is_known and self._clock() - self._said_at > HOLDS_FOR:
            self._begin_anew()
        began = self._clock()
        knows = {other.name: other.word.settled for other in self.others.there}
        self.word = msgspec.structs.replace(self._current(), knows=knows)
        self.board.say(self.word)
        self._said_at = began

    def _look(self) -> None:
        self.others = Others(self.board.others())
        self._settled -= {said.name for said in self.others.there}
        self._heard()
        worker = self.others.worker
        is_heard = worker is None or worker.word.knows.get(self.board.name) == self.word.settled
        if not self.is_known and self._said_at > _NEVER and is_heard:
            self._go_on()
            self.is_known = True

    def _heard(self) -> None:
        if self._commits is None or self._part is None:
            return
        others = self.others
        settled = others.settled(but_for=self._settled)
        newest = {said.name: said.word.newest for said in others.said} | {"": self._newest_of_lost}
        reached = max([self._reached, *(said.word.reached for said in others.said)])
        is_asked = self.asked() not in (0, self.word.helps, abs(self.word.helped))
        if self._commits.hear(settled, newest, reached) or is_asked or (self.word.works and others.is_wanting):
            self._part.wake()
        worker = others.worker
        if worker is not None:
            self._commits.worked_off(worker.word.done)
        self._obey(worker.word.pause if worker else 0)

    def _obey(self, pause: int) -> None:
        assert self._commits is not None
        if pause and pause != self.word.holds and self._commits.hold():
            self.say(holds=pause)
        elif not pause:
            if self.word.holds:
                self._go_on()
                self.say(holds=0)
            self._commits.release()

    def _go_on(self) -> None:
        """Raises Unavailable, and then events are not taken yet."""
        if self._part is not None:
            began = self._clock()
            self._part.go_on()
            self._refreshed_at = max(began, self._refreshed_at)
