"""How much memory a server keeps that it no longer uses."""

import ctypes
import os

_M_ARENA_MAX = -8  # from glibc's malloc.h
ARENAS = 2


def keep_few_arenas() -> bool:
    """Let this process's threads share two of malloc's arenas; whether that was done. Nothing but glibc has them, and
    who starts the process may say how many: MALLOC_ARENA_MAX.

    Each arena keeps for itself what its threads have freed. A request is answered by threads of its own, so that with
    glibc's default, eight a core, an export of three million sessions left 1,030 MB resident; with two, 690 MB.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))
    except (OSError, AttributeError):
        return False
