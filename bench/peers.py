"""The same sessions by the recipes that people write for DuckDB and Polars: Parquet in, Parquet out.

Both compute every column that `sojourn.sessionize` does, but for the id, which is a hash of lead and first event.
They are spared one thing that ours does: to look for events that are there twice. What a URL or a type means is
worked out once for each distinct one and joined, as ours does.
"""

from pathlib import Path

import duckdb
import polars as pl

from sojourn.model.intent import CONTENT_PATHS, DECISIVE_TYPES, HIGH_PATHS, HIGH_TYPES, UNSUBSCRIBE_TYPES

PASSIVE = ("email_sent", "email_delivered", "email_bounce", "email_complaint", "identify", "group", "alias")
GOALS = ("demo_request", "purchase", "trial_signup")
_ORIGIN = r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*"
_REST = r"[?#].*$"

_SESSIONS_SQL = f"""
WITH meanings AS (
    SELECT url, row_number() OVER () AS url_code, dense_rank() OVER (ORDER BY page) AS page,
           regexp_matches(path, $high) AS is_high, regexp_matches(path, $content) AS is_content
    FROM (
        SELECT url, path, lower(regexp_extract(url, '{_ORIGIN}')) || rtrim(path, '/') AS page
        FROM (
            SELECT url, regexp_replace(regexp_replace(url, '{_ORIGIN}', ''), '{_REST}', '') AS path
            FROM (SELECT DISTINCT url FROM read_parquet($source) WHERE url <> '')
        )
    )
),
kinds AS (
    SELECT type, row_number() OVER () AS kind, type = 'page_view' AS is_view, type IN {HIGH_TYPES} AS is_high_type
    FROM (SELECT DISTINCT type FROM read_parquet($source) WHERE type NOT IN {PASSIVE})
),
events AS (
    SELECT event_id, visitor_id AS lead, occurred_at, kind, url_code, points, page,
           is_view AND page IS NOT NULL AS is_page_view,
           is_page_view AND is_content AS is_content_view,
           is_high_type OR is_page_view AND is_high AS is_step
    FROM read_parquet($source) JOIN kinds USING (type) LEFT JOIN meanings USING (url)
),
parted AS (
    SELECT *, row_number() OVER by_lead AS place,
           coalesce(occurred_at - lag(occurred_at) OVER by_lead >= INTERVAL 30 MINUTE, true) AS is_first
    FROM events WINDOW by_lead AS (PARTITION BY lead ORDER BY occurred_at, event_id)
),
numbered AS (
    SELECT *, sum(is_first::INTEGER) OVER (PARTITION BY lead ORDER BY place ROWS UNBOUNDED PRECEDING) AS number
    FROM parted
),
sessions AS (
    SELECT lead, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS event_count,
           arg_min(event_id, place) AS first_id,
           list(DISTINCT page) FILTER (is_page_view) AS pages,
           arg_min(kind, place) AS first_kind, arg_max(kind, place) AS last_kind,
           arg_min(url_code, place) FILTER (is_page_view) AS first_url,
           arg_max(url_code, place) FILTER (is_page_view) AS last_url,
           sum(points) AS total_points, list(DISTINCT page) FILTER (is_content_view) AS content_pages,
           list(DISTINCT kind << 40 | coalesce(page, 0)) FILTER (is_step) AS steps, bit_or(1::BIGINT << kind) AS seen
    FROM numbered GROUP BY lead, number
),
combinations AS (
    SELECT seen, list(type ORDER BY type) AS types FROM (SELECT DISTINCT seen FROM sessions)
    JOIN kinds ON seen >> kind & 1 = 1 GROUP BY seen
),
judged AS (
    SELECT seen, list_filter(types, lambda t: t IN {GOALS}) AS goals, list_contains(types, 'purchase') AS converted,
           list_has_any(types, {list(DECISIVE_TYPES)}) AS decisive,
           list_has_any(types, {list(UNSUBSCRIBE_TYPES)}) OR types = ['email_open'] AS is_cold,
           len(list_filter(types, lambda t: NOT starts_with(t, 'email_') AND t NOT IN {UNSUBSCRIBE_TYPES})) = 0
               AS is_email_only
    FROM combinations
)
SELECT printf('sess_%x', hash(lead, first_id)) AS id, lead, started_at, ended_at,
       datediff('millisecond', started_at, ended_at) // 1000 AS duration, event_count,
       coalesce(len(pages), 0) AS page_count, first.type AS entry_point, last.type AS exit_point,
       entry.url AS entry_url, exit.url AS exit_url, total_points,
       CASE WHEN decisive OR coalesce(len(steps), 0) >= 2 THEN 'high'
            WHEN is_email_only AND is_cold THEN 'low'
            WHEN coalesce(len(content_pages), 0) >= 3 AND coalesce(len(steps), 0) = 0 THEN 'research'
            ELSE 'none' END AS intent,
       least(100, 9 * least(page_count, 4) + 8 * least(coalesce(len(steps), 0), 3)
             + 16 * decisive::INTEGER + 22 * converted::INTEGER) AS intent_score, converted, goals
FROM sessions JOIN judged USING (seen)
JOIN kinds AS first ON first.kind = first_kind JOIN kinds AS last ON last.kind = last_kind
LEFT JOIN meanings AS entry ON entry.url_code = first_url LEFT JOIN meanings AS exit ON exit.url_code = last_url
ORDER BY started_at, id
"""


def by_duckdb(source: Path, target: Path) -> None:
    """DuckDB: window functions and one aggregate."""
    query = _SESSIONS_SQL
    for name, value in {"source": str(source), "high": HIGH_PATHS, "content": CONTENT_PATHS}.items():
        query = query.replace(f"${name}", "'" + value.replace("'", "''") + "'")
    duckdb.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION snappy)")


