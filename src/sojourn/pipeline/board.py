"""Where the processes that share a cluster's store say that they are there, and how far each is."""

import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from sojourn.sql import sql
from sojourn.store.cluster import Cluster

# One that says nothing for so long is gone; it wrote nothing more for five seconds then, see presence.py. The five are
# more than clocks may be apart.
GONE_AFTER_MS = 15_000


class Word(msgspec.Struct, frozen=True):
    """What a process says of itself.

    `settled`: every commit of its own up to this one is written or never will be, and later ones get higher ids.
    `newest`: the newest that it wrote. `done`: up to where it worked, if it works.
    `synced_ms`: every change of a session that was stamped before this instant can be seen, says the one that works.
    `built`: the share of what is being built, by site.
    `pause`: a number while all others are asked to hold their commits back; `holds`: the number that it obeys.
    `begins`: it writes nothing before the one that works says that it `knows` it, by what it has settled.
    """

    settled: int = 0
    newest: int = 0
    done: int = 0
    synced_ms: int = 0
    built: dict[str, float] = {}
    works: bool = False
    wants: bool = False
    pause: int = 0
    holds: int = 0
    begins: bool = True
    knows: dict[str, int] = {}

    @property
    def reached(self) -> int:
        """No commit that it knows of is newer."""
        return max(self.settled, self.newest, self.done)


class Said(NamedTuple):
    """The last word of another process, and whether that is still there."""

    name: str
    word: Word
    is_there: bool


class Board:
    """Raises Unavailable while the store cannot be reached. All times are by its clock: machines differ."""

    def __init__(self, engine: Cluster, name: str | None = None) -> None:
        self.name = name or f"{_here()} {os.getpid()} {engine.token}"
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
                name, msgspec.json.decode(text, type=Word), not is_ended and ago < GONE_AFTER_MS and not _is_gone(name)
            )
            for name, text, is_ended, ago in rows
        ]

    def is_running(self, other: Said) -> bool:
        """Whether a statement of that process runs on a node, though the process itself may be gone."""
        ((count,),) = self._engine.query(sql("process.running"), {"token": other.name.rsplit(" ", 1)[1]})
        return bool(count)

    def reached(self) -> int:
        """No commit is newer than this, nor any pass further, of all that ever was stored or said."""
        ((newest,),) = self._engine.query("SELECT max(commit_id) FROM events")
        ((done,),) = self._engine.query("SELECT max(done) FROM progress FINAL")
        return max([int(newest), int(done), *(said.word.reached for said in self.others())])


def shown(name: str) -> str:
    """A process's name for people."""
    here, number, _ = name.rsplit(" ", 2)
    return f"number {number} on {here.split('/')[0]}"


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
