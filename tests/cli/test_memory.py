"""A server's threads share few arenas, as glibc itself tells of them."""

import os
import platform
import subprocess
import sys

import pytest

_TELLS = """
import ctypes, sys, threading
from sojourn.commands.memory import keep_few_arenas

if sys.argv[1] == "few":
    assert keep_few_arenas()
libc, barrier = ctypes.CDLL(None), threading.Barrier(8)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p


def take():
    libc.malloc(100_000)
    barrier.wait()


threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_info(0, ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w")))
libc.fflush(None)
"""


def arenas(which: str) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    command = [sys.executable, "-c", _TELLS, which]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_two_arenas() -> None:
    assert arenas("few") == 2
    assert arenas("many") > 2
