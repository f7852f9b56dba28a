"""Events that a build puts aside on the disk: as they were read, and then by shares of leads."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sojourn.store.engine import Engine

# So many rows together go to the engine: on a cluster they are sent, and a node takes a gigabyte at the most.
ROWS_AT_ONCE = 500_000
_NULLABLE = {"value"}


class Aside:
    """`put` them, ask whose those of each of the `pieces` are and `share_out` the answers; then read each `share`."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._kept: list[tuple[Path, int]] = []  # with how many rows
        self._shares: dict[int, list[Path]] = {}
        self._names = 0
        self.row_count = 0

    def put(self, events: pa.Table) -> None:
        """Raises Unavailable where there is no room for them."""
        for start in range(0, events.num_rows, ROWS_AT_ONCE):
            part = events.slice(start, ROWS_AT_ONCE)
            self._kept.append((self._write(part), part.num_rows))
            self.row_count += part.num_rows

    def pieces(self) -> Iterator[list[Path]]:
        """The files of what was put, some together; each is deleted when the next is asked for."""
        while self._kept:
            paths: list[Path] = []
            left = ROWS_AT_ONCE
            while self._kept and (not paths or self._kept[0][1] <= left):
                path, count = self._kept.pop(0)
                paths.append(path)
                left -= count
            yield paths
            for path in paths:
                path.unlink()

    def share_out(self, events: pa.Table) -> None:
        """Events with a column `share`, the number of that which their lead is in."""
        for share in pc.unique(events["share"]).to_pylist():
            its = events.filter(pc.equal(events["share"], share)).drop_columns(["share"])
            self._shares.setdefault(share, []).append(self._write(its))

    def share(self, number: int) -> pa.Table | None:
        """The events of one share's leads; None when there are none."""
        paths = self._shares.pop(number, [])
        tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in paths]
        return pa.concat_tables(tables) if tables else None

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, events: pa.Table) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sojourn-build-"))
        self._names += 1
        path = self._folder / f"{self._names:015}.arrow"
        Engine.keep_arrow(events, path, _NULLABLE)
        return path