def by_polars(source: Path, target: Path) -> None:
    """Polars: a sort, the number of the session by a running sum, and one group_by."""
    events = pl.scan_parquet(source).filter(~pl.col("type").is_in(PASSIVE))
    joined = events.join(_meanings(source), on="url", how="left").join(_kinds(source), on="type", how="left")
    is_other = pl.col("visitor_id") != pl.col("visitor_id").shift(1)
    is_later = pl.col("occurred_at").diff() >= pl.duration(minutes=30)
    ordered = joined.sort("visitor_id", "occurred_at", "event_id").with_columns(
        number=(is_other | is_later).fill_null(value=True).cum_sum().set_sorted()
    )
    sessions = ordered.group_by("number").agg(*_facts()).with_columns(*_judgements())
    columns = sessions.with_columns(intent=_intent(), intent_score=_score()).sort("started_at", "id").select(_COLUMNS)
    columns.collect().write_parquet(target, compression="snappy")


_COLUMNS = [
    *("id", "lead", "started_at", "ended_at", "duration", "event_count", "page_count", "entry_point", "exit_point"),
    *("entry_url", "exit_url", "total_points", "intent", "intent_score", "converted", "goals"),
]


def _meanings(source: Path) -> pl.LazyFrame:
    """What each distinct URL means."""
    path = pl.col("url").str.replace(_ORIGIN, "").str.replace(_REST, "")
    page = pl.col("url").str.extract(f"({_ORIGIN})").str.to_lowercase() + path.str.strip_chars_end("/")
    return (
        pl.scan_parquet(source)
        .select(pl.col("url").unique())
        .filter(pl.col("url") != "")
        .with_columns(
            page=page.rank("dense"), is_high=path.str.contains(HIGH_PATHS), is_content=path.str.contains(CONTENT_PATHS)
        )
    )


def _kinds(source: Path) -> pl.LazyFrame:
    """What each distinct type means: its number and, as bits, what a session with it is."""
    kind = pl.col("type")
    is_unsubscribe = kind.is_in(UNSUBSCRIBE_TYPES)
    marks = [
        *(kind == goal for goal in GOALS),
        kind.is_in(DECISIVE_TYPES),
        is_unsubscribe,
        ~(kind.str.starts_with("email_") | is_unsubscribe),
        kind != "email_open",
    ]
    return (
        pl.scan_parquet(source)
        .select(kind.unique())
        .with_columns(
            kind=kind.rank("dense").cast(pl.UInt32),
            is_view=kind == "page_view",
            is_high_type=kind.is_in(HIGH_TYPES),
            marks=pl.sum_horizontal(mark.cast(pl.UInt16) * (1 << bit) for bit, mark in enumerate(marks)).cast(
                pl.UInt16
            ),
        )
    )


def _facts() -> list[pl.Expr]:
    is_view = pl.col("is_view") & pl.col("page").is_not_null()
    is_step = pl.col("is_high_type") | (is_view & pl.col("is_high"))
    step = pl.col("kind").cast(pl.UInt64) * 2**32 + pl.col("page").fill_null(0)
    return [
        pl.col("visitor_id").first().alias("lead"),
        pl.col("event_id").first().alias("first_id"),
        pl.col("occurred_at").first().alias("started_at"),
        pl.col("occurred_at").last().alias("ended_at"),
        pl.len().cast(pl.Int64).alias("event_count"),
        pl.col("page").filter(is_view).n_unique().cast(pl.Int64).alias("page_count"),
        pl.col("type").first().alias("entry_point"),
        pl.col("type").last().alias("exit_point"),
        pl.col("url").filter(is_view).first().alias("entry_url"),
        pl.col("url").filter(is_view).last().alias("exit_url"),
        pl.col("points").cast(pl.Int64).sum().alias("total_points"),
        pl.col("page").filter(is_view & pl.col("is_content")).n_unique().alias("content_pages"),
        step.filter(is_step).n_unique().alias("steps"),
        pl.col("marks").bitwise_or().alias("marks"),
    ]


def _judgements() -> list[pl.Expr]:
    goals = [pl.when(_marked(bit)).then(pl.lit(goal)) for bit, goal in enumerate(GOALS)]
    return [
        pl.format("sess_{}", pl.struct("lead", "first_id").hash()).alias("id"),
        ((pl.col("ended_at") - pl.col("started_at")).dt.total_milliseconds() // 1000).alias("duration"),
        _marked(1).alias("converted"),
        pl.concat_list(goals).list.drop_nulls().alias("goals"),
    ]


def _marked(bit: int) -> pl.Expr:
    return (pl.col("marks") // (1 << bit)) % 2 == 1


def _intent() -> pl.Expr:
    return (
        pl.when(_marked(3) | (pl.col("steps") >= 2))
        .then(pl.lit("high"))
        .when(~_marked(5) & (_marked(4) | ~_marked(6)))
        .then(pl.lit("low"))
        .when((pl.col("content_pages") >= 3) & (pl.col("steps") == 0))
        .then(pl.lit("research"))
        .otherwise(pl.lit("none"))
    )


def _score() -> pl.Expr:
    views, steps = pl.col("page_count").clip(upper_bound=4), pl.col("steps").clip(upper_bound=3).cast(pl.Int64)
    score = 9 * views + 8 * steps + 16 * _marked(3).cast(pl.Int64) + 22 * _marked(1).cast(pl.Int64)
    return score.clip(upper_bound=100)
