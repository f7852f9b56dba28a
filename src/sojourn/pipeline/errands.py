"""Shares of a pass that other processes of a shared store take, so that its work is spread over all of them: each a
statement over leads that have nothing to do with those of the others (`parting.py`).

The one that works writes down a share for each other one and says that it asks. Who is asked says that it helps, looks
whether it still is asked, and runs one statement; until it says that it has ended, nobody else takes the work, and who
works does nothing else (`settle`). Of one that is asked no more and one that begins, one at least sees the word of the
other, as in `Presence.take`.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import xxhash

from sojourn.errors import SojournError
from sojourn.pipeline.board import Errand
from sojourn.pipeline.presence import WAIT_FOR, Presence
from sojourn.sql import sql
from sojourn.store.engine import Engine

# What makes sessions anew where no identity fact concerns the leads, and where some do.
DIRECT, LINKED = "session.recompute_direct", "session.recompute"
# A process of another version may have other ones.
_STATEMENTS = xxhash.xxh3_64_hexdigest((sql(DIRECT) + sql(LINKED)).encode())
# Seconds. Who is asked and does not begin within these is busy or stands still: the share is done here.
BEGINS_WITHIN = 2.0

_NO_END = "What another process was asked to do has not ended"


class Errands:
    """`run` does a share, which may be repeated."""

    def __init__(self, presence: Presence, run: Callable[[Errand], None]) -> None:
        self._presence = presence
        self._board = presence.board
        self._run = run
        self.is_settled = True
        self._seen = 0

    def helpers(self) -> list[str]:
        """The names of those that can take a share now."""
        there = self._presence.others.there
        return [said.name for said in there if said.word.can_help == _STATEMENTS and not said.word.helps]

    def share(self, parts: Sequence[Errand]) -> None:
        """Each part is done when this returns: the first by this process, the others by helpers as far as there are.

        Raises Unavailable: then all is to be done again, after `settle`.
        """
        own, asked = list(parts), dict[str, Errand]()
        for name in self.helpers()[: len(parts) - 1]:
            asked[name] = own.pop()
        number = time.time_ns()
        self.ask(number, asked)
        for part in own:
            self._run(part)
        deadline = time.monotonic() + BEGINS_WITHIN
        self._wait_until(lambda: time.monotonic() > deadline or self._is_begun(number, asked))
        self.call_off()
        self._wait_until(lambda: not self._is_helped(number))
        self.settle()
        done = self.done(number)
        for name in asked.keys() - done:
            self._run(asked[name])

    def ask(self, number: int, asked: Mapping[str, Errand]) -> None:
        """Each of these is to do its share, known by this number."""
        self.is_settled = False
        self._board.ask(number, asked)
        self._presence.say(asks=dict.fromkeys(asked, number))

    def call_off(self) -> None:
        """Who has not begun does not begin any more."""
        self._presence.say(asks={})
        self._presence.tick()

    def done(self, number: int) -> set[str]:
        """Who did its share."""
        return {said.name for said in self._presence.others.there if said.word.helped == number}

    def settle(self) -> None:
        """Before anything else is done by who works: nobody does what this process asked, or one that worked before it,
        nor will, and nothing of any lead is left among what was asked.

        Raises Unavailable when somebody does not end.
        """
        if self.is_settled:
            return
        self.call_off()
        self._board.forget_errands()
        self._presence.tick()
        self._presence.wait_until(self.is_ended, WAIT_FOR, _NO_END)
        self.is_settled = True

    def is_ended(self) -> bool:
        """Whether none that is there does a share, and nothing runs any more of what others began that are gone."""
        if self._is_helped():
            return False
        self._presence.settle_lost()
        return not self._is_helped()  # one may have come back in between

    def resume(self) -> None:
        """The same for what another process may have asked that worked before. Raises Unavailable."""
        self.is_settled = False
        self.settle()

    def retire(self) -> None:
        """Take no more."""
        with suppress(SojournError):
            self._presence.say(can_help="")

    def help(self) -> bool:
        """Do what this process is asked by the one that works; True if there was something. Raises Unavailable."""
        presence = self._presence
        if not presence.word.can_help:
            presence.say(can_help=_STATEMENTS)
        number = presence.asked()
        if number in (0, self._seen):
            return False
        self._seen = number
        presence.begin()
        is_done = False
        try:
            errand = self.accept(number)
            if errand is not None:
                self._run(errand)
                is_done = True
        finally:
            try:
                self.end(number, is_done=is_done)
            finally:
                presence.end()
        return True

    def accept(self, number: int) -> Errand | None:
        """What this process is to do by this number; nobody else works until it says that it has ended. None when it
        is not asked any more.
        """
        self._presence.say(helps=number)
        self._presence.tick()
        return self._board.errand(number) if self._presence.asked() == number else None

    def end(self, number: int, *, is_done: bool) -> None:
        """Say so."""
        self._presence.say(helps=0, helped=number if is_done else -number)

    def _is_begun(self, number: int, asked: Mapping[str, Errand]) -> bool:
        """Whether all of them that are there have begun, or ended."""
        there = [said.word for said in self._presence.others.there if said.name in asked]
        return all(number in (word.helps, abs(word.helped)) for word in there)

    def _is_helped(self, number: int | None = None) -> bool:
        """Whether one that is there does a share: of this number, or any."""
        helping = {said.word.helps for said in self._presence.others.there} - {0}
        return number in helping if number is not None else bool(helping)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """However long one takes that is there."""
        self._presence.wait_until(is_so, math.inf, _NO_END)


def errands_of(presence: Presence | None, engine: Engine) -> Errands | None:
    """None where no other process can help."""
    if presence is None:
        return None
    return Errands(presence, lambda errand: engine.execute(sql(errand.statement), errand.parameters))
