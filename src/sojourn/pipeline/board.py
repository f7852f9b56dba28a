"""Where the processes that share a cluster's store say that they are there, and how far each is."""

import os
import socket
import time
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from sojourn.errors import Unavailable
from sojourn.pipeline.commits import NEWEST
from sojourn.sql import sql
from sojourn.store.cluster import Cluster

Content = TypeVar("Content")

# One that says nothing for so long is gone; it wrote nothing more for five seconds then, see presence.py. The five are
# more than clocks may be apart.
GONE_AFTER_MS = 15_000


class Word(msgspec.Struct, frozen=True):
    """What a process says of itself.

    `settled`: every commit of its own up to this one is written or never will be, and later ones get higher ids.
    `newest`: the newest that it wrote. `done`: up to where it worked, if it works.
    `synced_ms`: every change of a session that was stamped before this instant can be seen, says the one that works.
    `last`: the highest number that it gave to anything, when it has settled all.
    `built`: the share of what is being built, by site.
    `lingers`: it worked, was silent for too long, and what it had begun has not ended yet.
    `pause`: a number while all others are asked to hold their commits back; `holds`: the number that it obeys.
    `asks`: the shares of its pass that others are asked to take, by their names; `can_help`: the statement by which it
    does such, if it does; `helps`: the one that it does now, `helped`: the last that it did, or did not (negative). See
    errands.py.
    `begins`: it writes nothing before the one that works says that it `knows` it, by what it has settled.
    """

    settled: int = 0
    newest: int = 0
    done: int = 0
    synced_ms: int = 0
    built: dict[str, float] = {}
    last: int = 0
    works: bool = False
    lingers: bool = False
    wants: bool = False
    pause: int = 0
    holds: int = 0
    asks: dict[str, int] = {}
    can_help: str = ""
    helps: int = 0
    helped: int = 0
    begins: bool = True
    knows: dict[str, int] = {}

    @property
    def reached(self) -> int:
        """No commit that it knows of is newer."""
        return max(self.settled, self.newest, self.done, self.last, self.synced_ms * 1000)

    def knows_of(self, other: "Said") -> bool:
        return self.knows.get(other.name) == other.word.settled


class Said(NamedTuple):
    """The last word of another process: whether that is still there, and whether it said that it ends."""

    name: str
    word: Word
    is_there: bool
    is_ended: bool = False


class Others:
    """All that other processes said last."""

    def __init__(self, said: list[Said]) -> None:
        self.said = said
        self.there = [each for each in said if each.is_there]
        # What is gone without a word may still have something under way.
        self.lost = {each.name for each in said if not each.is_there and not each.is_ended}

    @property
    def worker(self) -> Said | None:
        """The one that works."""
        return next((said for said in self.there if said.word.works), None)

    @property
    def is_free(self) -> bool:
        """Whether none works, or still does what it began when it did, or what one that worked asked of it."""
        return not any(said.word.works or said.word.lingers or said.word.helps for said in self.there)

    @property
    def is_wanting(self) -> bool:
        """Whether one waits for the work."""
        return any(said.word.wants for said in self.there)

    def settled(self, but_for: AbstractSet[str]) -> int | None:
        """Up to where all have settled, also the lost ones but for these; None without any."""
        waited = {each.name for each in self.there} | self.lost - but_for
        return min((each.word.settled for each in self.said if each.name in waited), default=None)


class Errand(NamedTuple):
    """A statement by its name, and its parameters."""

    statement: str
    parameters: dict[str, Any]


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


class Board:
    """Raises Unavailable while the store cannot be reached. All times are by its clock: machines differ."""

    def __init__(self, engine: Cluster) -> None:
        self.name = f"{_here()} {os.getpid()} {engine.token}"
        self._engine = engine
        self._version = time.time_ns()

    def say(self, word: Word, *, is_ended: bool = False) -> None:
        self._version += 1
        parameters = {
            "name": self.name,
            "word": msgspec.json.encode(word).decode(),
            "is_ended": int(is_ended),
            "version": self._version,
        }
        self._engine.execute(sql("process.say"), parameters)

    def others(self) -> list[Said]:
        """What each other one said last, also those that are gone."""
        rows = self._engine.query(sql("process.others"), {"name": self.name})
        return [
            Said(
                name, _decoded(text, Word), not is_ended and ago < GONE_AFTER_MS and not _is_gone(name), bool(is_ended)
            )
            for name, text, is_ended, ago in rows
        ]

    def ask(self, number: int, asked: Mapping[str, Errand]) -> None:
        """Write down for each name what it is asked by this number."""
        rows = [
            {"name": name, "number": number, "parameters": msgspec.json.encode(errand).decode()}
            for name, errand in asked.items()
        ]
        if rows:
            self._engine.insert("errands", tuple(rows[0]), b"\n".join(map(msgspec.json.encode, rows)))

    def errand(self, number: int) -> Errand | None:
        """What this process is asked by this number; None when it is no more."""
        rows = self._engine.query(sql("errand.one"), {"name": self.name, "number": number})
        return _decoded(rows[0][0], Errand) if rows else None

    def forget_errands(self) -> None:
        self._engine.execute("TRUNCATE TABLE errands")

    def is_running(self, names: Collection[str]) -> bool:
        """Whether a statement of one of these runs on a node, though the process itself may be gone."""
        tokens = [name.rsplit(" ", 1)[1] for name in names]
        return bool(self._engine.query(sql("process.running"), {"tokens": tokens})[0][0])

    def digests(self, tables: Collection[str]) -> dict[str, int] | None:
        """For each of these that holds rows, a number that changes with whatever is written to it. None where one copy
        of a table may know more than another one, and so none can speak for what is read.
        """
        if self._engine.is_replicated:
            return None
        parameters = {"database": self._engine.address.local, "cluster": self._engine.address.cluster}
        return dict(self._engine.query(sql("part.digests"), {**parameters, "tables": list(tables)}))

    def newest(self) -> int:
        """The newest commit that is stored."""
        return int(self._engine.query(NEWEST)[0][0])

    def reached(self) -> int:
        """No commit is newer than this, nor any pass further, nor any number higher that was given to anything, of all
        that ever was stored or said.
        """
        stamped = int(self._engine.query(sql("commit.stamped"))[0][0])
        return max([self.newest(), stamped, *(said.word.reached for said in self.others())])


def shown(name: str) -> str:
    """A process's name for people."""
    here, number, _ = name.rsplit(" ", 2)
    return f"number {number} on {here.split('/')[0]}"


def _decoded(text: str, kind: type[Content]) -> Content:
    """Raises Unavailable for what a program wrote that says other things."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:
        raise Unavailable("A process of another version of Sojourn is on this store; end it.") from None


def _here() -> str:
    """The machine and its space of process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return f"{socket.gethostname()}/?"
    return f"{socket.gethostname()}/{boot}/{space}"


def _is_gone(name: str) -> bool:
    """Whether it was killed on this very machine, so that nobody need wait."""
    here, number, _ = name.rsplit(" ", 2)
    if here != _here() or here.endswith("?"):
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
