"""What a query engine takes over a file of finished sessions."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from bench.serve import Row


def rows(sessions: Path) -> Iterator[Row]:
    """The same questions to the same sessions."""
    conditions = {
        "entry point": "entry_point = 'form_submit'",
        "duration and country": "duration >= 900 AND country = 'NG'",
        "two events": "revenue IS NOT NULL AND intent = 'high'",
    }
    engine = duckdb.connect()
    for what, condition in conditions.items():
        text = f"SELECT * FROM '{sessions}' WHERE {condition} ORDER BY started_at DESC, id DESC LIMIT 50"
        took = _p95([_clock(lambda: engine.sql(text).to_arrow_table()) for _ in range(5)])  # noqa: B023
        yield Row(f"DuckDB, {what}, over the exported file, p95", f"{took:.0f} ms", "", is_reached=True)
        found = pl.scan_parquet(sessions).filter(pl.sql_expr(condition))
        lazy = found.sort("started_at", "id", descending=True).head(50)
        took = _p95([_clock(lambda: lazy.collect(engine="streaming")) for _ in range(5)])  # noqa: B023
        yield Row(f"Polars, {what}, over the exported file, p95", f"{took:.0f} ms", "", is_reached=True)


def _clock(ask: Callable[[], Any]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


def _p95(times: list[float]) -> float:
    return float(np.percentile(times, 95)) * 1000
