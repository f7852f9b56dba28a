"""Names of events and sessions in a file or frame.

A session's id is derived as in `model.session`, with the site `default`, the sender `i:` + lead and the id of its
first event. A row without an id is named `row-`, 16 hex digits of XXH64 of its `ms NUL type NUL url`, `-`, and its
ordinal among the equal rows of its lead.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.frames.blocks import Numbers, gather, spans, spread
from sojourn.frames.breaks import Chain, order_by, settle_ties
from sojourn.frames.events import Coded, Events
from sojourn.frames.hashing import xxh64
from sojourn.model.identity import ID
from sojourn.model.session import ALPHABET, PREFIX

SITE = "default"
_LARGE = pa.large_string()
_LETTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
# Two letters of base32 for each ten bits: thirteen look-ups make an id.
_PAIRS = np.stack([np.repeat(_LETTERS, 32), np.tile(_LETTERS, 32)], axis=1).view(np.uint16).ravel()
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def tie_ranks(events: Events, rows: Numbers) -> Numbers:
    """Numbers that order rows of one lead and time: by id, bytewise; without ids as they lie in the file."""
    return rows.astype(np.int64) if events.ids is None else Coded(np.empty(0), event_ids(events, rows)).ranks()


def event_ids(events: Events, rows: Numbers) -> pa.Array:
    """The id of each row as a text; equal rows without an id all get the ordinal 0.

    Which of equal rows comes first changes nothing that is shown of a session, and the first event of a session
    is the first of its equals: only its ordinal is ever seen.
    """
    if events.ids is None:
        return _row_names(events, rows)
    ids = _joined(pc.take(events.ids, pa.array(rows)).cast(_LARGE))
    lacks = pc.fill_null(pc.equal(ids, ""), fill_value=True)
    unnamed = np.flatnonzero(lacks.to_numpy(zero_copy_only=False))
    return pc.replace_with_mask(ids, lacks, _row_names(events, rows[unnamed])) if len(unnamed) else ids


def _row_names(events: Events, rows: Numbers) -> pa.Array:
    ms = pa.array(events.ms[rows]).cast(_LARGE)
    contents = pc.binary_join_element_wise(
        ms, _texts_of(events.types, rows), _texts_of(events.urls, rows), pa.scalar("\0", _LARGE)
    )
    hashes = xxh64(contents)
    letters = np.empty((len(rows), 22), np.uint8)
    letters[:, :4] = np.frombuffer(b"row-", np.uint8)
    letters[:, 20:] = np.frombuffer(b"-0", np.uint8)
    for digit in range(16):
        letters[:, 19 - digit] = _HEX[(hashes >> np.uint64(4 * digit)) & np.uint64(15)]
    return _texts(letters)


def _texts_of(coded: Coded | None, rows: Numbers) -> pa.Array | pa.Scalar:
    if coded is None:
        return pa.scalar("", _LARGE)
    return coded.texts.take(pa.array(coded.codes[rows]))


def _texts(letters: Numbers) -> pa.Array:
    """Texts of one length from their bytes (uint8[n, length])."""
    count, length = letters.shape
    offsets = np.arange(count + 1, dtype=np.int64) * length
    return pa.Array.from_buffers(_LARGE, count, [None, pa.py_buffer(offsets), pa.py_buffer(letters)])


def _joined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column


class SessionKeys(NamedTuple):
    """What the ids of s sessions are made of: start in ms (int64[s]), bucket and tail (uint64[s])."""

    started: Numbers
    buckets: Numbers
    tails: Numbers

    def at(self, order: Numbers) -> "SessionKeys":
        return SessionKeys(*(gather(each, order) for each in self))


def session_keys(events: Events, chain: Chain) -> SessionKeys:
    """Derive the keys of the sessions, in the chain's order."""
    senders = pc.binary_join_element_wise(pa.scalar(f"{SITE}\0{ID}", _LARGE), events.leads.texts, pa.scalar("", _LARGE))
    leads = gather(chain.leads, chain.starts)
    tails = np.empty(len(leads), np.uint64)

    def fill(span: slice) -> None:
        names = event_ids(events, chain.rows[chain.starts[span]])
        named = senders.take(pa.array(leads[span]))
        tails[span] = xxh64(pc.binary_join_element_wise(named, names, pa.scalar("\0", _LARGE)))

    spread(fill, spans(len(leads)))
    buckets = gather(xxh64(senders) & np.uint64(0xFFFF), leads)
    return SessionKeys(gather(chain.ms, chain.starts), buckets, tails)


def start_order(keys: SessionKeys) -> Numbers:
    """Positions that sort sessions by (started_at, id)."""
    order = order_by(keys.started)
    in_order = gather(keys.started, order)
    is_tied = np.zeros(len(order), bool)
    is_tied[1:] = in_order[1:] == in_order[:-1]

    def ranks(members: Numbers) -> Numbers:
        placed = np.empty(len(members), np.int64)
        placed[np.lexsort((keys.tails[members], keys.buckets[members]))] = np.arange(len(members))
        return placed

    settle_ties(order, is_tied, ranks)
    return order


def encoded(keys: SessionKeys) -> pa.Array:
    """`sess_` and 26 letters for each 48 bits of start, 16 of bucket and 64 of tail."""
    return encoded_numbers(keys.started.astype(np.uint64) << np.uint64(16) | keys.buckets, keys.tails, PREFIX)


def encoded_numbers(upper: Numbers, lower: Numbers, prefix: str) -> pa.Array:
    """The prefix and 26 letters for each 128 bits, in two halves (uint64[n])."""
    letters = np.empty((len(upper), len(prefix) + 26), np.uint8)

    def fill(span: slice) -> None:
        pairs = np.empty((len(upper[span]), 13), np.uint16)
        for place in range(13):
            pairs[:, place] = _PAIRS[_ten_bits(upper[span], lower[span], 120 - 10 * place)]
        letters[span, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
        letters[span, len(prefix) :] = pairs.view(np.uint8)

    spread(fill, spans(len(upper)))
    return _texts(letters)


def _ten_bits(upper: Numbers, lower: Numbers, shift: int) -> Numbers:
    """Ten bits, from `shift` upwards, of the 128 bits in two halves."""
    if shift >= 64:
        bits = upper >> np.uint64(shift - 64)
    else:
        bits = lower >> np.uint64(shift)
        if shift > 54:
            bits |= upper << np.uint64(64 - shift)
    return bits & np.uint64(1023)
