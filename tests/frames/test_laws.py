"""Whatever the rows, their order and their copies: `sessionize` says what the plain fold says."""

import random
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.frames import sessionize
from tests.frames.fold import Row, expected, fold

MINUTE = 60_000
TIMEOUT = 30 * MINUTE
COLUMNS: dict[str, Any] = {"lead": "lead", "time": "time", "type": "type", "url": "url", "points": "points"}

# Few values, so that ties, copies and gaps of exactly the timeout are the rule.
instants = st.builds(
    lambda steps, shift: 1_700_000_000_000 + steps * (TIMEOUT // 2) + shift,
    st.integers(0, 12),
    st.sampled_from([0, 0, -1, 1, 500]),
)
types = st.sampled_from(
    [
        *("page_view", "Page View", "click", "purchase", "Order Completed", "demo_request", "trial_signup"),
        *(
            "email_open",
            "email_unsubscribe",
            "email_sent",
            "identify",
            "form_submit",
            "begin_checkout",
            "",
            None,
        ),
    ]
)
urls = st.sampled_from(
    [
        *(
            "https://shop.example/a",
            "https://SHOP.example/a/",
            "/pricing",
            "/pricing?x=1",
            "/demo",
            "/blog/1",
        ),
        *("/blog/2", "https://x.example/docs/a", "https://x.example/docs/é", "", None, "/"),
    ]
)
rows_without_id = st.fixed_dictionaries(
    {
        "lead": st.sampled_from(["ann", "bob", "é", "a" * 40]),
        "time": instants,
        "type": types,
        "url": urls,
        "points": st.one_of(st.none(), st.integers(-5, 10)),
    }
)
ids = st.one_of(st.none(), st.sampled_from(["", "1", "10", "9", "e-2", "é", "Z" * 40]), st.integers(0, 99).map(str))
rows_with_id = st.builds(lambda row, name: row | {"id": name}, rows_without_id, ids)
timeouts = st.sampled_from([1, TIMEOUT // 2, TIMEOUT // 2 + 1, TIMEOUT, TIMEOUT + 1, 3 * TIMEOUT])

SCHEMA = pa.schema(
    [
        ("lead", pa.string()),
        ("time", pa.int64()),
        ("type", pa.string()),
        ("url", pa.string()),
        ("points", pa.int64()),
        ("id", pa.string()),
    ]
)


def table_of(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def sessions_of(rows: list[Row], timeout: int, **columns: str) -> list[Row]:
    table = sessionize(table_of(rows), timeout=timeout, **(COLUMNS | columns))
    instant = pa.timestamp("ms", "UTC")
    for place, field in enumerate(table.schema):
        if field.type == instant:
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    answer: list[Row] = table.to_pylist()
    return answer


@settings(max_examples=300)
@given(st.lists(rows_with_id, max_size=30), timeouts)
def test_equals_the_fold_with_ids(rows: list[Row], timeout: int) -> None:
    assert sessions_of(rows, timeout, id="id") == expected(rows, timeout)


@settings(max_examples=200)
@given(st.lists(rows_without_id, max_size=30), timeouts)
def test_equals_the_fold_without_ids(rows: list[Row], timeout: int) -> None:
    assert sessions_of(rows, timeout) == expected(rows, timeout)


@given(st.lists(rows_with_id, max_size=30), st.integers())
def test_neither_order_nor_copies_matter(rows: list[Row], seed: int) -> None:
    named = [row for row in rows if row["id"]]
    again = named + [row for row in named if row["points"]]
    random.Random(seed).shuffle(again)
    assert sessions_of(again, TIMEOUT, id="id") == sessions_of(named, TIMEOUT, id="id")


@given(st.lists(rows_without_id, max_size=30, unique_by=lambda row: (row["lead"], row["time"])), st.integers())
def test_order_does_not_matter_without_ids(rows: list[Row], seed: int) -> None:
    """Only events of one millisecond stand as they lie in the file: nothing else says which came first."""
    mixed = rows[:]
    random.Random(seed).shuffle(mixed)
    assert sessions_of(mixed, TIMEOUT) == sessions_of(rows, TIMEOUT)


@given(st.lists(rows_with_id, max_size=30), timeouts)
def test_each_event_knows_its_session(rows: list[Row], timeout: int) -> None:
    answer = sessionize(table_of(rows), timeout=timeout, per_event=True, id="id", **COLUMNS)
    assert answer.drop_columns("session_id") == table_of(rows)
    sessions = sessions_of(rows, timeout, id="id")
    known = {session["id"]: 0 for session in sessions}
    for name in answer.column("session_id").to_pylist():
        if name is not None:
            known[name] += 1
    assert known == {session["id"]: session["event_count"] for session in sessions}


@given(st.lists(rows_with_id, min_size=1, max_size=30), timeouts)
def test_rows_are_in_the_session_that_the_fold_puts_them_in(rows: list[Row], timeout: int) -> None:
    answer = sessionize(table_of(rows), timeout=timeout, per_event=True, id="id", **COLUMNS)
    names = answer.column("session_id").to_pylist()
    folded: list[Any] = [None] * len(rows)
    for number, session in enumerate(fold(rows, timeout)):
        for row in session:
            folded[row["place"]] = number
    assert [name is None for name in names] == [number is None for number in folded]
    pairs = {pair for pair in zip(names, folded, strict=True) if pair[0]}
    assert len(pairs) == len({name for name, _ in pairs}) == len({number for _, number in pairs})


@given(st.lists(rows_without_id, max_size=20))
def test_fewer_columns_change_nothing_in_those_that_are_left(rows: list[Row]) -> None:
    named = [row | {"id": str(place)} for place, row in enumerate(rows) if row["type"] not in PASSIVE_SPELT]
    whole = sessions_of(named, TIMEOUT, id="id")
    bare = sessionize(table_of(named), lead="lead", time="time", id="id")
    assert bare.column_names == ["id", "lead", "started_at", "ended_at", "duration", "event_count"]
    for name in ("id", "lead", "duration", "event_count"):
        assert bare.column(name).to_pylist() == [session[name] for session in whole]


PASSIVE_SPELT = ("email_sent", "identify")


def test_many_rows_equal_the_fold() -> None:
    """More rows than a block holds, in no order, with copies and long sessions."""
    chance = random.Random(5)
    rows = [
        {
            "lead": f"l{min(chance.randrange(60), 30)}",
            "time": 1_700_000_000_000 + chance.randrange(40_000) * 50_000,
            "type": chance.choice(["page_view", "click", "purchase", "email_open", "identify", None]),
            "url": chance.choice([None, "/pricing", "/blog/1", "/blog/2", "https://x.example/docs"]),
            "points": chance.randrange(9),
            "id": chance.choice([None, str(number), str(chance.randrange(150_000))]),
        }
        for number in range(150_000)
    ]
    assert sessions_of(rows, 30 * MINUTE, id="id") == expected(rows, 30 * MINUTE)
