"""The kinds of frames that sessionize takes, and gives back.

pandas and Polars are looked up among the imported modules: who passes their frames has imported them.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from sojourn.errors import FileError, InvalidRequest
from sojourn.frames.read import Wanted, check_names, is_columnar, read_columns
from sojourn.frames.write import write_table

SESSION_ID = "session_id"
Reader = Callable[[str], pa.ChunkedArray]


class Source(Protocol):
    """Events of one kind of frame."""

    def reader(self, names: Sequence[str], repeated: Sequence[str]) -> Reader:
        """Give what reads each of the named columns; repeated ones may come as dictionaries."""
        ...

    def give(self, sessions: pa.Table) -> Any:
        """A table of sessions as the caller's kind."""
        ...

    def with_session_ids(self, ids: pa.Array, target: Path | None) -> Any:
        """The caller's events, in their order, with one more column; written to the target as well."""
        ...


def source_of(events: Any) -> Source:
    """Raises InvalidRequest for anything that is no frame and no path."""
    if isinstance(events, str | Path):
        return FileSource(Path(events))
    if isinstance(events, pa.Table):
        return ArrowSource(events)
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(events, pandas.DataFrame):
        return PandasSource(events)
    if polars is not None and isinstance(events, polars.DataFrame):
        return PolarsSource(events)
    raise InvalidRequest(
        f"events is a {type(events).__name__}; allowed are a pandas or Polars DataFrame (collect a LazyFrame "
        "first), a pyarrow Table and a path."
    )


def _reader_of(table: pa.Table) -> Reader:
    return lambda name: table.column(name)


def _require(names: Sequence[str], present: Sequence[Any]) -> None:
    complaint = check_names(names, present, "events")
    if complaint:
        raise InvalidRequest(complaint)


def _refuse_session_id(present: Sequence[Any]) -> None:
    if SESSION_ID in list(present):
        raise InvalidRequest(f"events has a column {SESSION_ID} already; rename or drop it.")


def _written(table: pa.Table, target: Path | None) -> pa.Table:
    if target is not None:
        write_table(table, target)
    return table


def _plain(table: pa.Table) -> pa.Table:
    """Decode dictionary columns: other libraries have types of their own for them, and users want texts."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


class ArrowSource:
    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def reader(self, names: Sequence[str], repeated: Sequence[str]) -> Reader:
        del repeated
        _require(names, self._table.column_names)
        return _reader_of(self._table)

    def give(self, sessions: pa.Table) -> pa.Table:
        return sessions

    def with_session_ids(self, ids: pa.Array, target: Path | None) -> pa.Table:
        _refuse_session_id(self._table.column_names)
        return _written(self._table.append_column(SESSION_ID, ids), target)


class FileSource:
    """A file; its answers are Arrow tables."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def reader(self, names: Sequence[str], repeated: Sequence[str]) -> Reader:
        if is_columnar(self._path):
            return lambda name: read_columns(self._path, Wanted([name], repeated)).column(name)
        return _reader_of(read_columns(self._path, Wanted(names, repeated)))

    def give(self, sessions: pa.Table) -> pa.Table:
        return sessions

    def with_session_ids(self, ids: pa.Array, target: Path | None) -> pa.Table:
        table = read_columns(self._path, Wanted(None))
        if SESSION_ID in table.column_names:
            raise FileError(f"{self._path} has a column {SESSION_ID} already; rename or drop it.")
        return _written(table.append_column(SESSION_ID, ids), target)


class PandasSource:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def reader(self, names: Sequence[str], repeated: Sequence[str]) -> Reader:
        del repeated
        _require(names, self._frame.columns)
        return self._column

    def _column(self, name: str) -> pa.ChunkedArray:
        try:
            column = pa.array(self._frame[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise InvalidRequest(f"{name} mixes kinds of values; make it one kind: {reason}") from None
        return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])

    def give(self, sessions: pa.Table) -> Any:
        return _plain(sessions).to_pandas()

    def with_session_ids(self, ids: pa.Array, target: Path | None) -> Any:
        _refuse_session_id(self._frame.columns)
        column = pa.table({SESSION_ID: ids}).to_pandas()[SESSION_ID]
        frame = self._frame.assign(**{SESSION_ID: column.set_axis(self._frame.index)})
        if target is not None:
            write_table(pa.Table.from_pandas(frame, preserve_index=False), target)
        return frame


class PolarsSource:
    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def reader(self, names: Sequence[str], repeated: Sequence[str]) -> Reader:
        del repeated
        _require(names, self._frame.columns)
        return _reader_of(self._frame.select(list(dict.fromkeys(names))).to_arrow())

    def give(self, sessions: pa.Table) -> Any:
        return sys.modules["polars"].from_arrow(_plain(sessions))

    def with_session_ids(self, ids: pa.Array, target: Path | None) -> Any:
        _refuse_session_id(self._frame.columns)
        polars = sys.modules["polars"]
        frame = self._frame.with_columns(polars.from_arrow(ids).alias(SESSION_ID))
        if target is not None:
            write_table(frame.to_arrow(), target)
        return frame
