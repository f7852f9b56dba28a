"""Tables to files: Parquet, CSV or JSON Lines by the ending."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from sojourn.errors import FileError
from sojourn.frames.read import kind_of

INSTANT = pa.timestamp("ms", "UTC")
_JSON_ROWS = 1 << 14
_DIFFERENT = ("id", "lead", "started_at", "ended_at")


def check_ending(path: Path) -> None:
    """Raises FileError for an ending that is not written, so that it is known before the work is done."""
    if path.suffix.lower() not in _WRITERS:
        raise FileError(f"{path}: the ending is not known; allowed are {', '.join(_WRITERS)}.")


def write_table(table: pa.Table, path: Path) -> None:
    """Write one table as `write_tables` does."""
    write_tables(iter([table]), path)


def write_tables(tables: Iterator[pa.Table], path: Path) -> pa.Table:
    """Write at least one table, the first while the next are made, and return them as one.

    What was at `path` is replaced when all is written, and kept when that fails. In CSV and JSON Lines times are
    ISO 8601 (`…Z`), and in CSV lists are joined by `;`.
    Raises FileError when the ending is unknown or the file cannot be written.
    """
    check_ending(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        written = _WRITERS[kind_of(path)](tables, unfinished)
        unfinished.replace(path)
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"{path} cannot be written: {str(error).splitlines()[0]}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _write_parquet(tables: Iterator[pa.Table], path: Path) -> pa.Table:
    first = next(tables)
    written = []
    # Ids and most leads and times are different: a dictionary of them would be built for nothing. Without the
    # Arrow schema in the file dictionary columns read back as the plain text that they stand for.
    with pa.parquet.ParquetWriter(
        path,
        first.schema,
        compression="snappy",
        use_dictionary=[name for name in first.column_names if name not in _DIFFERENT],
        write_statistics=_bounded(first),
        store_schema=False,
    ) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
            written.append(table)
    return pa.concat_tables(written)


def _bounded(table: pa.Table) -> list[str]:
    """Columns whose bounds help a reader to skip parts; those of texts cost more than they help."""
    return [field.name for field in table.schema if field.type == INSTANT or pa.types.is_integer(field.type)]


def _write_csv(tables: Iterator[pa.Table], path: Path) -> pa.Table:
    table = pa.concat_tables(tables)
    plain = [_as_csv(column) for column in _with_iso_times(table).columns]
    pa.csv.write_csv(pa.table(plain, names=table.column_names), path)
    return table


def _as_csv(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type) and column.type.value_type == pa.string():
        return pc.binary_join(column, ";")
    return column


def _write_json_lines(tables: Iterator[pa.Table], path: Path) -> pa.Table:
    table = pa.concat_tables(tables)
    encoder = msgspec.json.Encoder()
    with path.open("wb") as lines:
        for batch in _with_iso_times(table).to_batches(max_chunksize=_JSON_ROWS):
            lines.write(encoder.encode_lines(batch.to_pylist()))
    return table


def _with_iso_times(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if field.type == INSTANT:
            table = table.set_column(place, field.name, iso_texts(table.column(place)))
    return table


def iso_texts(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """`2026-04-29T10:14:32Z`, with `.mmm` only when the milliseconds are not zero: `model.instant.iso` of many."""
    naive = times.cast(pa.timestamp("ms"))
    whole = pc.floor_temporal(naive, unit="second")
    pattern = "%Y-%m-%dT%H:%M:%S"
    seconds = pc.strftime(whole.cast(pa.timestamp("s")), format=pattern)
    texts = pc.if_else(pc.equal(naive, whole), seconds, pc.strftime(naive, format=pattern))
    return pc.binary_join_element_wise(texts, "Z", "")


_WRITERS: dict[str, Callable[[Iterator[pa.Table], Path], pa.Table]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
}
