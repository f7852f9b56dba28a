"""Files of every kind, compressed or not; and what is said of those that cannot be read."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.errors import FileError, InvalidRequest
from sojourn.frames import sessionize
from sojourn.frames.read import Wanted, read_columns
from sojourn.frames.times import to_ms
from sojourn.frames.write import iso_texts, write_table
from sojourn.model import instant

ROWS = [
    {"lead": "007", "at": "2026-04-29T10:14:32Z", "type": "Page View", "url": "/a", "points": 3, "id": "e1"},
    {
        "lead": "007",
        "at": "2026-04-29T12:15:00+02:00",
        "type": "click",
        "url": None,
        "points": None,
        "id": "e2",
    },
    {
        "lead": "ann,\n1",
        "at": "2026-04-29 10:14:32.5009",
        "type": "purchase",
        "url": "/b",
        "points": -1,
        "id": "e3",
    },
]
NAMES: dict[str, Any] = {
    "lead": "lead",
    "time": "at",
    "type": "type",
    "url": "url",
    "points": "points",
    "id": "id",
}


def write_events(path: Path) -> Path:
    """The rows in the format of the path's ending."""
    plain = path.with_name(path.name.removesuffix(".gz"))
    table = pa.Table.from_pylist(ROWS)
    if plain.suffix == ".csv":
        pa.csv.write_csv(table, plain)
    elif plain.suffix == ".parquet":
        pa.parquet.write_table(table, plain)
    else:
        plain.write_text("\n\n".join(map(json.dumps, ROWS)))
    if plain != path:
        path.write_bytes(gzip.compress(plain.read_bytes()))
    return path


ENDINGS = ["csv", "csv.gz", "jsonl", "ndjson.gz", "json", "parquet", "parquet.gz"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_file_gives_the_same(ending: str, tmp_path: Path) -> None:
    answer = sessionize(write_events(tmp_path / f"events.{ending}"), **NAMES)
    assert answer.to_pylist() == sessionize(pa.Table.from_pylist(ROWS), **NAMES).to_pylist()
    assert answer.column("lead").to_pylist() == ["007", "ann,\n1"]
    assert answer.column("event_count").to_pylist() == [2, 1]
    each = sessionize(str(tmp_path / f"events.{ending}"), per_event=True, **NAMES)
    assert each.column_names == [*NAMES.values(), "session_id"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_unknown_columns_are_named_with_those_that_exist(ending: str, tmp_path: Path) -> None:
    path = write_events(tmp_path / f"events.{ending}")
    with pytest.raises(FileError, match="has no column nope; it has lead, at, type, url, points, id"):
        sessionize(path, lead="nope", time="at")


@pytest.mark.parametrize("ending", ENDINGS)
def test_missing_and_broken_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"events.{ending}"
    with pytest.raises(FileError, match="there is no such file"):
        sessionize(path, lead="lead", time="at")
    path.write_bytes(b"\xff\x00 no such format\n\xfe")
    with pytest.raises(FileError, match="events"):
        sessionize(path, lead="lead", time="at")
    path.write_bytes(b"")
    with pytest.raises(FileError, match="events"):
        sessionize(path, lead="lead", time="at")
    if ending.endswith("gz"):
        path.write_bytes(write_events(path).read_bytes()[:-20])
        with pytest.raises(FileError, match="cannot be read"):
            sessionize(path, lead="lead", time="at")


def test_more_that_is_wrong_with_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"allowed are \.csv, \.jsonl"):
        sessionize(tmp_path / "events.xlsx", lead="lead", time="at")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match="cannot be read"):
        sessionize(tmp_path / "folder.csv", lead="lead", time="at")
    lines = tmp_path / "events.jsonl"
    lines.write_text('{"lead": "ann", "at": 1}\n[1]\n')
    with pytest.raises(FileError, match="line 2 is no JSON object"):
        sessionize(lines, lead="lead", time="at")
    twice = tmp_path / "twice.csv"
    twice.write_text("lead,at,at\nann,1,2\n")
    with pytest.raises(FileError, match="has 2 columns at"):
        sessionize(twice, lead="lead", time="at")
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("lead,at\nann,1700000000000\nbob\n")
    with pytest.raises(FileError, match="Expected 2 columns, got 1"):
        sessionize(ragged, lead="lead", time="at")
    taken = tmp_path / "taken.csv"
    taken.write_text("lead,at,session_id\nann,1700000000000,s\n")
    with pytest.raises(FileError, match="session_id already"):
        sessionize(taken, lead="lead", time="at", per_event=True)
    ragged.write_text("lead,at\n,1700000000000\n")
    with pytest.raises(InvalidRequest, match="no lead in column lead; the first is row 1"):
        sessionize(ragged, lead="lead", time="at")


