"""Write a repeatable event file for benchmarks: about N events over 30 days, time-ordered, like a real site's.

    python -m bench.make_events 20000000 events.parquet        # 20 M events, 3.2 M sessions, 1.2 M visitors
    python -m bench.make_events 1000000 skewed.parquet --skew  # one visitor (a robot) holds a quarter of all sessions

Columns: event_id (string), visitor_id (string), occurred_at (UTC, ms), type, url, points (int).
Sessions have a geometric number of events (mean 6) with exponential gaps (mean 75 s), more of them by day than by
night; just over half of all sessions come from visitors drawn evenly, the rest from a long tail of returning ones.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

TYPES = ["page_view", "click", "email_open", "email_click", "form_submit", "add_to_cart", "purchase", "demo_request"]
SHARES = [0.62, 0.14, 0.08, 0.05, 0.04, 0.04, 0.02, 0.01]
PAGES = 500
DAY_MS = 86_400_000
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SEED = 11
Numbers = npt.NDArray[Any]


def make_events(count: int, is_skewed: bool = False) -> pl.DataFrame:
    """About `count` events; the same ones at each call."""
    rng = np.random.default_rng(SEED)
    sessions = count // 6
    visitors = draw_visitors(rng, sessions, is_skewed)
    starts = draw_starts(rng, sessions)
    lengths = rng.geometric(1 / 6, size=sessions)
    session = np.repeat(np.arange(sessions), lengths)
    total = len(session)
    events = pl.DataFrame(
        {
            "visitor": visitors[session],
            "occurred_at": starts[session] + elapsed(rng, lengths),
            "kind": rng.choice(len(TYPES), size=total, p=SHARES),
            "page": rng.integers(0, PAGES, size=total),
            "points": rng.integers(0, 10, size=total).astype(np.int32),
        }
    )
    return spelt_out(events.sort("occurred_at", maintain_order=True).with_row_index("number"))


def draw_visitors(rng: np.random.Generator, sessions: int, is_skewed: bool) -> Numbers:
    """Whose each session is: evenly drawn visitors, and a long tail of returning ones."""
    visitors = sessions // 2
    returning = (rng.pareto(1.2, sessions) * visitors / 200).astype(np.int64) % visitors
    drawn = np.where(rng.random(sessions) < 0.55, rng.integers(0, visitors, sessions), returning)
    return np.where(rng.random(sessions) < 0.25, 0, drawn) if is_skewed else drawn


def draw_starts(rng: np.random.Generator, sessions: int) -> Numbers:
    """When each session starts: any of 30 days, most around 14 o'clock (ms since 1970)."""
    hour = rng.normal(14, 5, sessions) % 24
    days = rng.integers(0, 30, sessions) * DAY_MS
    return START_MS + (days + hour * 3_600_000).astype(np.int64)


def elapsed(rng: np.random.Generator, lengths: Numbers) -> Numbers:
    """How long after its session's start each event happens (ms)."""
    firsts = np.cumsum(lengths) - lengths
    gaps = rng.exponential(75_000, size=int(lengths.sum())).astype(np.int64)
    gaps[firsts] = 0
    passed = np.cumsum(gaps)
    since: Numbers = passed - np.repeat(passed[firsts], lengths)
    return since


def spelt_out(events: pl.DataFrame) -> pl.DataFrame:
    """The columns as a site would send them."""
    return events.select(
        event_id=pl.concat_str(pl.lit("e"), pl.col("number").cast(pl.String)),
        visitor_id=pl.concat_str(pl.lit("v"), pl.col("visitor").cast(pl.String)),
        occurred_at=pl.col("occurred_at").cast(pl.Datetime("ms", "UTC")),
        type=pl.col("kind").replace_strict(dict(enumerate(TYPES)), return_dtype=pl.String),
        url=pl.concat_str(pl.lit("https://example.com/p/"), pl.col("page").cast(pl.String)),
        points=pl.col("points"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--skew", action="store_true")
    given = parser.parse_args()
    events = make_events(given.count, given.skew)
    events.write_parquet(given.out)
    print(f"{events.height} events, {events['visitor_id'].n_unique()} visitors -> {given.out}")


if __name__ == "__main__":
    main()
