"""Events in order over a table that stays as it lies: the same as the table sorted."""

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sojourn.frames.rows import Rows

Row = tuple[str, int, str, str, float | None]
events = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ä", ""]),
        st.integers(0, 3),
        st.text("xyz", max_size=2),
        st.sampled_from(["v:1", "v:2", "i:1"]),
        st.none() | st.floats(0, 9),
    ),
    max_size=30,
    unique_by=lambda row: (row[0], row[2], row[3]),
)


def table(rows: list[Row]) -> pa.Table:
    names = ("lead", "occurred_at", "event_id", "sender", "value")
    kinds = (pa.string(), pa.int64(), pa.string(), pa.string(), pa.float64())
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    arrays: list[Any] = [pa.array(list(column), kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


@given(events)
def test_they_are_read_in_the_order_of_lead_time_id_and_sender(rows: list[Row]) -> None:
    by_code: dict[str, int] = {}
    for row in rows:
        by_code.setdefault(row[0], len(by_code))  # a lead's rows are together; which lead is first says nothing
    wanted = sorted(rows, key=lambda row: (by_code[row[0]], row[1], row[2].encode(), row[3].encode()))
    found = Rows.by_lead(table(rows))
    assert len(found) == len(rows)
    leads = found.coded("lead")
    assert [leads.texts[code].as_py() for code in leads.codes] == [row[0] for row in wanted]
    assert found.numbers("occurred_at").tolist() == [row[1] for row in wanted]
    assert found.is_given("value").tolist() == [row[4] is not None for row in wanted]
    places = np.arange(len(rows))[::2]
    assert found.at("event_id", places).to_pylist() == [row[2] for row in wanted[::2]]
    assert found.at("sender", places).to_pylist() == [row[3] for row in wanted[::2]]


def test_without_an_order_they_are_as_the_table_lies() -> None:
    rows: list[Row] = [("b", 5, "x", "v", 1.0), ("a", 3, "y", "v", None)]
    found = Rows(table(rows))
    assert found.numbers("occurred_at").tolist() == [5, 3]
    assert found.at("lead", np.array([1])).to_pylist() == ["a"]
    assert found.at("lead", np.array([], np.int64)).to_pylist() == []