def test_json_values_of_mixed_kinds_become_text(tmp_path: Path) -> None:
    lines = tmp_path / "events.jsonl"
    lines.write_text('{"lead": 7, "at": 1700000000000}\n{"lead": "7", "at": "2023-11-14T22:13:20Z"}\n')
    assert sessionize(lines, lead="lead", time="at").column("event_count").to_pylist() == [2]


def test_one_column_may_have_two_roles(tmp_path: Path) -> None:
    path = write_events(tmp_path / "events.parquet")
    assert read_columns(path, Wanted(["id", "id"])).column_names == ["id"]
    assert sessionize(path, lead="lead", time="at", type="type", id="type").num_rows == 2


def test_sessions_written_and_read_again(tmp_path: Path) -> None:
    table = sessionize(pa.Table.from_pylist(ROWS), **NAMES)
    for ending in ("parquet", "csv", "jsonl"):
        write_table(table, tmp_path / f"s.{ending}")
    again = pa.parquet.read_table(tmp_path / "s.parquet")
    assert again.schema.field("started_at").type == pa.timestamp("ms", "UTC")
    assert again.to_pylist() == table.to_pylist()
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [line["started_at"] for line in lines] == ["2026-04-29T10:14:32Z", "2026-04-29T10:14:32.500Z"]
    assert lines[1]["goals"] == ["purchase"]
    assert lines[1]["converted"] is True
    read = pa.csv.read_csv(tmp_path / "s.csv").to_pylist()
    assert [row["goals"] for row in read] == ["", "purchase"]
    assert {entry.name for entry in tmp_path.iterdir()} == {"s.parquet", "s.csv", "s.jsonl"}


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    kept = tmp_path / "s.csv"
    kept.write_text("kept")
    with pytest.raises(FileError, match="cannot be written"):
        write_table(pa.table({"nested": [{"a": [1]}]}), kept)
    assert kept.read_text() == "kept"
    with pytest.raises(FileError, match="cannot be written"):
        write_table(pa.table({"a": [1]}), tmp_path / "none" / "s.csv")
    with pytest.raises(FileError, match=r"allowed are \.parquet, \.csv"):
        write_table(pa.table({"a": [1]}), tmp_path / "s.txt")


@given(st.lists(st.integers(0, instant.MAX_MS), max_size=20))
def test_iso_texts_are_the_models(times: list[int]) -> None:
    column = pa.chunked_array([pa.array(times, pa.timestamp("ms", "UTC"))])
    assert iso_texts(column).to_pylist() == [instant.iso(each) for each in times]


ZONES = st.sampled_from(["", "Z", "+02:00", "-0530", "+01"])
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1))  # noqa: DTZ001 - zones are drawn apart


@given(st.lists(st.tuples(MOMENTS, st.sampled_from(["T", " "]), ZONES), min_size=1, max_size=9))
def test_texts_mean_what_the_model_says(parts: list[tuple[datetime, str, str]]) -> None:
    texts = [moment.isoformat(sep) + zone for moment, sep, zone in parts]
    wanted = [instant.parse(text, "at") for text in texts]
    assert to_ms(pa.chunked_array([texts]), "at").tolist() == wanted


@pytest.mark.parametrize(
    ("values", "ms"),
    [
        (["2026-04-29"], 1_777_420_800_000),
        (["2026-04-29T10:14:32.123456789Z"], 1_777_457_672_123),
        (["2026-04-29T10:14:32,5"], 1_777_457_672_500),
        ([" 1777457672000 "], 1_777_457_672_000),
        ([1_777_457_672_000], 1_777_457_672_000),
        ([1_777_457_672_000.9], 1_777_457_672_000),
        ([date(2026, 4, 29)], 1_777_420_800_000),
        ([datetime(2026, 4, 29, 10, 14, 32, 123999, UTC)], 1_777_457_672_123),
        (pa.array([1_777_457_672], pa.timestamp("s", "Asia/Tokyo")), 1_777_457_672_000),
        (pa.array([1_777_457_672_123_999_999], pa.timestamp("ns")), 1_777_457_672_123),
        (pa.array(["2026-04-29"]).dictionary_encode(), 1_777_420_800_000),
        (pa.array([1_777_420_800_000], pa.date64()), 1_777_420_800_000),
        (pa.array([1_777_420_800], pa.uint32()), 1_777_420_800),
    ],
)
def test_times_of_every_kind(values: Any, ms: int) -> None:
    assert to_ms(pa.chunked_array([values]), "at").tolist() == [ms]


@pytest.mark.parametrize(
    "values",
    [
        ["2026-13-01"],
        ["yesterday"],
        [-1],
        [float("inf")],
        [1e300],
        [None],
        ["1969-12-31T23:59:59Z"],
        pa.array([2**62], pa.timestamp("s")),
        pa.array([2**64 - 1], pa.uint64()),
        [[1]],
    ],
)
def test_times_that_are_none(values: Any) -> None:
    with pytest.raises(InvalidRequest, match="at"):
        to_ms(pa.chunked_array([values]), "at")
