"""Whatever processes do, sleep or die: at most one works, with what it asks of others, and every acknowledged commit is
worked off.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sojourn.errors import Unavailable
from sojourn.pipeline.board import GONE_AFTER_MS, Board, Errand, Said, Word
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.errands import Errands
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
        self.errands: dict[str, int] = {}  # by who is asked
        self.running: dict[str, int] = {}  # the statements of shares, by who runs them: their numbers
        self.ran: set[tuple[str, int]] = set()
        self.killed: set[str] = set()
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
            Said(name, word, not is_ended and not self._is_gone(name, at), is_ended)
            for name, (word, at, is_ended) in sorted(self._store.said.items())
            if name != self.name
        ]

    def _is_gone(self, name: str, at: float) -> bool:
        """Every other process sees at once that one was killed."""
        is_near = int(self.name[1:]) % 2 == 0
        return (self._store.now - at) * 1000 >= GONE_AFTER_MS or (is_near and name in self._store.killed)

    def reach(self) -> None:
        if self._store.is_down:
            raise Unavailable("The store cannot be reached.")

    def is_running(self, names: Collection[str]) -> bool:
        for name in names:
            self._store.land(name)
            self._store.running.pop(name, None)  # it has ended by then
        return False

    def ask(self, number: int, asked: Mapping[str, Errand]) -> None:
        self.reach()
        self._store.errands.update(dict.fromkeys(asked, number))

    def errand(self, number: int) -> Errand | None:
        self.reach()
        return Errand("", {}) if self._store.errands.get(self.name) == number else None

    def forget_errands(self) -> None:
        self.reach()
        self._store.errands.clear()

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
        self.errands = Errands(self.presence, lambda _: None)
        self.sharing = 0  # the number of the shares of its pass that others are asked to take
        self.helping = self.helped = 0
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


def settled(process: Process) -> bool:
    """As `Errands.settle` does, which waits."""
    errands = process.errands
    if not errands.is_settled:
        errands.call_off()
        process.presence.board.forget_errands()
        process.presence.tick()
        errands.is_settled = errands.is_ended()
    return errands.is_settled


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
            self.store.killed.add(process.name)
            del self.processes[process.name]

    @rule()
    def outlive(self) -> None:
        """The one that works is killed, and the others go on for longer than it takes until it counts as gone."""
        working = self.one(lambda each: each.presence.word.works)
        if working:
            self.kill([*self.processes].index(working.name))
            self.go_on(int(GONE_AFTER_MS / 1000 / LOOK_EVERY) + 2, asleep=-1)

    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        process = self.some(number)
        if process and not process.begun and not process.helping and not self.store.is_down:
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
        if not process or not process.is_attached or process.sharing:
            return
        presence = process.presence
        with suppress(Unavailable):
            if not presence.word.works:
                if not presence.others.is_free or not presence.take():
                    return
                try:
                    presence.settle_lost()
                    process.errands.is_settled = False
                    if not settled(process):
                        raise Unavailable("One does not end.")
                except Unavailable:
                    presence.say(works=False)
                    return
                process.commits.take_floor()
                process.done = self.store.recorded
            presence.settle_lost()
            if settled(process) and process.may_write():
                self.worked_off |= process.pass_over()

    @rule(number=NUMBERS)
    def pause(self, number: int) -> None:
        """The one that works, once it sees no other one any more, may do what needs all that is acknowledged."""
        self.tick(number)
        process = self.one(lambda each: each.presence.word.works and each.may_write() and not each.begun)
        if process and not process.presence.others.there:
            with suppress(Unavailable), process.presence.paused():
                assert max(self.acknowledged, default=0) <= process.commits.settled()

    def one(self, is_such: Callable[[Process], bool], number: int = 0) -> Process | None:
        found = [process for process in self.processes.values() if process.is_attached and is_such(process)]
        return found[number % len(found)] if found else None

    @rule()
    def ask(self) -> None:
        """A pass asks all others to take a share, and is not over before they have ended."""
        process = self.one(lambda each: each.presence.word.works and not each.sharing and each.may_write())
        if process:
            with suppress(Unavailable):
                if settled(process):
                    self.count += 1
                    others = {said.name: Errand("", {}) for said in process.presence.others.there}
                    process.errands.ask(self.count, others)
                    process.sharing = self.count

    @rule(number=NUMBERS, is_fresh=st.booleans())
    def take_share(self, number: int, *, is_fresh: bool) -> None:
        """Who heard that it is asked, now or a while ago."""
        if is_fresh:
            for each in self.processes.values():
                each.tick()
        process = self.one(lambda each: not each.helping and each.presence.asked() > each.helped, number)
        if not process:
            return
        process.helping = process.helped = process.presence.asked()
        process.presence.begin()
        with suppress(Unavailable):
            if process.errands.accept(process.helping) is not None and process.may_write():
                self.store.running[process.name] = process.helping

    @rule(number=NUMBERS)
    def end_share(self, number: int) -> None:
        process = self.one(lambda each: each.helping > 0, number)
        if process:
            is_done = self.store.running.pop(process.name, 0) == process.helping and process.may_write()
            if is_done:
                self.store.ran.add((process.name, process.helping))
            with suppress(Unavailable):
                process.errands.end(process.helping, is_done=is_done)
            process.helping = 0
            process.presence.end()

    @rule(number=NUMBERS, count=st.integers(0, 2), then=st.sampled_from(["goes on", "fails", "dies"]))
    def share(self, number: int, count: int, then: str) -> None:
        """One works, asks, and so many take their shares; its pass goes on, fails and is begun again, or it dies."""
        self.go_on(2, asleep=-1)
        self.work(number)
        self.ask()
        for _ in range(count):
            self.take_share(0, is_fresh=True)
        if then == "fails":
            self.fail_pass()
            self.work(number)
        elif then == "dies":
            self.outlive()
            self.work(number)

    @rule()
    def end_pass(self) -> None:
        """With its shares, as `Errands.share` does, or by an error."""
        process = self.one(lambda each: each.sharing > 0)
        if process:
            number = process.sharing
            try:
                process.errands.call_off()
                if all(said.word.helps != number for said in process.presence.others.there) and settled(process):
                    assert {(name, number) for name in process.errands.done(number)} <= self.store.ran
                    process.sharing = 0
            except Unavailable:
                process.sharing = 0

    @rule()
    def fail_pass(self) -> None:
        """By an error of its own statement."""
        process = self.one(lambda each: each.sharing > 0)
        if process:
            process.sharing = 0

    @rule(number=NUMBERS)
    def give(self, number: int) -> None:
        process = self.some(number)
        if process and process.presence.word.works and not process.sharing and process.may_write():
            self.store.recorded = process.done
            with suppress(Unavailable):
                process.presence.say(works=False)

    @invariant()
    def at_most_one_works(self) -> None:
        working = [each for each in self.processes.values() if each.presence.word.works and each.may_write()]
        assert len(working) <= 1

    @invariant()
    def no_share_outlives_its_pass(self) -> None:
        """Who works and has settled that none is done any more is right."""
        for process in self.processes.values():
            if process.presence.word.works and process.may_write() and process.errands.is_settled:
                assert not self.store.running
        assert len({*self.store.running.values()}) <= 1

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
                self.end_share(number)
                self.end_pass()
                self.work(number)
        assert self.acknowledged <= self.worked_off


TestTogether: Any = Together.TestCase
TestTogether.settings = settings(max_examples=600, stateful_step_count=60, deadline=None)


def test_who_works_knows_what_one_that_was_killed_had_acknowledged() -> None:
    """As an erasure needs it, before the next pass."""
    machine = Together()
    machine.two()
    machine.work(0)
    machine.go_on(2, asleep=-1)
    machine.commit(1)
    assert len(machine.acknowledged) == 1
    machine.kill(1)
    machine.pause(0)
