"""Columns of event files to Arrow: CSV, JSON Lines and Parquet, each also compressed as `.gz`.

Of CSV and JSON Lines every column is read as it is written, as text: a lead `007` stays `007`.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from sojourn.errors import FileError

JSON_BATCH = 1 << 16
_BLOCK_BYTES = 1 << 24


class Wanted(NamedTuple):
    """The columns to read (None: every column), and those of them that repeat few texts many times."""

    names: Sequence[str] | None
    repeated: Sequence[str] = ()


def read_columns(path: Path, wanted: Wanted) -> pa.Table:
    """The wanted columns of the file.

    Raises FileError for a missing or broken file, an unknown ending, or a column that is not in it once.
    """
    read = _READERS.get(kind_of(path))
    if read is None:
        raise FileError(
            f"{path}: the ending is not known; allowed are {', '.join(_READERS)}, each also with .gz behind it."
        )
    with _broken_files_explained(path):
        table = read(path, wanted)
    return table if wanted.names is None else table.select(list(dict.fromkeys(wanted.names)))


def kind_of(path: Path) -> str:
    """The ending that tells the format, in lower case, without `.gz`."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def is_columnar(path: Path) -> bool:
    """Whether one column of the file can be read without the others."""
    return path.suffix.lower() in (".parquet", ".pq")


def check_names(wanted: Sequence[str], present: Sequence[str], where: str) -> str | None:
    """What is wrong with the wanted columns, None when each is present once."""
    for name in wanted:
        count = list(present).count(name)
        if count == 0:
            return f"{where} has no column {name}; it has {', '.join(map(str, present)) or 'none'}."
        if count > 1:
            return f"{where} has {count} columns {name}; rename all but one."
    return None


@contextmanager
def _broken_files_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileError(f"{path}: there is no such file.") from None
    except (pa.ArrowException, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise FileError(f"{path} cannot be read: {reason}") from None


def _require(wanted: Wanted, present: Sequence[str], path: Path) -> list[str]:
    names = list(present) if wanted.names is None else list(dict.fromkeys(wanted.names))
    complaint = check_names(names, present, str(path))
    if complaint:
        raise FileError(complaint)
    return names


def _is_gzip(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _read_csv(path: Path, wanted: Wanted) -> pa.Table:
    compression = "gzip" if _is_gzip(path) else None
    reading = pa.csv.ReadOptions(block_size=_BLOCK_BYTES)
    parsing = pa.csv.ParseOptions(newlines_in_values=True)
    with pa.input_stream(path, compression=compression) as stream:
        header = pa.csv.open_csv(stream, parse_options=parsing).schema.names
    names = _require(wanted, header, path)
    plain = wanted.names is None
    types = {} if plain else dict.fromkeys(names, pa.string())
    types.update(dict.fromkeys(set(wanted.repeated) & set(names), pa.dictionary(pa.int32(), pa.string())))
    converting = pa.csv.ConvertOptions(include_columns=names, column_types=types)
    with pa.input_stream(path, compression=compression) as stream:
        return pa.csv.read_csv(stream, reading, parsing, converting)


def _read_parquet(path: Path, wanted: Wanted) -> pa.Table:
    source = pa.BufferReader(gzip.decompress(path.read_bytes())) if _is_gzip(path) else path
    with pa.parquet.ParquetFile(source) as file:
        names = _require(wanted, file.schema_arrow.names, path)
        texts = [name for name in wanted.repeated if _is_plain_text(file.schema_arrow.field(name).type)]
    with pa.parquet.ParquetFile(source, read_dictionary=texts) as file:
        return file.read(columns=names)


def _is_plain_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string())


def _read_json_lines(path: Path, wanted: Wanted) -> pa.Table:
    batches, number = [], 0
    with gzip.open(path, "rb") if _is_gzip(path) else path.open("rb") as lines:
        while batch := list(_objects(lines, path, number)):
            number = batch[-1][0]
            batches.append([each for _, each in batch])
    present = list(dict.fromkeys(name for batch in batches for each in batch for name in each))
    names = _require(wanted, present, path)
    return pa.table({name: _json_column(batches, name) for name in names})


def _objects(lines: Any, path: Path, number: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Up to JSON_BATCH objects with the numbers of their lines; empty lines are skipped."""
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    taken = 0
    for line in lines:
        number += 1
        if line.isspace():
            continue
        try:
            yield number, decode(line)
        except msgspec.DecodeError as error:
            raise FileError(f"{path}: line {number} is no JSON object: {error}.") from None
        taken += 1
        if taken == JSON_BATCH:
            return


def _json_column(batches: list[list[dict[str, Any]]], name: str) -> pa.ChunkedArray:
    try:
        return pa.chunked_array([[each.get(name) for batch in batches for each in batch]])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.chunked_array([[_as_text(each.get(name)) for batch in batches for each in batch]], pa.string())


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


_READERS: dict[str, Callable[[Path, Wanted], pa.Table]] = {
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json_lines,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
}
