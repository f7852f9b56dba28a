"""Who works on a cluster's store: one process at a time, until several can share the work.

A process says every two seconds that it is there. One that has not been able to for ten seconds writes nothing more;
after fifteen another one may take over. The five between are more than clocks may be apart.
"""

import os
import secrets
import socket
import threading
import time
from pathlib import Path

from sojourn.errors import SojournError, StoreError, Unavailable
from sojourn.store.cluster import Cluster
from sojourn.store.engine import sql

SAY_EVERY = 2.0
HOLDS_FOR = 10.0
FREE_AFTER_MS = 15_000
WAIT_FOR = 20.0
_LOOK_EVERY = 0.5


class Lease:
    """Taken by `take`, given back by `end`. `is_lost` once another process has taken it: then this one has to end.

    Who waits for it says nothing. All times are by the store's clock, so that those of the machines may differ.
    """

    def __init__(self, engine: Cluster, name: str | None = None) -> None:
        self.name = name or f"{_here()} {os.getpid()} {secrets.token_hex(4)}"
        self.is_lost = False
        self._engine = engine
        engine.check_lease = self.check
        self._version = time.time_ns()
        self._said_at = float("-inf")  # on the monotonic clock
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sojourn-lease", daemon=True)

    def take(self, wait: float = WAIT_FOR) -> None:
        """Raises StoreError while another process works on the store for so many seconds."""
        deadline = time.monotonic() + wait
        while others := self._others() or self._rivals():
            if time.monotonic() > deadline:
                raise StoreError(
                    f"Another process works on this store: {_shown(others[0])}. Stop it, or ask it for what you want."
                )
            self._ending.wait(_LOOK_EVERY)
        self._thread.start()

    def check(self) -> None:
        """Around everything that is written. Raises Unavailable when another process may work on the store by now."""
        if self.is_lost:
            raise Unavailable("Another process has taken over this store; restart this one.")
        if time.monotonic() - self._said_at > HOLDS_FOR:
            raise Unavailable("The store was not reached for a while, so nothing is taken; repeat it.")

    def renew(self) -> None:
        """Say again that this process works, unless another one has since it last did, even if that one has ended."""
        ((mine,),) = self._engine.query(sql("process.said"), {"name": self.name})
        if any(said_at >= mine for _, said_at, _, _ in self._words()):
            self.is_lost = True
        else:
            self.say()

    def say(self) -> None:
        began = time.monotonic()
        self._write(is_ended=False)
        self._said_at = began

    def end(self) -> None:
        """Nothing more is written by this process."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        held, self._said_at = self._said_at, float("-inf")
        if held > 0 and not self.is_lost:
            self._write(is_ended=True)

    def _run(self) -> None:
        while not self._ending.wait(SAY_EVERY) and not self.is_lost:
            try:
                self.renew()
            except SojournError:
                continue  # `check` counts how long

    def _others(self) -> list[str]:
        """Who works on the store."""
        return [
            name
            for name, _, is_ended, ago in self._words()
            if not is_ended and ago < FREE_AFTER_MS and not _is_gone(name)
        ]

    def _rivals(self) -> list[str]:
        """It is said, then looked: of two that begin together one at least sees the other, and takes back its word."""
        self.say()
        rivals = self._others()
        if rivals:
            self._said_at = float("-inf")
            self._write(is_ended=True, is_void=True)
        return rivals

    def _words(self) -> list[tuple[str, int, int, int]]:
        return [
            (str(name), int(said_at), int(is_ended), int(ago))
            for name, said_at, is_ended, ago in self._engine.query(sql("process.others"), {"name": self.name})
        ]

    def _write(self, *, is_ended: bool, is_void: bool = False) -> None:
        self._version += 1
        word = {"name": self.name, "is_ended": int(is_ended), "is_void": int(is_void), "version": self._version}
        self._engine.execute(sql("process.say"), word)


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


def _shown(name: str) -> str:
    here, number, _ = name.rsplit(" ", 2)
    return f"number {number} on {here.split('/')[0]}"
