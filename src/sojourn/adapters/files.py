"""Files of events, row by row and in constant memory: CSV, JSON Lines and Parquet, each also gzipped."""

import contextlib
import csv
import gzip
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sojourn.adapters.csv_rows import MOST_BYTES, Numbered, csv_rows
from sojourn.errors import FileError

ENDINGS = (".csv", ".jsonl", ".ndjson", ".json", ".parquet")
_BATCH = 50_000
TABLE_ROWS = 500_000


def rows(path: Path) -> Iterator[Numbered]:
    """(line, row) of each row; for a line that is broken (line, FileError). Parquet rows count from 1.

    Raises FileError for a file that is missing, of another kind, or broken as a whole.
    """
    if not path.is_file():
        raise FileError(f"There is no file {path}.")
    kind = kind_of(path)
    if kind not in ENDINGS:
        raise FileError(f"{path.name} ends in {kind or 'nothing'}; allowed: {', '.join(ENDINGS)}, each also with .gz.")
    reader = {".csv": _csv_rows, ".parquet": _parquet_rows}.get(kind, _json_rows)
    with _explained(path):
        yield from reader(path)


def is_columnar(path: Path) -> bool:
    """Whether the file is read as columns: `tables` takes it."""
    return path.suffix.lower() == ".parquet"


def tables(path: Path, names: list[str] | None = None, repeated: Sequence[str] = ()) -> Iterator[tuple[int, pa.Table]]:
    """(rows before it, table) of each batch of a Parquet file; columns that repeat few texts come as dictionaries.

    Raises FileError for one that is broken.
    """
    done = 0
    with _explained(path):
        file = pq.ParquetFile(path, read_dictionary=list(repeated))
        wanted = None if names is None else [name for name in names if name in file.schema_arrow.names]
        for table in _together(file.iter_batches(TABLE_ROWS, columns=wanted)):
            yield done, table
            done += table.num_rows


def _together(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Tables of about TABLE_ROWS; with dictionaries a batch ends wherever a group of rows of the file does."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= TABLE_ROWS:
            yield pa.Table.from_batches(waiting).unify_dictionaries().combine_chunks()
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting).unify_dictionaries().combine_chunks()


def files_in(path: Path) -> list[Path]:
    """The file itself, or those of a folder by name. Raises FileError for none."""
    if not path.exists():
        raise FileError(f"There is no file {path}.")
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.is_file() and kind_of(each) in ENDINGS)
    if not found:
        raise FileError(f"There is no file of events in {path}; allowed endings: {', '.join(ENDINGS)}.")
    return found


def kind_of(path: Path) -> str:
    """The ending that tells the format, without `.gz`."""
    return (path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix).lower()


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        raise FileError(f"{path.name} cannot be read: {error}.") from None


def columns(path: Path) -> list[str]:
    """The columns of the file, as its first row has them."""
    for _, row in rows(path):
        if isinstance(row, dict):
            return list(row)
    return []


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _json_rows(path: Path) -> Iterator[Numbered]:
    with _open(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST_BYTES + 1), b""), 1):
            if len(line) > MOST_BYTES:
                while not line.endswith(b"\n") and (line := file.readline(MOST_BYTES)):
                    pass
                yield number, FileError(f"the line is longer than {MOST_BYTES:,} bytes")
                continue
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield number, FileError(f"the line is not JSON: {error}")
                continue
            yield number, row if isinstance(row, dict) else FileError("the line is no JSON object")


def _csv_rows(path: Path) -> Iterator[Numbered]:
    with _open(path) as file:
        yield from csv_rows(file)


def _parquet_rows(path: Path) -> Iterator[Numbered]:
    number = 0
    with tempfile.TemporaryFile() as plain:
        source: Any = path
        if path.suffix == ".gz":
            with _open(path) as packed:
                shutil.copyfileobj(packed, plain)
            source = plain
        for batch in pq.ParquetFile(source).iter_batches(_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, row
