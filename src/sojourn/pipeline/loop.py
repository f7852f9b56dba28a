"""The thread in which the worker works: passes over new events, and pages of a next generation in between."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sojourn.errors import SCARCE, SojournError
from sojourn.pipeline.errands import Errands
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.metering import Meter
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.turns import Turns
from sojourn.pipeline.worker import Worker

SAVE_EVERY = 5.0
# A pass over many commits costs little more than over one, so passes keep a distance and leave the cores to ingest.
SHORTEST_REST = 0.1
LONGEST_REST = 4.0
MANY_LEADS = 3000
RETRY_AFTER = 1.0

log = logging.getLogger("sojourn")


def rest_after(took: float, lead_count: int) -> float:
    """Seconds to rest after a pass that took so many: half of it, and longer when many leads were touched."""
    return max(SHORTEST_REST, took / 2 if lead_count < MANY_LEADS else min(LONGEST_REST, 4 * took))


class Loop:
    """Runs until it is stopped. What fails for want of the store is tried again; nothing is skipped.

    `clocks` are that of the machine, and that by which changes are stamped: `CommitLog.change_ms`.
    `errands` are those of another process that works.
    Each piece of work is done within `turns`; whoever else holds it has the derived tables for itself.
    """

    def __init__(
        self,
        worker: Worker,
        generations: Generations,
        refusals: Refusals,
        meter: Meter,
        clocks: tuple[Callable[[], int], Callable[[], int]],
        turns: Turns,
        chores: Sequence[Callable[[int], bool]] = (),
        first: Sequence[Callable[[], bool]] = (),
        errands: Errands | None = None,
    ) -> None:
        self._meter = meter
        self._turns = turns
        self._chores = chores
        self._first = first
        self._errands = errands
        self._refusals = refusals
        self._worker = worker
        self._generations = generations
        self._now_ms, self._change_ms = clocks
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._saved_at = 0.0
        self._due = 0.0  # when the next pass may begin; a build goes on meanwhile, it leaves a core to others as it is
        self._built = False  # whether the last turn built a piece
        self._thread = threading.Thread(target=self._run, name="sojourn-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def stop_soon(self) -> None:
        """Begins nothing more; what is left is done after the next start."""
        self._stopping.set()
        self._wake.set()

    def stop(self) -> None:
        """Ends after the pass under way."""
        self.stop_soon()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                worked = self.turn()
            except (SojournError, *SCARCE) as error:
                # Without its message: the engine's own words may hold what was sent.
                said = error.code if isinstance(error, SojournError) else getattr(error, "strerror", None)
                failure = said or type(error).__name__
                log.error("work is waiting, and is tried again", extra={"fields": {"failure": failure}})
                self._stopping.wait(RETRY_AFTER)
                continue
            self._rest(worked)
        if self._errands is not None:
            self._errands.retire()

    def _rest(self, worked: bool) -> None:
        left = self._due - time.monotonic()
        if self._built:
            self._stopping.wait(0.0 if self._generations.is_hurried else SHORTEST_REST)
        elif worked or left > 0:
            self._stopping.wait(max(SHORTEST_REST, left))
        else:
            self._wake.wait(1.0)
            self._wake.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside the block nothing works: what is derived stands still."""
        with self._turns:
            self._mend()
            yield

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._turns.own():
            self._mend()
            yield

    def _mend(self) -> None:
        """What was cut off, be it just now: else nothing can read it, or what follows goes on as if it were whole."""
        for mend in self._first:
            mend()

    def turn(self) -> bool:
        """A pass if one is due, a piece of a next generation, and the chores; or what the one that works asks. True if
        there was something to do.
        """
        worked = self._work() if self._turns.may_work() else self._help()
        if time.monotonic() - self._saved_at > SAVE_EVERY:
            if self._turns.is_mine:
                with self._turns.own():
                    self._worker.save()
            self._refusals.save()
            self._saved_at = time.monotonic()
        return worked

    def _help(self) -> bool:
        self._due, self._built = 0.0, False  # it rests no longer than it must: it may be asked again at once
        return self._errands is not None and self._errands.help()

    def _work(self) -> bool:
        worked = time.monotonic() >= self._due and self._pass()
        with self._turn():
            self._built = self._timed("generation", lambda: self._generations.work(self._change_ms()))
        worked = self._built or worked
        for chore in self._chores:
            with self._turn():
                worked = chore(self._now_ms()) or worked
        return worked

    def _pass(self) -> bool:
        began = time.monotonic()
        with self._turn():
            worked = self._timed("events", lambda: self._worker.work(self._change_ms))
        if worked:
            ended = time.monotonic()
            self._due = ended + rest_after(ended - began, self._worker.lead_count)
        return worked

    def _timed(self, kind: str, work: Callable[[], bool]) -> bool:
        began = time.monotonic()
        worked = work()
        if worked:
            self._meter.passes.add(time.monotonic() - began, kind)
        return worked
