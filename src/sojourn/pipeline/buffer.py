"""Group commit: many requests, one durable insert, then all are answered."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import xxhash

from sojourn.errors import Unavailable
from sojourn.model.event import COLUMNS, Event
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.metering import Meter
from sojourn.sql import sql
from sojourn.store.engine import Engine

MAX_ROWS = 10_000
MAX_WAITING = 100_000
REMEMBERED = 200_000
WARM_EVENTS = 100_000

_encoder = msgspec.json.Encoder()


@dataclass
class Added:
    """What became of the events of one request."""

    accepted: int
    duplicates: int


@dataclass
class _Group:
    events: list[Event] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    done: asyncio.Future[None] | None = None
    began: float = 0.0


class Recent:
    """The copies of the events committed of late, so that an exact repetition is known at once.

    What it does not remember is still counted once: the store keeps one row a copy.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        self._contents: OrderedDict[int, int] = OrderedDict()
        self._most = most

    def knows(self, key: int, copy: int) -> bool:
        return self._contents.get(key) == copy

    def remember(self, key: int, copy: int) -> None:
        contents = self._contents
        contents[key] = copy
        if len(contents) > self._most:
            contents.popitem(last=False)

    def forget(self) -> None:
        """Something was deleted, and may come again."""
        self._contents = OrderedDict()


def key_of(site_id: str, sender: str, event_id: str) -> int:
    """64 bits that stand for an event's identity in memory: XXH64."""
    return xxhash.xxh64_intdigest(f"{site_id}\0{sender}\0{event_id}".encode())


def copy_of(occurred_at: int, content: int) -> int:
    """64 bits that stand for one of the copies of an event."""
    return content ^ occurred_at


def recent_of(engine: Engine, upto: int) -> Recent:
    """The copies that were committed last, up to a commit: for a process that begins."""
    recent = Recent()
    rows = engine.query(sql("event.recent"), {"most": WARM_EVENTS, "upto": upto})
    for site_id, sender, event_id, occurred_at, content in rows:
        recent.remember(key_of(site_id, sender, event_id), copy_of(occurred_at, content))
    return recent


class Buffer:
    """Collects events for `gather` seconds, inserts them, and only then answers. One insert is under way at a time."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        recent: Recent,
        meter: Meter,
        on_commit: Callable[[], None],
        gather: float = 0.015,
        admitted: Callable[[list[Event]], list[Event]] = list,
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._recent = recent
        self._meter = meter
        self._on_commit = on_commit
        self._gather = gather
        self._admitted = admitted
        self._group = _Group()
        self._waiting = 0
        self._committer: asyncio.Task[None] | None = None

    async def add(self, events: list[Event]) -> Added:
        """Returns when the events are durable. Raises Unavailable, and then none of them is acknowledged."""
        if self._waiting > MAX_WAITING:
            raise Unavailable("More events are waiting than the store can take; repeat it.", retry_after=2)
        fresh, keys = self._new(events)
        if fresh:
            await self._committed(fresh, keys)
        if len(fresh) < len(events):
            self._meter.duplicates.add(count=len(events) - len(fresh))
        return Added(accepted=len(fresh), duplicates=len(events) - len(fresh))

    def _new(self, events: list[Event]) -> tuple[list[Event], list[int]]:
        fresh, keys = [], []
        seen: set[tuple[int, int]] = set()
        for event in events:
            key = key_of(event.site_id, event.sender, event.event_id)
            copy = copy_of(event.occurred_at, event.content)
            if not self._recent.knows(key, copy) and (key, copy) not in seen:
                seen.add((key, copy))
                fresh.append(event)
                keys.append(key)
        return fresh, keys

    async def _committed(self, events: list[Event], keys: list[int]) -> None:
        group = self._group
        group.events += events
        group.keys += keys
        self._waiting += len(events)
        if group.done is None:
            loop = asyncio.get_running_loop()
            group.done, group.began = loop.create_future(), loop.time()
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_groups())
        try:
            await asyncio.shield(group.done)
        finally:
            self._waiting -= len(events)

    async def _commit_groups(self) -> None:
        while self._group.events:
            # What came while the last insert was under way has waited already.
            waited = asyncio.get_running_loop().time() - self._group.began
            if waited < self._gather and len(self._group.events) < MAX_ROWS:
                await asyncio.sleep(self._gather - waited)
            group, self._group = self._group, _Group()
            await self._commit(group)

    async def _commit(self, group: _Group) -> None:
        assert group.done is not None
        failure = Unavailable("The events could not be stored, and none was acknowledged; repeat them.")
        try:
            await asyncio.to_thread(self.insert, group.events)
        except Unavailable as error:
            failure = error
        else:
            for key, event in zip(group.keys, group.events, strict=True):
                self._recent.remember(key, copy_of(event.occurred_at, event.content))
            group.done.set_result(None)
            self._on_commit()
        finally:
            # Whatever happened, nobody waits for ever.
            if not group.done.done():
                group.done.set_exception(failure)
                group.done.exception()  # a caller that went away must not leave a warning

    def insert(self, events: list[Event]) -> None:
        """One durable insert. Raises Unavailable."""
        with self._commits.commit(len(events)) as commit_id:
            # Since they were collected a lead may have been erased, a site removed: asked once more, now that whoever
            # does so waits for this commit.
            events = self._admitted(events)
            for event in events:
                event.commit_id = commit_id
            if events:
                self._engine.insert("events", COLUMNS, b"\n".join(map(_encoder.encode, events)))
        self._meter.stored(events)

    def forget(self) -> None:
        """What was deleted may come again: no repetition is known at once any more."""
        self._recent.forget()

    async def drain(self) -> None:
        """Waits until everything that was added is committed or refused."""
        while self._committer is not None and not self._committer.done():
            await asyncio.wait([self._committer])
