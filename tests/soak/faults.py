"""What goes wrong: each fault takes the running server and leaves a running one; what it did is told in a few words."""

import contextlib
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.serving import Server
from tests.soak.checks import Broken, need

REPOSITORY = Path(__file__).resolve().parents[2]
STOP_WITHIN = 6.0  # five seconds, and one for a machine that does other things too
DISK_MB = 1500


class Soaked(Server):
    """A server on a small disk of its own, whose clock jumps."""

    module = "tests.soak.clock"

    def __init__(self, place: Path) -> None:
        self.place = place
        self.clock = place.parent / "clock"
        self.clock.write_text("0")
        paths = [str(REPOSITORY), str(REPOSITORY / "src")]
        super().__init__(place / "data", SOAK_CLOCK=str(self.clock), PYTHONPATH=os.pathsep.join(paths))

    def check_output(self) -> None:
        """Of a process that has ended: whatever happened, it never fell over its own feet."""
        self.printed.seek(0)
        text = self.printed.read().decode()
        need("Traceback" not in text, f"the server printed a traceback: {text[-3000:]}")


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[bool]:
    """The folder as a disk of its own, and whether this machine lets us have one."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(place)]
    is_own = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield is_own
    finally:
        if is_own:
            subprocess.run(["umount", "-l", str(place)], check=True)


def kill(server: Soaked, _chance: random.Random) -> str:
    server.kill()
    server.check_output()
    server.start()
    return "killed and started"


def kill_twice(server: Soaked, chance: random.Random) -> str:
    """The second time in the middle of what the start does again."""
    kill(server, chance)
    time.sleep(chance.random() * 0.5)
    kill(server, chance)
    return "killed twice"


def terminate(server: Soaked, _chance: random.Random) -> str:
    began = time.monotonic()
    code = server.stop()
    took = time.monotonic() - began
    server.check_output()
    need(code == 0, f"SIGTERM ended with {code}")
    need(took < STOP_WITHIN, f"SIGTERM took {took:.1f} s")
    server.start()
    return f"stopped in {took:.1f} s and started"


def fill(server: Soaked, chance: random.Random) -> str:
    """No byte is left on the disk for a while; sometimes it is killed so."""
    ballast = server.place / "ballast"
    seconds, is_killed = 1 + 3 * chance.random(), chance.random() < 0.3
    with ballast.open("wb") as file:
        until = time.monotonic() + seconds
        while time.monotonic() < until:  # what merges give back is taken too
            _take_all(file.fileno())
            time.sleep(0.02)
    if is_killed:
        server.kill()
        server.check_output()
    ballast.unlink()
    if is_killed:
        server.start()
    return f"disk full for {seconds:.1f} s" + (", killed meanwhile" if is_killed else "")


def _take_all(handle: int) -> None:
    piece = 1 << 28
    while piece >= 1 << 12:
        try:
            os.posix_fallocate(handle, os.fstat(handle).st_size, piece)
        except OSError:
            piece >>= 1


def forbid_writing(server: Soaked, chance: random.Random) -> str:
    """Root may write whatever the modes say, so the folders are made immutable for a while; sometimes it is killed so."""
    seconds, is_killed = 1 + 3 * chance.random(), chance.random() < 0.3
    folders = [str(path) for path in server.folder.rglob("*") if path.is_dir() and not path.is_symlink()]
    for start in range(0, len(folders), 1000):
        subprocess.run(["chattr", "-f", "+i", *folders[start : start + 1000]], check=False, capture_output=True)
    try:
        time.sleep(seconds)
        if is_killed:
            server.kill()
            server.check_output()
    finally:
        subprocess.run(["chattr", "-f", "-R", "-i", str(server.folder)], check=False, capture_output=True)
    if is_killed:
        server.start()
    return f"read-only for {seconds:.1f} s" + (", killed meanwhile" if is_killed else "")


def jump(server: Soaked, chance: random.Random) -> str:
    """Ahead or back, by seconds or by hours; sometimes it is started anew in the other time."""
    before = int(server.clock.read_text())
    now = round(chance.choice([-1, 1]) * 10 ** (4 * chance.random()))
    told = f"clock from {before:+} s to {now:+} s"
    then = chance.choice([None, kill, terminate])
    set_clock(server, now)
    time.sleep(0.3)
    return told if then is None else f"{told}, then {then(server, chance)}"


def set_clock(server: Soaked, seconds: int) -> None:
    """At once: the server never reads half of it."""
    fresh = server.clock.with_suffix(".new")
    fresh.write_text(str(seconds))
    fresh.replace(server.clock)


def change_timeout(server: Soaked, chance: random.Random) -> str:
    """All sessions are built anew, and it is killed in the middle."""
    minutes = chance.choice([10, 30, 45, 60])
    answer = server.ask("PATCH", "/v1/site", json={"session_timeout_ms": minutes * 60_000})
    need(answer.status_code in (200, 202), f"PATCH answered {answer.status_code} {answer.text}")
    time.sleep(chance.random() * 0.5)
    return f"timeout {minutes} min, then {kill(server, chance)}"


Fault = Callable[[Soaked, random.Random], str]
ANYWHERE: list[Fault] = [kill, kill_twice, terminate, jump, change_timeout]
ON_A_DISK_OF_ITS_OWN: list[Fault] = [fill, forbid_writing]

__all__ = ["ANYWHERE", "ON_A_DISK_OF_ITS_OWN", "Broken", "Fault", "Soaked", "small_disk"]
