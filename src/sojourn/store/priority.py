"""Merges of the embedded engine give way to whoever waits for an answer."""

import contextlib
import os
import threading
from pathlib import Path

# A tenth of a core's time while others want it, all of it else.
NICENESS = 10
_MERGING = "MergeMutate"
_THREADS = Path("/proc/self/task")


def put_merges_behind() -> int:
    """Lower the priority of the threads of this process that merge; how many there were. None outside Linux."""
    lowered = 0
    with contextlib.suppress(OSError):
        for thread in _THREADS.iterdir():
            lowered += _lowered(thread)
    return lowered


def give_way() -> None:
    """Lower the priority of the thread that calls this."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _lowered(thread: Path) -> bool:
    with contextlib.suppress(OSError):  # a thread may end meanwhile
        if (thread / "comm").read_text().strip() == _MERGING:
            os.setpriority(os.PRIO_PROCESS, int(thread.name), NICENESS)
            return True
    return False
