"""The socket in a data folder, by which commands reach the server that owns it."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

SOCKET = "sojourn.sock"


@contextlib.contextmanager
def socket_path(folder: Path) -> Iterator[str]:
    """A path of the folder's socket that is short enough for the system, whatever the folder's name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}" if Path("/proc/self/fd").exists() else str(folder / SOCKET)
    finally:
        os.close(handle)


def is_answered(folder: Path) -> bool:
    """Whether a server listens at the folder's socket."""
    with socket_path(folder) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
