"""A whole Parquet file of events to a Parquet file of sessions: Sojourn, DuckDB and Polars.

    python -m bench.sessionize --size 20000000

Each way runs in a process of its own, so that its peak memory is its own. The time is from opening the events
to the finished file; imports are not in it. Every way computes the same columns, and must find the same number of
sessions.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet
from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parent / "out"
SIZE = 1_000_000
COLUMNS = ("way", "data", "events", "sessions", "seconds", "peak MB", "events/s")
DATA = {"even": False, "skewed": True}


class Row(NamedTuple):
    """What one way took; seconds of wall time, peak resident memory in MB."""

    way: str
    data: str
    events: int
    sessions: int
    seconds: float
    peak_mb: int


def by_sojourn(source: Path, target: Path) -> None:
    """Sojourn: `sessionize` with every column."""
    from sojourn.frames import sessionize

    columns = {"type": "type", "url": "url", "points": "points", "id": "event_id"}
    sessionize(source, lead="visitor_id", time="occurred_at", output=target, **columns)  # type: ignore[arg-type]


def ways() -> dict[str, Callable[[Path, Path], None]]:
    from bench.peers import by_duckdb, by_polars

    return {"sojourn": by_sojourn, "polars": by_polars, "duckdb": by_duckdb}


def rows(size: int = SIZE, repeat: int = 1) -> list[Row]:
    """Every way on even data, and on skewed: one lead holds a quarter of all sessions. The fastest run counts."""
    taken = []
    for data, is_skewed in DATA.items():
        source = events_file(size, is_skewed)
        for way in ways():
            runs = [run_apart(way, data, source) for _ in range(repeat)]
            taken.append(min(runs, key=lambda run: run.seconds))
    for data in DATA:
        found = {row.way: row.sessions for row in taken if row.data == data}
        if len(set(found.values())) != 1:
            raise SystemExit(f"the ways do not agree on the sessions: {found}")
    return taken


def events_file(size: int, is_skewed: bool) -> Path:
    """The events as a file, made when it is not there yet."""
    path = OUT / f"events-{size}{'-skewed' if is_skewed else ''}.parquet"
    if not path.exists():
        # In a process of its own: the peak memory of those that follow would begin with this one's.
        OUT.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "bench.make_events", str(size), str(path), *(["--skew"] if is_skewed else [])]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=OUT.parent.parent)
    return path


def run_apart(way: str, data: str, source: Path) -> Row:
    """Run one way in a process of its own."""
    target = OUT / f"sessions-{way}.parquet"
    command = [sys.executable, "-m", "bench.sessionize", "--run", way, "--source", str(source), "--target", str(target)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=OUT.parent.parent)
    taken = json.loads(answer.stdout)
    events, sessions = (pyarrow.parquet.read_metadata(path).num_rows for path in (source, target))
    target.unlink()
    return Row(way, data, events, sessions, taken["seconds"], taken["peak_mb"])


def run_here(way: str, source: Path, target: Path) -> None:
    """Run one way in this process, and print what it took as JSON."""
    work = ways()[way]
    began = time.perf_counter()
    work(source, target)
    seconds = time.perf_counter() - began
    # ru_maxrss is in KB on Linux.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": round(seconds, 2), "peak_mb": peak}))


def cells(row: Row) -> tuple[str, ...]:
    """The row as COLUMNS name it."""
    figures = (row.events, row.sessions, row.seconds, row.peak_mb, round(row.events / row.seconds))
    return (row.way, row.data, *(f"{figure:,}" for figure in figures))


def shown(taken: list[Row]) -> Table:
    table = Table(*COLUMNS)
    for row in taken:
        table.add_row(*cells(row))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run_here(given.run, given.source, given.target)
    else:
        Console().print(shown(rows(given.size, given.repeat)))


if __name__ == "__main__":
    main()
