"""Merges give way to whoever waits for an answer."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.store.priority import NICENESS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the threads of a process are told by Linux alone")
def test_the_engines_merge_threads_stand_behind_all_others(app: Sojourn) -> None:
    assert app.engine.folder is not None
    merging = set()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it may have ended since
            if (thread / "comm").read_text().strip() == "MergeMutate":
                merging.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    assert merging == {NICENESS}
    assert os.getpriority(os.PRIO_PROCESS, os.getpid()) < NICENESS
