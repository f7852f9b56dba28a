"""The benches run, at a small size: every figure that is promised is measured by them. How soon is not asked here."""

import subprocess
import sys

import pytest

FIGURES = (
    *(
        "`import` of",
        "first page without filter",
        "any one filter over",
        "any two filters together",
        "one lead's sessions",
    ),
    *("one session with its events", "a page far behind, by cursor", "while 1,000 events/s come in", "export of all"),
    *(
        "timeout change, dry run",
        "timeout change, applied",
        "first page meanwhile",
        "resident at rest",
        "`serve` ready",
    ),
    *("`import` of as many while", "timeout change, applied while", "processor of the server"),
    *("events, first page", "events, a page far behind", "events, suppressed", "events, export of the newest"),
    *("page Sessions, first byte", "page of one session", "DuckDB, entry point", "Polars, entry point"),
)


@pytest.mark.slow
def test_every_figure_of_a_store_is_measured() -> None:
    command = [sys.executable, "-m", "bench.scale", "--size", "20000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert [name for name in FIGURES if name not in done.stdout] == []
