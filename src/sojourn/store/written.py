"""Whether what the embedded engine says it wrote is on the disk.

A disk that runs full in the middle of an insert can leave files of a part empty, and the engine says nothing: the rows
are there until it starts anew, and then the part is put aside as broken. So after an insert beside which little room
was left, the files are looked at.
"""

import shutil
import time
from pathlib import Path
from typing import Any, Protocol

from sojourn.errors import Unavailable

NEARLY_FULL = 256 << 20
REMEMBERED = 10.0
_UNCOUNTED = {
    "checksums.txt",
    "columns.txt",
    "columns_substreams.txt",
    "default_compression_codec.txt",
    "metadata_version.txt",
    "uuid.txt",
}
_PARTS = "SELECT table, path, bytes_on_disk FROM system.parts WHERE database = currentDatabase() AND active"


class Asked(Protocol):
    """What is asked of the engine here."""

    def query(self, text: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]: ...


class Room:
    """Whether room on a folder's disk was short a moment ago: another program may fill it, and give it back, within the
    time of an insert. Of any thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._short_until = 0.0

    def is_short(self) -> bool:
        """As of now or of the last seconds, in which somebody looked."""
        now = time.monotonic()
        if shutil.disk_usage(self._folder).free <= NEARLY_FULL:
            self._short_until = now + REMEMBERED
        return now < self._short_until


def check_written(engine: Asked, table: str) -> None:
    """Raises Unavailable when files of the table lack what they should hold: then no row is called durable."""
    if table in cut_off_tables(engine):
        raise Unavailable("The disk ran full while the events were stored, so none was acknowledged; repeat them.")


def cut_off_tables(engine: Asked) -> set[str]:
    """Tables of which files lack what they should hold."""
    return {table for table, path, size in engine.query(_PARTS) if _is_cut_off(Path(path), int(size))}


def _is_cut_off(part: Path, size: int) -> bool:
    """Less is there than the engine wrote. `size` is what it counted when it did: every file but a few, which are never
    empty. A part that is merged away meanwhile is gone, and its rows are elsewhere.
    """
    try:
        files = [(file.name, file.stat().st_size) for file in part.rglob("*") if file.is_file()]
    except FileNotFoundError:
        return False
    counted = sum(found for name, found in files if name not in _UNCOUNTED)
    uncounted = [found for name, found in files if name in _UNCOUNTED]
    return bool(files) and (counted < size or not all(uncounted))
