"""`sojourn sessionize` as it is typed: the same sessions in every kind of file, and on the terminal."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.serving import run

ROWS = [
    ("ann", "2025-01-01T10:00:00Z", "Page View", "https://x.example/pricing", 2, "1"),
    ("ann", "2025-01-01T10:29:59.999Z", "demo_request", "", 5, "2"),
    ("ann", "2025-01-01T10:29:59.999Z", "demo_request", "", 5, "2"),
    ("ann", "2025-01-01T10:59:59.999Z", "click", "", 0, "3"),
    ("bob", "2025-01-01T10:00:00Z", "identify", "", 9, "1"),
    ("bob", "2025-01-01T10:00:00Z", "click", "", 1, "2"),
]
COLUMNS = ("--lead", "who", "--time", "at", "--type", "what", "--url", "page", "--points", "score", "--id", "key")
EXPECTED = [("ann", 2, 1799, 7, "page_view", "demo_request"), ("ann", 1, 0, 0, "click", "click"), ("bob", 1, 0, 1, "click", "click")]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    pl.DataFrame(ROWS, schema=["who", "at", "what", "page", "score", "key"], orient="row").write_csv(path)
    return path


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("lead", "event_count", "duration", "total_points", "entry_point", "exit_point")
    return sorted((tuple(row[name] for name in names) for row in rows), key=lambda row: (row[0], -row[1]))


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_the_sessions_are_the_same_in_every_kind_of_file(file: Path, ending: str) -> None:
    out = file.with_name(f"sessions.{ending}")
    done = run("sessionize", str(file), "-o", str(out), *COLUMNS)
    assert done.returncode == 0, done.stderr
    if ending == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    else:
        rows = (pl.read_parquet(out) if ending == "parquet" else pl.read_csv(out)).to_dicts()
    assert told(rows) == EXPECTED
    assert all(row["id"].startswith("sess_") for row in rows)


@pytest.mark.parametrize(("timeout", "count"), [("30m", 3), ("1800001ms", 2), ("1h", 2), ("1m", 4)])
def test_a_timeout_is_typed_with_its_unit(file: Path, timeout: str, count: int) -> None:
    out = file.with_name("sessions.csv")
    done = run("sessionize", str(file), "-o", str(out), "--timeout", timeout, *COLUMNS)
    assert done.returncode == 0, done.stderr
    assert len(pl.read_csv(out)) == count


def test_without_a_file_to_write_a_table_is_shown_and_a_mistake_is_one_line(file: Path) -> None:
    shown = run("sessionize", str(file), *COLUMNS)
    assert shown.returncode == 0
    assert "demo_request" in shown.stdout
    wrong = run("sessionize", str(file), "--lead", "nobody", "--time", "at")
    assert (wrong.returncode, len(wrong.stderr.strip().splitlines())) == (1, 1)
    assert "nobody" in wrong.stderr
    assert "who" in wrong.stderr
