"""Whole files and frames of events to sessions, in memory and without a store.

| column of a session | type | there with |
|---|---|---|
| id, lead | text | always |
| started_at, ended_at | UTC, ms | always |
| duration (seconds, floored), event_count | integer | always |
| page_count | integer | url |
| entry_point, exit_point | text or null | type |
| entry_url, exit_url | text or null | url |
| total_points | integer | points |
| intent, intent_score | text, integer | type or url |
| converted, goals | boolean, list of text | type |

Without a type column every row with a URL is a page view. An id counts once per lead: of copies that differ the
one with the smallest (time, type, url, points) stands, texts compared bytewise. Events of one lead and millisecond
are in the order of their ids, bytewise; without ids as they lie in the file. Passive types (e-mails sent,
identify …) are in no session.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sojourn.errors import InvalidRequest
from sojourn.frames.blocks import Numbers
from sojourn.frames.breaks import Chain, chain
from sojourn.frames.columns import session_tables
from sojourn.frames.copies import superseded
from sojourn.frames.events import Events, Names, events_of
from sojourn.frames.ids import SessionKeys, encoded, session_keys, tie_ranks
from sojourn.frames.meanings import is_passive
from sojourn.frames.sources import source_of
from sojourn.frames.write import check_ending, write_tables
from sojourn.model.instant import MILLISECOND, parse_duration

__all__ = ["sessionize"]


def sessionize(
    events: Any,
    *,
    lead: str,
    time: str,
    type: str | None = None,  # noqa: A002 - the contract's name
    url: str | None = None,
    points: str | None = None,
    id: str | None = None,  # noqa: A002 - the contract's name
    timeout: str | timedelta | int = "30m",
    per_event: bool = False,
    output: str | Path | None = None,
) -> Any:
    """The sessions of the events, one row each, ordered by (started_at, id); as the kind of table that came in.

    events: a pandas or Polars DataFrame, a pyarrow Table, or the path of a CSV, JSON Lines or Parquet file, also
    with .gz behind it (then a pyarrow Table is returned). In Arrow answers repeated texts are dictionary-encoded.
    lead … id name its columns; times are ISO 8601 text (no zone: UTC), epoch milliseconds, timestamps or dates.
    A gap equal to or longer than the timeout ("30m", a timedelta, or milliseconds) starts a new session.
    per_event: return the events instead, in their order, with one more column `session_id`, null for passive ones
    and for copies that do not count. output: where to write the answer as well: Parquet, CSV or JSON Lines.

    Raises InvalidRequest for parameters and rows that cannot be taken (a row without lead or time among them), and
    FileError for files that cannot be read or written.
    """
    names = Names(lead=lead, time=time, type=type, url=url, points=points, id=id)
    timeout_ms = timeout_to_ms(timeout)
    target = None if output is None else Path(output)
    if target is not None:
        check_ending(target)
    source = source_of(events)
    reader = source.reader(list(names.given().values()), names.repeated())
    if per_event:
        return source.with_session_ids(_ids_by_row(events_of(reader, names), timeout_ms), target)
    tables = _sessions(events_of(reader, names), timeout_ms)
    return source.give(pa.concat_tables(tables) if target is None else write_tables(tables, target))


def timeout_to_ms(timeout: str | timedelta | int) -> int:
    """Milliseconds of `30m` and the like, of a timedelta, or of an integer of them. Raises InvalidRequest."""
    if isinstance(timeout, str):
        milliseconds = parse_duration(timeout, "timeout")
    elif isinstance(timeout, timedelta):
        milliseconds = timeout // MILLISECOND
    elif isinstance(timeout, int) and not isinstance(timeout, bool):
        milliseconds = timeout
    else:
        raise InvalidRequest(f"timeout is {timeout!r}; allowed are 30m and the like, a timedelta, or milliseconds.")
    if milliseconds <= 0:
        raise InvalidRequest(f"timeout is {timeout!r}; it must be longer than nothing.")
    return milliseconds


def _active(events: Events) -> Numbers | None:
    """The rows (ascending) that can be in a session; None when all can."""
    counts = np.ones(len(events.ms), bool)
    counts[superseded(events)] = False
    events.id_hashes = None
    if events.types is not None:
        passive = is_passive(events.types)
        if passive.any():
            counts &= ~passive[events.types.codes]
    return None if counts.all() else np.flatnonzero(counts)


def _linked(rows: Events, timeout_ms: int) -> tuple[Chain, SessionKeys]:
    linked = chain(rows.leads.codes, rows.ms, _active(rows), lambda ties: tie_ranks(rows, ties), timeout_ms)
    return linked, session_keys(rows, linked)


def _sessions(rows: Events, timeout_ms: int) -> Iterator[pa.Table]:
    linked, keys = _linked(rows, timeout_ms)
    # The ids are the largest column, and have done their part: their room is needed for the sessions.
    rows.forget_ids()
    return session_tables(rows, linked, keys)


def _ids_by_row(rows: Events, timeout_ms: int) -> pa.Array:
    """Give the session id of each row, null for rows in none."""
    linked, keys = _linked(rows, timeout_ms)
    session = np.full(len(rows.ms), -1)
    session[linked.rows] = np.repeat(np.arange(len(linked.starts)), linked.ends - linked.starts)
    return encoded(keys).take(pa.array(session, mask=session < 0))
