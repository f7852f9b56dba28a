"""Lists of sessions as columns, stretch by stretch, for files of any length in constant memory."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.errors import InvalidRequest
from sojourn.frames.ids import encoded_numbers
from sojourn.model.identity import ACCOUNT_PREFIX, LEAD_PREFIX
from sojourn.model.session import PREFIX, started_ms_of
from sojourn.model.site import DAY_MS, Site, oldest_kept
from sojourn.pipeline.sites import Sites
from sojourn.reports import filters as filter_table
from sojourn.reports.sessions import Question, with_window
from sojourn.sql import sql
from sojourn.store.engine import Engine

ROWS_AT_ONCE = 100_000
MAX_EXPORT = 1_000_000
MINUTE_MS = 60_000
FIRST_SPAN_MS, LONGER = 4 * DAY_MS, 16
_INSTANTS = ("started_at", "ended_at", "updated_at")
_IDS = {"id": ("number", PREFIX), "lead_id": ("lead", LEAD_PREFIX), "account_id": ("account", ACCOUNT_PREFIX)}
INSTANT = pa.timestamp("ms", "UTC")
Window = tuple[int, int]


class Exports:
    def __init__(self, engine: Engine, sites: Sites) -> None:
        self._engine = engine
        self._sites = sites

    def tables(self, site_id: str, question: Question, limit: int | None, now_ms: int) -> Iterator[pa.Table]:
        """The sessions that the question chooses, in the list's order, in tables of about 100,000 rows.

        Raises Unavailable when the site's sessions were built anew meanwhile: what is left would be of another build.
        Raises InvalidRequest when they were since the page before, whose cursor says of which build it was.
        """
        return self._sites.stream(site_id, lambda site: self._tables(site, site_id, question, limit, now_ms))

    def _tables(
        self, site: Site, site_id: str, question: Question, limit: int | None, now_ms: int
    ) -> Iterator[pa.Table]:
        if question.after is not None and question.after.generation not in (None, site.generation):
            raise InvalidRequest("cursor is of sessions that were built anew since; begin the file again.")
        filters = with_window(question, now_ms)
        edge = question.after.number if question.after is not None else None
        filters["from"] = max(filters["from"], oldest_kept(site, now_ms))
        filters["to"] = filters["to"] if edge is None else min(filters["to"], started_ms_of(edge) + 1)
        place = {"site_id": site_id, "generation": site.generation, "now_ms": now_ms}
        place |= {"timeout_ms": site.session_timeout_ms, "oldest": oldest_kept(site, now_ms)}
        left = limit if limit is not None else 1 << 62
        windows = self._windows(place, filters)
        with ThreadPoolExecutor(1) as ahead:

            def begun() -> Future[pa.Table] | None:
                window = next(windows, None)
                return ahead.submit(self._stretch, place, filters, question, window) if window is not None else None

            reading = begun()
            while left > 0 and reading is not None:
                rows = reading.result()
                # Read while whoever asked takes this one.
                reading = begun() if left - rows.num_rows > 0 else None
                yield presented(rows.slice(0, left))
                left -= rows.num_rows

    def _windows(self, place: dict[str, Any], filters: dict[str, Any]) -> Iterator[Window]:
        """Windows that together are what is asked, newest first, of about ROWS_AT_ONCE rows each. Rows are counted in
        ever longer spans, since who asks for a page asks for no more.
        """
        last, count = filters["to"], 0
        until, length = last, FIRST_SPAN_MS
        while until > filters["from"]:
            since = max(filters["from"], (until - length) // MINUTE_MS * MINUTE_MS)
            span = {"f_from": since, "f_to": until}
            for minute, rows in self._engine.query(sql("session.by_minute"), {**place, **span}):
                count += int(rows)
                if count >= ROWS_AT_ONCE:
                    first = max(filters["from"], int(minute) * MINUTE_MS)
                    yield first, last
                    last, count = first, 0
            until, length = since, LONGER * length
        # One at least: a file without rows has its columns all the same.
        if last > filters["from"] or not count:
            yield filters["from"], last

    def _stretch(self, place: dict[str, Any], filters: dict[str, Any], question: Question, window: Window) -> pa.Table:
        wanted = {**filters, "from": window[0], "to": window[1]}
        if question.leads is not None:
            wanted["lead_id"] = list(question.leads)
        texts, parameters = filter_table.conditions(wanted, place["site_id"], question.segments)
        if question.after is not None:
            texts.append("number < {edge:UInt128}")
            parameters["edge"] = question.after.number
        texts += filter_table.by_key(wanted)
        text = sql("session.export").replace("/* filters */", " AND ".join(texts))
        rows = self._engine.arrow(text, {**place, **parameters})
        # The engine sorts wide rows five times as slowly as it reads them. A session's number begins with its start.
        order = np.lexsort((rows["number_lower"].to_numpy(), rows["number_upper"].to_numpy()))
        return rows.take(pa.array(order[::-1]))


def presented(rows: pa.Table) -> pa.Table:
    """The columns of `session.export.sql` as the list shows them: ids as texts, instants as such, '' as null."""
    columns: dict[str, Any] = {}
    for name, (column, prefix) in _IDS.items():
        upper, lower = (rows[f"{column}_{half}"].to_numpy() for half in ("upper", "lower"))
        lacks = (upper == 0) & (lower == 0)
        ids = encoded_numbers(upper, lower, prefix)
        columns[name] = pc.if_else(pa.array(~lacks), ids, pa.scalar(None, ids.type)) if lacks.any() else ids
    for name in rows.column_names:
        if not name.endswith(("_upper", "_lower")):
            columns[name] = _shown(name, rows[name])
    order = ["id", "lead_id", "lead", "account_id"]
    return pa.table({name: columns[name] for name in [*order, *(name for name in columns if name not in order)]})


def _shown(name: str, column: pa.ChunkedArray) -> Any:
    if name in _INSTANTS:
        return column.cast(INSTANT)
    if pa.types.is_dictionary(column.type):
        return pa.chunked_array([_without_empty(chunk) for chunk in column.chunks], column.type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    return column


def _without_empty(texts: pa.DictionaryArray) -> pa.DictionaryArray:
    """With null for ''. To keep the dictionaries spares writing each text of each row."""
    empty = pc.index(texts.dictionary, "").as_py()
    if empty < 0:
        return texts
    indices = texts.indices
    kept = pc.if_else(pc.equal(indices, pa.scalar(empty, indices.type)), pa.scalar(None, indices.type), indices)
    return pa.DictionaryArray.from_arrays(kept, texts.dictionary)


def texts_of(table: pa.Table) -> pa.Table:
    """The same as texts, for CSV: instants as the API writes them, goals behind one another, true and false."""
    columns = []
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = _iso(column)
        elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
        elif pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        columns.append(column)
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _iso(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`…32Z`, with `.mmm` only when it is not zero."""
    ms = column.cast(pa.int64())
    whole = pc.strftime(column.cast(pa.timestamp("s", "UTC"), safe=False), "%Y-%m-%dT%H:%M:%S")
    rest = np.asarray(ms.to_numpy()) % 1000
    if not rest.any():
        return pc.binary_join_element_wise(whole, "Z", "")
    shown = pa.array([f".{each:03d}Z" if each else "Z" for each in rest.tolist()])
    return pc.binary_join_element_wise(whole, shown, "")
