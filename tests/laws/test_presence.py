"""Whatever processes do, sleep or die: at most one works, and every acknowledged commit is worked off."""

from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sojourn.errors import Unavailable
from sojourn.pipeline.board import GONE_AFTER_MS, Board, Said, Word
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.presence import HOLDS_FOR, LOOK_EVERY, Presence

NUMBERS = st.integers(0, 2)


class Store:
    """What all of them see, at once."""

    def __init__(self) -> None:
        self.now = 1_000_000.0  # seconds
        self.commits: set[int] = set()
        self.recorded = 0
        self.said: dict[str, tuple[Word, float, bool]] = {}
        self.flying: dict[str, list[int]] = {}  # what lands though who sent it was killed
        self.is_down = False

    def land(self, name: str) -> None:
        self.commits.update(self.flying.pop(name, []))


class Shown(Board):
    """A board in memory."""

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self._store = store

    def say(self, word: Word, *, is_ended: bool = False) -> None:
        self.reach()
        self._store.said[self.name] = (word, self._store.now, is_ended)

    def others(self) -> list[Said]:
        self.reach()
        return [
            Said(name, word, not is_ended and (self._store.now - at) * 1000 < GONE_AFTER_MS, is_ended)
            for name, (word, at, is_ended) in sorted(self._store.said.items())
            if name != self.name
        ]

    def reach(self) -> None:
        if self._store.is_down:
            raise Unavailable("The store cannot be reached.")

    def is_running(self, names: Collection[str]) -> bool:
        for name in names:
            self._store.land(name)
        return False

    def newest(self) -> int:
        return max(self._store.commits, default=0)

    def reached(self) -> int:
        return max([self._store.recorded, self.newest(), *(said.word.reached for said in self.others())])


class Process:
    """One that commits, and works when it may. Its clock is `off` by so many seconds."""

    def __init__(self, store: Store, name: str, off: float) -> None:
        self.store = store
        self.name = name
        self.presence = Presence(Shown(store, name), lambda: store.now)
        self.presence.announce()
        self.commits = CommitLog(max(store.commits, default=0), lambda: int((store.now + off) * 1000))
        self.is_attached = False
        self.done = 0
        self.begun: list[tuple[AbstractContextManager[int], int]] = []
        self.seen: list[tuple[int, int]] = []

    def tick(self) -> None:
        with suppress(Unavailable):
            self.presence.tick()
        if self.presence.is_known and not self.is_attached:
            self.presence.attach(self.commits, self)
            self.is_attached = True

    def word(self, word: Word) -> Word:
        return Word(
            **{**{name: getattr(word, name) for name in Word.__struct_fields__}, "done": self.done * word.works}
        )

    def refresh(self) -> None: ...

    def go_on(self) -> None: ...

    def wake(self) -> None: ...

    def may_write(self) -> bool:
        try:
            self.presence.check()
        except Unavailable:
            return False
        return self.is_attached

    def pass_over(self) -> set[int]:
        """As `Worker._work` does, of what is stored."""
        floor, upto = self.commits.take_floor(), self.commits.settled()
        after = self.done if floor is None else min(self.done, floor)
        self.done = max(after, upto)
        return {commit for commit in self.store.commits if after < commit <= upto}


class Together(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.processes: dict[str, Process] = {}
        self.acknowledged: set[int] = set()
        self.worked_off: set[int] = set()
        self.count = 0

    def some(self, number: int) -> Process | None:
        ordered = list(self.processes.values())
        return ordered[number % len(ordered)] if ordered else None

    @initialize()
    def two(self) -> None:
        self.start(0.0)
        self.start(-100.0)
        self.go_on(4, asleep=-1)

    @precondition(lambda self: len(self.processes) < 3)
    @rule(off=st.sampled_from([0.0, 0.5, -0.5, 100.0, -100.0]))
    def start(self, off: float) -> None:
        if self.store.is_down:
            return
        name = f"p{self.count}"
        self.count += 1
        self.processes[name] = Process(self.store, name, off)

    @rule(number=NUMBERS)
    def kill(self, number: int) -> None:
        if process := self.some(number):
            self.store.flying[process.name] = [commit_id for _, commit_id in process.begun]
            del self.processes[process.name]

    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        process = self.some(number)
        if process and not process.begun and not self.store.is_down:
            process.presence.leave()
            del self.processes[process.name]

    @rule()
    def land(self) -> None:
        for name in list(self.store.flying):
            self.store.land(name)

    @rule()
    def blink(self) -> None:
        self.store.is_down = not self.store.is_down

    @rule(number=NUMBERS)
    def tick(self, number: int) -> None:
        if process := self.some(number):
            process.tick()

    @rule(count=st.integers(1, 5), asleep=NUMBERS)
    def go_on(self, count: int, asleep: int) -> None:
        """All but one, of three."""
        for _ in range(count):
            self.store.now += LOOK_EVERY
            for number, process in enumerate(self.processes.values()):
                if number != asleep:
                    process.tick()

    @rule(seconds=st.sampled_from([0.001, HOLDS_FOR + 0.5, GONE_AFTER_MS / 1000 + 1]))
    def wait(self, seconds: float) -> None:
        self.store.now += seconds

    @rule(number=NUMBERS)
    def begin(self, number: int) -> None:
        process = self.some(number)
        if process and process.may_write():
            commit = process.commits.commit(1)
            process.begun.append((commit, commit.__enter__()))

    @rule(number=NUMBERS)
    def write(self, number: int) -> None:
        """It is stored, if it may be, and still under way for the process."""
        process = self.some(number)
        if process and process.begun and process.may_write():
            self.store.commits.add(process.begun[0][1])

    @rule(number=NUMBERS)
    def end(self, number: int) -> None:
        """It is acknowledged, if nothing speaks against it."""
        process = self.some(number)
        if process and process.begun:
            commit, commit_id = process.begun.pop(0)
            if commit_id in self.store.commits and process.may_write():
                self.acknowledged.add(commit_id)
            commit.__exit__(None, None, None)

    @rule(number=NUMBERS)
    def commit(self, number: int) -> None:
        self.begin(number)
        self.write(number)
        self.end(number)

    @rule(number=NUMBERS)
    def work(self, number: int) -> None:
        """As `Turns.may_work` does."""
        process = self.some(number)
        if not process or not process.is_attached:
            return
        presence = process.presence
        with suppress(Unavailable):
            if not presence.word.works:
                if not presence.others.is_free or not presence.take():
                    return
                presence.settle_lost()
                process.commits.take_floor()
                process.done = self.store.recorded
            presence.settle_lost()
            if process.may_write():
                self.worked_off |= process.pass_over()

    @rule(number=NUMBERS)
    def give(self, number: int) -> None:
        process = self.some(number)
        if process and process.presence.word.works and process.may_write():
            self.store.recorded = process.done
            with suppress(Unavailable):
                process.presence.say(works=False)

    @invariant()
    def at_most_one_works(self) -> None:
        working = [each for each in self.processes.values() if each.presence.word.works and each.may_write()]
        assert len(working) <= 1

    def teardown(self) -> None:
        """Once those that are left go on as they should, all is worked off."""
        self.store.is_down = False
        self.store.now += GONE_AFTER_MS / 1000
        if not self.processes:
            self.start(0.0)
        for _ in range(20):
            for number in range(len(self.processes)):
                self.end(number)
            self.go_on(1, asleep=-1)
            for number in range(len(self.processes)):
                self.work(number)
        assert self.acknowledged <= self.worked_off


TestTogether: Any = Together.TestCase
TestTogether.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
