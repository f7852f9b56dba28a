"""Which shard has a bucket."""

import pytest

from sojourn.app import Sojourn
from sojourn.store.sharding import SHARDED_BY, sharded_by

BUCKETS = "SELECT toUInt16(number) AS bucket FROM numbers(65536)"


@pytest.mark.parametrize("weight", [1, 2, 3, 7, 300, 65_535])
def test_each_share_is_a_stretch_of_buckets_as_long_as_the_others(app: Sojourn, weight: int) -> None:
    rows = app.engine.query(
        f"SELECT {sharded_by('events', weight)} AS slot, min(bucket), max(bucket), count() FROM ({BUCKETS})"
        " GROUP BY slot ORDER BY slot"
    )
    assert [slot for slot, *_ in rows] == list(range(weight))
    assert all(last - first + 1 == count for _, first, last, count in rows)
    assert {count for *_, count in rows} <= {65_536 // weight, 65_536 // weight + 1}


@pytest.mark.parametrize("weight", [1, 2, 3, 7, 300])
def test_a_session_lies_where_the_events_of_its_bucket_do(app: Sojourn, weight: int) -> None:
    number = "bitShiftLeft(toUInt128(1780000000000), 80) + bitShiftLeft(toUInt128(bucket), 64) + 12345 AS number"
    apart = f"{sharded_by('sessions', weight)} != {sharded_by('events', weight)}"
    rows = app.engine.query(f"SELECT countIf({apart}), count() FROM (SELECT bucket, {number} FROM ({BUCKETS}))")
    assert rows == [(0, 65_536)]


def test_all_else_lies_as_before() -> None:
    for table, by in SHARDED_BY.items():
        assert sharded_by(table, None) == by
        assert (sharded_by(table, 2) == by) == (table not in ("events", "sessions", "leaving"))
