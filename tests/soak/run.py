"""A soak run: load, a fault, a check, and again until the time is over."""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from tests.soak.checks import Copy, check, check_derived
from tests.soak.faults import ANYWHERE, ON_A_DISK_OF_ITS_OWN, Fault, Soaked, small_disk
from tests.soak.load import Known, Load, steps

Each = TypeVar("Each")


def soak(folder: Path, seconds: float, seed: int) -> None:
    """Raises Broken when something does not hold that always must."""
    chance = random.Random(seed)
    with small_disk(folder / "disk") as is_own:
        faults = ANYWHERE + (ON_A_DISK_OF_ITS_OWN if is_own else [])
        if not is_own:
            tell("this machine lets us mount no disk: none is filled or made read-only")
        known = Known()
        server = Soaked(folder / "disk")
        load = Load([server], known, steps(known, seed))
        try:
            server.start()
            _go_wrong(server, load, known, in_turn(faults, chance), chance, seconds)
            server.stop()
            server.check_output()
        finally:
            load.stop()
            server.close()
        tell(", ".join(f"{what}: {count}" for what, count in sorted(known.answers.items())))


def _go_wrong(
    server: Soaked, load: Load, known: Known, faults: Iterator[Fault], chance: random.Random, seconds: float
) -> None:
    began, copy = time.monotonic(), Copy()
    load.go()
    while time.monotonic() - began < seconds:
        time.sleep(0.5 + 2 * chance.random())
        what = next(faults)(server, chance)
        time.sleep(chance.random())
        load.pause()
        checking = time.monotonic()
        found = check(server, known, copy)
        compared = time.monotonic()
        if chance.random() < 0.3:
            load.go()  # the doctor comes to the same while events come
        check_derived(server)
        load.go()
        now = time.monotonic()
        tell(
            f"{now - began:6.1f} s  {what}: {found}; compared in {compared - checking:.1f} s, examined in {now - compared:.1f} s"
        )


def in_turn(faults: list[Each], chance: random.Random) -> Iterator[Each]:
    """Every fault once in a random order, and again in another one."""
    while True:
        yield from chance.sample(faults, len(faults))


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    seconds = float(os.environ.get("SOAK_SECONDS", "600"))
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
    tell(f"soak for {seconds:.0f} s; SOAK_SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="sojourn-soak-") as folder:
        soak(Path(folder), seconds, seed)
    tell("everything held")


if __name__ == "__main__":
    main()
