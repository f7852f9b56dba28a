"""Work cut into blocks that fit the processor's cache, spread over its cores.

NumPy and Arrow let go of the interpreter's lock in sorts, takes and arithmetic, so plain threads are enough.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
Part = TypeVar("Part")
Result = TypeVar("Result")

# The few arrays of 8 bytes that a step works on stay in a second-level cache of 1 to 2 MB.
BLOCK_ROWS = 1 << 16


def spread(function: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """`function` of each part, in order, on as many threads as there are cores; the first error is raised."""
    work = list(parts)
    if len(work) < 2:
        return [function(part) for part in work]
    with ThreadPoolExecutor(min(len(work), os.cpu_count() or 1)) as pool:
        return list(pool.map(function, work))


def stream(function: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """`function` of each part, in order, made on all cores while the caller works on what came before."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(function, parts)


def spans(count: int, size: int = BLOCK_ROWS) -> Iterator[slice]:
    """Slices of at most `size` that cover 0..count."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def pick(values: Numbers, rows: Numbers) -> Numbers:
    """`values[rows]` for valid rows: `clip` is without effect on them, and faster than the default's checking."""
    return np.take(values, rows, mode="clip")


def gather(values: Numbers, rows: Numbers) -> Numbers:
    """`values[rows]`, its blocks on all cores."""
    taken = np.empty(len(rows), values.dtype)

    def fill(span: slice) -> None:
        taken[span] = pick(values, rows[span])

    spread(fill, spans(len(rows), BLOCK_ROWS * 2))
    return taken
