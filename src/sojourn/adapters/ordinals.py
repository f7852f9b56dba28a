"""How many times a thing was seen before, for any number of things in bounded memory."""

import shutil
import tempfile
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

KEPT = 1_000_000
_FILTER_BITS = 26


class Ordinals:
    """Counts 64-bit hashes. Beyond KEPT of them, counts go into sorted files; a filter tells which were never seen."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._folder: Path | None = None
        self._runs: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
        self._seen: npt.NDArray[np.bool_] | None = None

    def next(self, thing: int) -> int:
        """1 for the first time, 2 for the second, and so on."""
        self._counts[thing] += 1
        count = self._counts[thing] + (self._before(thing) if self._runs else 0)
        if len(self._counts) >= KEPT:
            self._put_away()
        return count

    def _before(self, thing: int) -> int:
        assert self._seen is not None
        if not self._seen[thing >> (64 - _FILTER_BITS)]:
            return 0
        wanted, count = np.uint64(thing), 0
        for things, counts in self._runs:
            place = int(np.searchsorted(things, wanted))
            if place < len(things) and things[place] == wanted:
                count += int(counts[place])
        return count

    def _put_away(self) -> None:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sojourn-rows-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            self._seen = np.zeros(1 << _FILTER_BITS, bool)
        assert self._seen is not None
        things = np.fromiter(self._counts.keys(), np.uint64, len(self._counts))
        order = np.argsort(things)
        counts = np.fromiter(self._counts.values(), np.int64, len(things))[order]
        self._seen[things >> np.uint64(64 - _FILTER_BITS)] = True
        base = self._folder / str(len(self._runs))
        things, kept = _filed(base.with_suffix(".things"), things[order]), _filed(base.with_suffix(".counts"), counts)
        self._runs.append((things, kept))
        self._counts.clear()


def _filed(path: Path, values: Any) -> Any:
    values.tofile(path)
    return np.memmap(path, values.dtype, "r")
