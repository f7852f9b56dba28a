"""Repeated ids: of the copies of an event only one stands.

Copies can lie anywhere in a file and differ in everything but lead and id. A 32-bit hash of (lead, id) per row,
sorted, tells which rows can have a copy at all, usually very few; only these are compared exactly.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.frames.blocks import Numbers, spans, spread
from sojourn.frames.events import Coded, Events

_MIX = np.uint64(0x9E3779B97F4A7C15)
_TABLE_BITS = 24


def superseded(events: Events) -> Numbers:
    """The rows (ascending) that do not count, since another row of the lead has the same id and stands.

    The one that stands has the smallest (time, type, url, points), types normalised, texts compared bytewise;
    of equal ones the first row. Rows with a null or empty id have no copies.
    """
    if events.ids is None or events.id_hashes is None or len(events.ms) < 2:
        return np.empty(0, np.int64)
    rows = _suspects(_mixed(events.id_hashes, events.leads.codes))
    ids = pc.take(events.ids, pa.array(rows))
    is_named = pc.fill_null(pc.not_equal(ids, ""), fill_value=False).to_numpy()
    if not is_named.all():
        rows, ids = rows[is_named], ids.filter(pa.array(is_named))
    return np.sort(_later_copies(events, rows, ids))


def _mixed(hashes: Numbers, leads: Numbers) -> Numbers:
    """32 bits (uint32[n]) that are equal for rows of equal lead and id."""
    mixed = np.empty(len(hashes), np.uint32)

    def fill(span: slice) -> None:
        product = (hashes[span] | leads[span].astype(np.uint64) << np.uint64(32)) * _MIX
        mixed[span] = (product ^ product >> np.uint64(29)) * _MIX >> np.uint64(32)

    spread(fill, spans(len(hashes)))
    return mixed


def _suspects(hashes: Numbers) -> Numbers:
    """Rows whose hash is not alone (ascending)."""
    ordered = np.sort(hashes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated):
        return np.empty(0, np.int64)
    shift = np.uint32(32 - _TABLE_BITS)
    table = np.zeros(1 << _TABLE_BITS, bool)
    table[repeated >> shift] = True

    def find(span: slice) -> Numbers:
        # Most rows are out by a table small enough for the cache, and only the others are looked for.
        rows = np.flatnonzero(table[hashes[span] >> shift]) + span.start
        near = np.searchsorted(repeated, hashes[rows]) % len(repeated)
        found: Numbers = rows[repeated[near] == hashes[rows]]
        return found

    return np.concatenate(spread(find, spans(len(hashes))))


def _later_copies(events: Events, rows: Numbers, ids: pa.ChunkedArray) -> Numbers:
    """Those of the rows that are not the first of their lead and id by time and content."""
    names = pa.concat_arrays(ids.chunks or [pa.array([], ids.type)]).dictionary_encode().indices.to_numpy()
    leads = events.leads.codes[rows]
    order = np.lexsort((*content_keys(events, rows), events.ms[rows], names, leads))
    names, leads = names[order], leads[order]
    is_copy = np.zeros(len(rows), bool)
    is_copy[1:] = (names[1:] == names[:-1]) & (leads[1:] == leads[:-1])
    return rows[order[is_copy]]


def content_keys(events: Events, rows: Numbers) -> list[Numbers]:
    """Numbers that order the rows by (type, url, points), for `lexsort`: the least significant first."""
    keys = [] if events.points is None else [events.points[rows]]
    keys += [_ranks_of(coded, rows) for coded in (events.urls, events.types) if coded is not None]
    return keys


def _ranks_of(coded: Coded, rows: Numbers) -> Numbers:
    return coded.ranks()[coded.codes[rows]]
