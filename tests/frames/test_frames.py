"""The edges of sessions, what each column says, and the kinds of frames."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sojourn.errors import FileError, InvalidRequest
from sojourn.frames import sessionize, timeout_to_ms
from sojourn.frames.meanings import MOST
from sojourn.model.intent import HIGH_STEPS, RESEARCH_PAGES
from sojourn.model.session import decode_id, encode_id, session_number, started_ms_of

START = 1_777_457_672_000  # 2026-04-29T10:14:32Z
MINUTE = 60_000


def events(*rows: tuple[Any, ...], names: str = "lead time type url points id") -> pa.Table:
    """A table of the first columns of `names`."""
    columns = list(zip(*rows, strict=True))
    return pa.table(dict(zip(names.split(), map(list, columns), strict=False)))


def counts(table: pa.Table, **options: Any) -> list[int]:
    counted: list[int] = sessionize(table, lead="lead", time="time", **options).column("event_count").to_pylist()
    return counted


@pytest.mark.parametrize(("gap", "sessions"), [(30 * MINUTE - 1, [2]), (30 * MINUTE, [1, 1])])
def test_a_gap_of_the_timeout_itself_starts_a_session(gap: int, sessions: list[int]) -> None:
    assert counts(events(("ann", START), ("ann", START + gap))) == sessions


def test_leads_are_apart_and_a_session_may_be_endless() -> None:
    rows = [("ann", START + n * 29 * MINUTE) for n in range(200)] + [("bob", START + MINUTE)]
    assert counts(events(*rows)) == [200, 1]


def test_times_are_floored_to_the_millisecond_before_gaps_are_measured() -> None:
    stamps = pa.array([START * 1000 + 999, (START + 30 * MINUTE) * 1000], pa.timestamp("us"))
    assert counts(pa.table({"lead": ["ann", "ann"], "time": stamps})) == [1, 1]


def test_the_id_is_the_models() -> None:
    table = sessionize(events(("ann", START, "click", "/", 1, "e1")), lead="lead", time="time", id="id")
    name = table.column("id")[0].as_py()
    assert name == encode_id(session_number("default", "i:ann", "e1", START))
    number = decode_id(name)
    assert number is not None
    assert started_ms_of(number) == START


def test_passive_events_are_in_no_session_and_do_not_bridge_a_gap() -> None:
    table = events(
        ("ann", START, "click"),
        ("ann", START + 20 * MINUTE, "Email Sent"),
        ("ann", START + 40 * MINUTE, "click"),
    )
    assert counts(table, type="type") == [1, 1]
    answer = sessionize(table, lead="lead", time="time", type="type", per_event=True)
    assert answer.column("session_id").is_null().to_pylist() == [False, True, False]


def test_of_copies_the_earliest_stands_even_when_it_is_passive() -> None:
    table = events(
        ("ann", START + 1, "click", "/", 5, "x"),
        ("ann", START, "identify", "/", 7, "x"),
        ("bob", START, "click", "/", 3, "x"),
    )
    answer = sessionize(table, lead="lead", time="time", type="type", points="points", id="id")
    assert answer.column("lead").to_pylist() == ["bob"]
    assert answer.column("total_points").to_pylist() == [3]


def test_ties_are_settled_by_id_bytewise() -> None:
    table = events(
        ("ann", START, "click", "/", 0, "10"),
        ("ann", START, "purchase", "/", 0, "9"),
        ("ann", START, "form_submit", "/", 0, "1"),
    )
    row = sessionize(table, lead="lead", time="time", type="type", id="id").to_pylist()[0]
    assert (row["entry_point"], row["exit_point"]) == ("form_submit", "purchase")


def test_no_rows_no_sessions() -> None:
    empty = pa.schema([("lead", pa.string()), ("time", pa.int64()), ("type", pa.string()), ("url", pa.string())])
    table = sessionize(empty.empty_table(), lead="lead", time="time", type="type", url="url")
    assert table.num_rows == 0
    assert table.column_names[-2:] == ["converted", "goals"]


def test_without_types_every_row_with_a_url_is_a_page_view() -> None:
    table = pa.table({"lead": ["ann"] * 3, "time": [START] * 3, "url": ["/pricing", "/pricing/", None]})
    row = sessionize(table, lead="lead", time="time", url="url").to_pylist()[0]
    assert (row["page_count"], row["entry_url"], row["intent"]) == (1, "/pricing", "none")
    assert "converted" not in row


def test_leads_of_numbers_and_categories() -> None:
    times = [START, START]
    assert counts(pa.table({"lead": [7, 7], "time": times})) == [2]
    assert counts(pa.table({"lead": [7.0, 8.0], "time": times})) == [1, 1]
    # A dictionary from outside may name one text twice.
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["ann", "ann"]))
    assert counts(pa.table({"lead": twice, "time": times})) == [2]
    chunks = pa.table({"lead": pa.chunked_array([twice, twice]), "time": times * 2})
    assert counts(chunks) == [4]


def test_many_chunks_and_far_apart_times_need_no_special_care() -> None:
    rng = np.random.default_rng(3)
    times = rng.integers(0, 253_402_300_799_999, 5000)
    chunks = [pa.table({"lead": rng.integers(0, 9, 500).astype(str), "time": part}) for part in np.split(times, 10)]
    table = pa.concat_tables(chunks)
    assert sum(counts(table)) == 5000


@pytest.mark.parametrize("timeout", ["30m", "1800s", timedelta(minutes=30), 1_800_000])
def test_timeouts(timeout: Any) -> None:
    assert timeout_to_ms(timeout) == 1_800_000


@pytest.mark.parametrize("timeout", ["soon", "0m", 0, -1, 1.5, True, timedelta(microseconds=9)])
def test_unfit_timeouts(timeout: Any) -> None:
    with pytest.raises(InvalidRequest, match="timeout is"):
        timeout_to_ms(timeout)


PLAIN = {"lead": ["ann", "bob", "ann"], "time": [START, START, START + MINUTE], "type": ["click"] * 3}


def test_pandas_in_pandas_out() -> None:
    frame = pd.DataFrame(PLAIN, index=[5, 6, 7])
    sessions = sessionize(frame, lead="lead", time="time", type="type")
    assert isinstance(sessions, pd.DataFrame)
    assert sorted(sessions["lead"]) == ["ann", "bob"]
    assert sessions["started_at"][0] == datetime.fromtimestamp(START / 1000, UTC)
    each = sessionize(frame, lead="lead", time="time", per_event=True)
    assert list(each.index) == [5, 6, 7]
    assert each["session_id"][5] == each["session_id"][7] != each["session_id"][6]
    assert "session_id" not in frame


def test_pandas_times_of_every_kind() -> None:
    frame = pd.DataFrame(PLAIN)
    wanted = sessionize(frame, lead="lead", time="time").to_dict()
    moments = pd.to_datetime(frame["time"], unit="ms")
    for times in (moments, moments.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"), moments.astype(str)):
        assert sessionize(frame.assign(time=times), lead="lead", time="time").to_dict() == wanted
    objects = pd.Series([each.to_pydatetime() for each in moments], dtype=object)
    assert sessionize(frame.assign(time=objects), lead="lead", time="time").to_dict() == wanted


def test_polars_in_polars_out() -> None:
    frame = pl.DataFrame(PLAIN).with_columns(pl.col("lead").cast(pl.Categorical))
    sessions = sessionize(frame, lead="lead", time="time", type="type")
    assert isinstance(sessions, pl.DataFrame)
    assert sessions.schema["entry_point"] == pl.String
    assert sessions.schema["started_at"] == pl.Datetime("ms", "UTC")
    each = sessionize(frame, lead="lead", time="time", per_event=True)
    assert each.columns == [*frame.columns, "session_id"]


def test_output_is_written_as_well(tmp_path: Path) -> None:
    table = pa.table(PLAIN)
    answer = sessionize(table, lead="lead", time="time", type="type", output=tmp_path / "s.parquet")
    assert pa.parquet.read_table(tmp_path / "s.parquet").cast(answer.schema).equals(answer)
    for frame in (table, table.to_pandas(), pl.from_arrow(table)):
        sessionize(frame, lead="lead", time="time", per_event=True, output=tmp_path / "e.csv")
        assert "session_id" in (tmp_path / "e.csv").read_text().splitlines()[0]


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_unfit_rows_are_refused_by_number(make: Any) -> None:
    lacking = make({"lead": ["ann", None, None], "time": [START] * 3})
    with pytest.raises(InvalidRequest, match=r"2 of 3 rows have no lead in column lead; the first is row 2"):
        sessionize(lacking, lead="lead", time="time")
    timeless = make({"lead": ["ann", "bob"], "when": ["2026-04-29", None]})
    with pytest.raises(InvalidRequest, match=r"1 of 2 rows have no time in column when; the first is row 2"):
        sessionize(timeless, lead="lead", time="when")
    unread = make({"lead": ["ann", "bob"], "when": ["2026-04-29", "soon"]})
    with pytest.raises(InvalidRequest, match=r"when in row 2 is 'soon'"):
        sessionize(unread, lead="lead", time="when")
    empty = make({"lead": ["ann", ""], "time": [START] * 2})
    with pytest.raises(InvalidRequest, match="no lead"):
        sessionize(empty, lead="lead", time="time")


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame])
def test_unknown_columns_and_a_taken_name(make: Any) -> None:
    frame = make(PLAIN)
    with pytest.raises(InvalidRequest, match="events has no column nope; it has lead, time, type"):
        sessionize(frame, lead="nope", time="time")
    taken = make(PLAIN | {"session_id": [1, 2, 3]})
    with pytest.raises(InvalidRequest, match="session_id already"):
        sessionize(taken, lead="lead", time="time", per_event=True)


def test_unfit_values() -> None:
    frame = pd.DataFrame({"lead": ["ann", 7], "time": [START] * 2})
    with pytest.raises(InvalidRequest, match="lead mixes kinds of values"):
        sessionize(frame, lead="lead", time="time")
    with pytest.raises(InvalidRequest, match="points must be whole numbers"):
        sessionize(events(("ann", START, "x", "/", 1.5)), lead="lead", time="time", points="points")
    with pytest.raises(InvalidRequest, match=r"time in row 1 is -1; allowed is 1970 to 9999"):
        sessionize(events(("ann", -1)), lead="lead", time="time")
    with pytest.raises(InvalidRequest, match=r"lead is of type list.* make it text"):
        sessionize(pa.table({"lead": [["a"]], "time": [START]}), lead="lead", time="time")
    with pytest.raises(InvalidRequest, match="time is of type bool"):
        sessionize(pa.table({"lead": ["a"], "time": [True]}), lead="lead", time="time")
    with pytest.raises(InvalidRequest, match="events is a dict; allowed are"):
        sessionize(PLAIN, lead="lead", time="time")
    with pytest.raises(FileError, match="ending is not known"):
        sessionize(pa.table(PLAIN), lead="lead", time="time", output="x.xlsx")


def test_points_of_every_kind_add_up() -> None:
    for column in (
        [1, None, 4],
        [1.0, float("nan"), 4.0],
        ["1", "", " 4 "],
        pa.array([1, None, 4], pa.uint8()),
    ):
        table = pa.table({"lead": ["a"] * 3, "time": [START] * 3, "points": column})
        assert sessionize(table, lead="lead", time="time", points="points").column("total_points")[0].as_py() == 5


def test_counts_are_cut_well_above_what_intent_looks_at() -> None:
    assert max(HIGH_STEPS, RESEARCH_PAGES, 4) < MOST
