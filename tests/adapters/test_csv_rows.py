"""CSV row by row: what cannot be read is told by its line, and what is behind it is read."""

import csv
import gzip
import io
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters import csv_rows as rows_of_csv
from sojourn.adapters.csv_rows import MOST_BYTES, csv_rows
from sojourn.adapters.files import rows
from sojourn.errors import FileError

LONG = b"x" * 131_073


def read(body: bytes) -> list[tuple[int, Any]]:
    """Rows by their line, as the values of their columns; of what is refused the message."""
    return [
        (line, row.message if isinstance(row, FileError) else "|".join(row.values()))
        for line, row in csv_rows(io.BytesIO(body))
    ]


def lines_read(body: bytes) -> dict[int, bool]:
    """Whether each was read."""
    return {line: not isinstance(row, FileError) for line, row in csv_rows(io.BytesIO(body))}


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_line_that_is_not_utf_8_is_refused_alone(tmp_path: Path, is_packed: bool) -> None:
    body = "a,b\n1,é\n".encode() + b"2,caf\xe9\n" + b'3,"two\nlines \xff"\n4,x\n'
    path = tmp_path / ("rows.csv.gz" if is_packed else "rows.csv")
    path.write_bytes(gzip.compress(body) if is_packed else body)
    found = dict(rows(path))
    assert {line for line, row in found.items() if isinstance(row, FileError)} == {3, 5}
    assert "not UTF-8" in str(found[3])
    assert (found[2], found[6]) == ({"a": "1", "b": "é"}, {"a": "4", "b": "x"})


@pytest.mark.parametrize("row", [b"1," + LONG, b'1,"' + LONG + b'"', b'1,"\n' + LONG + b'\n2,"",x\n",', b"1\r2"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_row_that_cannot_be_read_is_refused_alone(row: bytes, end: bytes) -> None:
    body = b"a,b" + end + b"0,first" + end + row + end + b'3,"th\nird"' + end + b"4,last"
    first, refused, third, last = read(body)
    behind = 4 + row.count(b"\n")
    assert (first, third[0], last) == ((2, "0|first"), behind + 1, (behind + 2, "4|last"))
    assert refused[0] == 3
    assert "the row cannot be read" in refused[1]


def test_a_row_of_any_length_takes_bounded_memory(tmp_path: Path) -> None:
    lines = 2_400_000  # of one row, of 14 MB

    def body() -> Iterator[bytes]:
        yield b'a,b\n1,"'
        for _ in range(lines // 200_000):
            yield b'""x,\n' * 200_000
        yield b'"\n2,y\n'
        yield b"z" * 15_000_000 + b"\n3,last\n"

    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.writelines(body())
    tracemalloc.start()
    try:
        found = dict(rows(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert {line for line, row in found.items() if isinstance(row, FileError)} == {2, lines + 4}
    assert (found[lines + 3], found[lines + 5]) == ({"a": "2", "b": "y"}, {"a": "3", "b": "last"})
    assert peak < 10_000_000


def test_a_quote_that_is_never_closed_is_told_by_its_line() -> None:
    assert read(b'a,b\n1,x\n2,"y\n3,z\n') == [(2, "1|x"), (3, "the row cannot be read: a quote is never closed")]


@pytest.mark.parametrize("seed", range(30))
def test_a_row_that_is_skipped_ends_where_the_reader_of_csv_would_end_it(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Rows of any quotes, read whole or skipped in pieces: those behind them begin in the same lines."""
    chance = random.Random(seed)
    body = b"a,b\n" + bytes(chance.choice(b'xx,,"""\n') for _ in range(400)) + b'"\n9,end\n'
    expected, reader = set(), csv.reader(body.decode().splitlines(keepends=True))
    for values in reader:
        expected |= {reader.line_num} if values and reader.line_num > 1 else set()
    monkeypatch.setattr(rows_of_csv, "MOST_BYTES", chance.choice([4, 9, 1 << 20]))
    told = lines_read(body)
    assert {line for line, is_read in told.items() if is_read} <= expected
    assert len(told) == len(expected)


@pytest.mark.parametrize("body", [b"\xff\xfea\n1\n", b"a," + LONG + b"\n1,2\n", b'a,"b\n1,2\n'])
def test_a_header_that_cannot_be_read_is_the_files_fault(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(body)
    with pytest.raises(FileError, match=r"rows\.csv cannot be read"):
        list(rows(path))


def test_a_line_of_json_that_is_far_too_long_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n": 1}\n' + b"[" + b"0," * (2 * MOST_BYTES) + b"0]\n" + b'{"n": 2}\n')
    (first, second, third) = rows(path)
    assert (first, third) == ((1, {"n": 1}), (3, {"n": 2}))
    assert (second[0], "longer than" in str(second[1])) == (2, True)
