"""The 3,605 true sessions of 600 people, from every kind of file and frame."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from sojourn.frames import sessionize

DATA = Path(__file__).parent.parent / "data"
ECOM = DATA / "ecom.csv.gz"
COLUMNS: dict[str, Any] = {"lead": "user_id", "time": "timestamp", "type": "event"}


def truth() -> list[tuple[str, ...]]:
    with (DATA / "ecom_truth_sessions.csv").open(newline="") as lines:
        rows = csv.DictReader(lines)
        fields = ("key", "start", "end", "events", "purchases", "first", "last")
        return sorted(tuple(row[field] for field in fields) for row in rows)


def shown(sessions: pa.Table) -> list[tuple[str, ...]]:
    """The sessions as the truth tells them, but for the number of purchases: whether there are any."""
    return sorted(
        (
            row["lead"],
            f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
            f"{row['ended_at']:%Y-%m-%d %H:%M:%S}",
            str(row["event_count"]),
            str(int(row["converted"])),
            row["entry_point"],
            row["exit_point"],
        )
        for row in sessions.to_pylist()
    )


def as_arrow(frame: Any) -> pa.Table:
    if isinstance(frame, pd.DataFrame):
        return pa.Table.from_pandas(frame)
    return frame.to_arrow() if isinstance(frame, pl.DataFrame) else frame


def numbered() -> pa.Table:
    """The events with an id that tells their place: those of one second are in the truth as they lie in the file."""
    table = pa.csv.read_csv(ECOM)
    return table.append_column("number", pa.array([f"{place:05}" for place in range(table.num_rows)]))


def csv_file(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "ecom.csv.gz", "wb") as file:
        pa.csv.write_csv(numbered(), file)
    return tmp_path / "ecom.csv.gz"


def json_lines(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "ecom.jsonl.gz", "wt") as lines:
        lines.writelines(json.dumps(row, default=str) + "\n" for row in numbered().to_pylist())
    return tmp_path / "ecom.jsonl.gz"


def parquet(tmp_path: Path) -> Path:
    pa.parquet.write_table(numbered(), tmp_path / "ecom.parquet")
    return tmp_path / "ecom.parquet"


KINDS: dict[str, Callable[[Path], Any]] = {
    "csv.gz": csv_file,
    "jsonl.gz": json_lines,
    "parquet": parquet,
    "arrow": lambda _: numbered(),
    "pandas": lambda _: numbered().to_pandas(),
    "polars": lambda _: pl.from_arrow(numbered()),
}


def wanted() -> list[tuple[str, ...]]:
    return [(*row[:4], str(min(int(row[4]), 1)), *row[5:]) for row in truth()]


@pytest.mark.parametrize("kind", KINDS)
def test_true_sessions(kind: str, tmp_path: Path) -> None:
    sessions = as_arrow(sessionize(KINDS[kind](tmp_path), id="number", **COLUMNS))
    assert len(wanted()) == 3605
    assert shown(sessions) == wanted()


def test_true_sessions_without_ids() -> None:
    """Events of one second are in the truth as they lie in the file, and so are they here."""
    assert shown(sessionize(ECOM, **COLUMNS)) == wanted()


def test_events_lie_in_their_true_sessions() -> None:
    events = pl.read_csv(ECOM).rename({"session_id": "true_id"})
    pairs = sessionize(events, **COLUMNS, per_event=True).select("true_id", "session_id").unique()
    assert pairs.height == pairs["true_id"].n_unique() == pairs["session_id"].n_unique() == 3605
