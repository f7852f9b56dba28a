"""Write a repeatable event file like that of `make_events`, with what a site knows beside: for the benchmark at scale.

    python -m bench.rich_events 20000000 rich.parquet  # 20 M events, 3.2 M sessions, 1.2 M visitors

More columns: email (one visitor in twelve, on its form_submit events), referrer and campaign (first event of a
session), device, country, value (purchases). What a session does depends on how serious its visitor is, so that a
purchase can be foreseen from what came before it, but never surely.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from bench.make_events import DAY_MS, PAGES, SEED, START_MS, TYPES, Numbers, elapsed

SERIOUS = [0.55, 0.16, 0.02, 0.04, 0.06, 0.10, 0.05, 0.02]
IDLE = [0.655, 0.13, 0.11, 0.055, 0.03, 0.01, 0.005, 0.005]
HOSTS = ("www.google.com", "www.bing.com", "www.linkedin.com", "news.ycombinator.com", "mail.google.com")
REFERRERS = ("", *(f"https://{host}/" for host in HOSTS))
CAMPAIGNS = ("", "spring_launch", "retargeting", "newsletter_04", "brand")
DEVICES = ("desktop", "mobile", "tablet")
COUNTRIES = ("US", "DE", "GB", "IN", "BR", "FR", "JP", "NG")
FORM, PURCHASE = TYPES.index("form_submit"), TYPES.index("purchase")


def rich_events(count: int) -> pl.DataFrame:
    """About `count` events; the same ones at each call."""
    rng = np.random.default_rng(SEED)
    sessions, visitors = count // 6, count // 12
    returning = (rng.pareto(1.2, sessions) * visitors / 200).astype(np.int64) % visitors
    visitor_of = np.where(rng.random(sessions) < 0.55, rng.integers(0, visitors, sessions), returning)
    starts = (rng.integers(0, 30, sessions) * DAY_MS + rng.normal(14, 5, sessions) % 24 * 3_600_000).astype(np.int64)
    lengths = rng.geometric(1 / 6, size=sessions)
    session = np.repeat(np.arange(sessions), lengths)
    visitor, total = visitor_of[session], len(session)
    kind = _kinds(rng, visitor, visitors)
    is_first = np.zeros(total, bool)
    is_first[np.cumsum(lengths) - lengths] = True
    columns = {
        "visitor": visitor,
        "at": START_MS + starts[session] + elapsed(rng, lengths),
        "kind": kind,
        "page": rng.integers(0, PAGES, size=total),
        "points": rng.integers(0, 10, size=total).astype(np.int32),
        "is_first": is_first,
        "referrer": _draw(rng, REFERRERS, [0.4, 0.3, 0.08, 0.1, 0.05, 0.07], sessions).gather(session),
        "campaign": _draw(rng, CAMPAIGNS, [0.7, 0.1, 0.08, 0.08, 0.04], sessions).gather(session),
        "device": _draw(rng, DEVICES, [0.55, 0.4, 0.05], visitors).gather(visitor),
        "country": _draw(rng, COUNTRIES, [0.35, 0.15, 0.12, 0.12, 0.08, 0.08, 0.06, 0.04], visitors).gather(visitor),
        "value": np.round(rng.lognormal(3.5, 0.8, total), 2),
    }
    return _spelt_out(pl.DataFrame(columns).sort("at", maintain_order=True).with_row_index("number"))


def _kinds(rng: np.random.Generator, visitor: Numbers, visitors: int) -> Numbers:
    """What each event is, by how serious its visitor is."""
    is_serious = rng.random(len(visitor)) < rng.beta(0.6, 2.0, visitors)[visitor]
    drawn = [rng.choice(len(TYPES), size=len(visitor), p=shares) for shares in (SERIOUS, IDLE)]
    return np.where(is_serious, *drawn)


def _draw(rng: np.random.Generator, values: Sequence[str], shares: Sequence[float], size: int) -> pl.Series:
    return pl.Series(values).gather(rng.choice(len(values), size=size, p=shares))


def _spelt_out(events: pl.DataFrame) -> pl.DataFrame:
    """The columns as a site would send them."""
    number = pl.col("visitor")
    domain = (number % 20_011).cast(pl.String)
    email = pl.concat_str(pl.lit("p"), number.cast(pl.String), pl.lit("@c"), domain, pl.lit(".example"))
    first = pl.when(pl.col("is_first"))
    return events.select(
        event_id=pl.concat_str(pl.lit("e"), pl.col("number").cast(pl.String)),
        visitor_id=pl.concat_str(pl.lit("v"), number.cast(pl.String)),
        occurred_at=pl.col("at").cast(pl.Datetime("ms", "UTC")),
        type=pl.col("kind").replace_strict(dict(enumerate(TYPES)), return_dtype=pl.String),
        url=pl.concat_str(pl.lit("https://example.com/p/"), pl.col("page").cast(pl.String)),
        points=pl.col("points"),
        email=pl.when((number % 12 == 0) & (pl.col("kind") == FORM)).then(email),
        referrer=first.then(pl.col("referrer")),
        campaign=first.then(pl.col("campaign")),
        device=pl.col("device"),
        country=pl.col("country"),
        value=pl.when(pl.col("kind") == PURCHASE).then(pl.col("value")),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    events = rich_events(given.count)
    events.write_parquet(given.out)
    print(f"{events.height} events, {events['visitor_id'].n_unique()} visitors -> {given.out}")


if __name__ == "__main__":
    main()
