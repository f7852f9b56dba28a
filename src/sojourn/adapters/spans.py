"""Between which instants the events of a file lie."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sojourn.adapters import files as event_files
from sojourn.adapters.mapping import Mapper
from sojourn.errors import FileError, InvalidRequest
from sojourn.frames.times import is_text, to_ms
from sojourn.model import instant

Bounds = tuple[int, int]


def bounds(path: Path, mapping: dict[str, str] | None) -> Bounds | None:
    """First and last instant in milliseconds; None when no row has a time. Raises FileError."""
    if mapping is not None and event_files.is_columnar(path):
        try:
            return _of_columns(path, mapping["time"])
        except InvalidRequest:
            pass  # some row has no time that can be read: those that have one count
    return _of_rows(path, Mapper(mapping))


def _of_columns(path: Path, name: str) -> Bounds | None:
    found: list[Bounds] = []
    for _, table in event_files.tables(path, [name]):
        if name not in table.column_names:
            raise InvalidRequest(f"there is no column {name!r}.")
        given = _given(table[name])
        if len(given):
            ms = to_ms(given, name)
            found.append((int(ms.min()), int(ms.max())))
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def _given(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column = column.drop_null()
    return column.filter(pc.not_equal(column, "")) if is_text(column.type) else column


def _of_rows(path: Path, mapper: Mapper) -> Bounds | None:
    first, last = instant.MAX_MS, -1
    for _, row in event_files.rows(path):
        if isinstance(row, FileError):
            continue
        try:
            at = instant.parse(mapper.payload(row).get("occurred_at"), "occurred_at")
        except InvalidRequest:
            continue
        first, last = min(first, at), max(last, at)
    return (first, last) if last >= 0 else None
