"""The made-up world: everything that is sent, in the order in which it arrives, without an end."""

import heapq
import random
from collections.abc import Iterator, Sequence

from sojourn.demo.mails import Mail, mailings
from sojourn.demo.people import ROBOT, TEAM, Person, person
from sojourn.demo.rhythm import DAY, MINUTE, within
from sojourn.demo.sending import Delivery, delivered
from sojourn.demo.stay import Teller
from sojourn.demo.stories import STORIES, happening

PEOPLE, ROBOTS, OWN_TEAM = 2_400, 2, 4
DAYS_BEFORE = 30
# Stories begin before the month, so that its first days are as lively as its last, and go on after it.
LEAD_IN, LEAD_OUT = 12 * DAY, 10 * DAY
# From shortly before now on stays begin as often as this, at first; later they are rarer: the gap doubles in as long
# as CALMER, so that a demo that is left alone does not outgrow its month.
GAP, CALMER, HEAD_START = 13_000, 20 * MINUTE, 15 * MINUTE
NEW, NEW_SHARE = 1_000_000, 0.22  # the number of the first who is new, and how many are


class World:
    """By a seed and the instant that is now: the month before it, and what goes on after it."""

    def __init__(self, seed: int, now_ms: int, people: int = PEOPLE) -> None:
        self._seed = seed
        self._people = people
        self.since = now_ms - DAYS_BEFORE * DAY
        self._now_ms = now_ms
        self._waiting: list[tuple[int, int, Delivery]] = []
        self._count = 0
        self._is_told = False
        self._stays = self._going_on()
        self._next_stay = next(self._stays)

    def until(self, ms: int) -> Iterator[Delivery]:
        """What arrives up to an instant and was not told before, in order."""
        if not self._is_told:
            self._is_told = True
            self._tell_stories()
        while True:
            while self._next_stay[0] <= ms:
                self._wait(self._next_stay[1])
                self._next_stay = next(self._stays)
            if not self._waiting or self._waiting[0][0] > ms:
                return
            yield heapq.heappop(self._waiting)[2]

    def next_at(self) -> int:
        """When the next event arrives, or somebody comes whose first event follows."""
        return min(self._next_stay[0], self._waiting[0][0] if self._waiting else self._next_stay[0])

    def _wait(self, deliveries: Iterator[Delivery]) -> None:
        for delivery in deliveries:
            self._count += 1
            heapq.heappush(self._waiting, (delivery.received_at, self._count, delivery))

    def _tell_stories(self) -> None:
        begin, end = self.since - LEAD_IN, self._now_ms + LEAD_OUT
        mailed = mailings(self.since, end)
        for number in range(self._people):
            self._wait(self._story(person(self._seed, number), begin, end, mailed))
        for number in range(self._people, self._people + OWN_TEAM):
            self._wait(self._story(person(self._seed, number, TEAM), begin, end, ()))
        for number in range(self._people + OWN_TEAM, self._people + OWN_TEAM + ROBOTS):
            self._wait(self._story(person(self._seed, number, ROBOT), self.since, end, ()))

    def _story(self, somebody: Person, begin: int, end: int, mailed: Sequence[Mail]) -> Iterator[Delivery]:
        """Of the whole story what happens in the month and later."""
        rng = random.Random(f"{self._seed}/story/{somebody.number}")
        teller = Teller(somebody, rng, f"d{somebody.number:x}")
        begins_at = begin if somebody.kind in (TEAM, ROBOT) else within(rng, begin, end)
        STORIES[somebody.kind](teller, begins_at, end, mailed)
        return delivered(somebody, [done for done in teller.done if done.at_ms >= self.since], rng)

    def _going_on(self) -> Iterator[tuple[int, Iterator[Delivery]]]:
        """The instants at which stays begin, and what each of them sends."""
        at_ms, number = self._now_ms - HEAD_START, 0
        while True:
            number += 1
            rng = random.Random(f"{self._seed}/now/{number}")
            yield at_ms, self._stay(rng, number, at_ms)
            calm = 1 + max(0, at_ms - self._now_ms) / CALMER
            at_ms += int(rng.uniform(0.4, 1.6) * GAP * calm)

    def _stay(self, rng: random.Random, number: int, at_ms: int) -> Iterator[Delivery]:
        is_new = rng.random() < NEW_SHARE
        somebody = person(self._seed, NEW + number) if is_new else self._returning(rng)
        teller = happening(somebody, rng, f"n{number:x}", at_ms, is_new=is_new)
        yield from delivered(somebody, teller.done, rng)

    def _returning(self, rng: random.Random) -> Person:
        """Somebody of the month; hardly one who only clicked on an advertisement."""
        for _ in range(5):
            somebody = person(self._seed, rng.randrange(self._people))
            if somebody.kind != "bouncer":
                break
        return somebody
