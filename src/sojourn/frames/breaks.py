"""The order of events within their leads, and where their sessions begin.

Sorting is a radix sort with wide digits: a digit of the key and the row's position are packed into one 64-bit
number, and plain `np.sort` of such numbers is several times faster than any `argsort`. Keys that leave no room
for the position are taken digit by digit, the lowest first, so any number of leads and any span of time fits.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sojourn.frames.blocks import Numbers, gather, spans, spread

Ranks = Callable[[Numbers], Numbers]
_WIDE = 1 << 20


class Chain(NamedTuple):
    """The active events in order and their sessions: n events, s sessions.

    rows: the rows of the events, ordered by lead, time and tie (uint32 or int64[n]); leads, ms: the code of the
    lead and the time of each (n); starts: where in them each session begins (int64[s]).
    """

    rows: Numbers
    leads: Numbers
    ms: Numbers
    starts: Numbers

    @property
    def ends(self) -> Numbers:
        """Where each session ends: one past its last event (int64[s])."""
        return np.append(self.starts[1:], len(self.rows))


def chain(leads: Numbers, ms: Numbers, rows: Numbers | None, ranks: Ranks, timeout_ms: int) -> Chain:
    """Order all events, or those of the given rows (ascending), and find where sessions begin.

    leads: dense codes, ms: times, both of every row; `ranks` gives numbers by which rows of one lead and time
    are ordered. A gap equal to or longer than the timeout starts a new session.
    """
    if rows is not None:
        leads, ms = gather(leads, rows), gather(ms, rows)
    order = order_by(leads, order_by(ms))
    in_leads, in_ms = gather(leads, order), gather(ms, order)
    if rows is not None:
        order = gather(rows, order)
    is_first, is_tied = _neighbours(in_leads, in_ms, timeout_ms)
    settle_ties(order, is_tied, ranks)
    return Chain(order, in_leads, in_ms, np.flatnonzero(is_first))


def _neighbours(leads: Numbers, ms: Numbers, timeout_ms: int) -> tuple[Numbers, Numbers]:
    """Whether each event starts a session, and whether it is tied with the one before it (bool[n] each)."""
    is_first, is_tied = np.ones(len(ms), bool), np.zeros(len(ms), bool)

    def fill(span: slice) -> None:
        now, before = slice(span.start + 1, span.stop + 1), span
        is_other = leads[now] != leads[before]
        gaps = ms[now] - ms[before]
        is_first[now] = is_other | (gaps >= timeout_ms)
        is_tied[now] = ~is_other & (gaps == 0)

    spread(fill, spans(max(len(ms) - 1, 0), _WIDE))
    return is_first, is_tied


def order_by(keys: Numbers, order: Numbers | None = None) -> Numbers:
    """Positions that sort `keys` (integers within a range of 63 bits), ties kept as in `order`, or as they lie."""
    count = len(keys)
    if order is not None:
        keys = gather(keys, order)
    if is_ascending(keys):
        return _positions(count) if order is None else order
    lowest = keys.min()
    room = 64 - (count - 1).bit_length()
    placed = _sort_digit(keys, lowest, 0, room)
    order = placed if order is None else gather(order, placed)
    for shift in range(room, (int(keys.max()) - int(lowest)).bit_length(), room):
        keys = gather(keys, placed)
        placed = _sort_digit(keys, lowest, shift, room)
        order = gather(order, placed)
    return order


def is_ascending(keys: Numbers) -> bool:
    """Whether no key is smaller than the one before it."""
    return all(
        bool((keys[span.start + 1 : span.stop + 1] >= keys[span]).all()) for span in spans(max(len(keys) - 1, 0), _WIDE)
    )


def _positions(count: int) -> Numbers:
    return np.arange(count, dtype=np.uint32 if count < 1 << 32 else np.int64)


def _sort_digit(keys: Numbers, lowest: np.integer, shift: int, room: int) -> Numbers:
    """Positions that sort `room` bits of keys - lowest above `shift`, stable."""
    places = np.uint64(64 - room)
    packed = np.empty(len(keys), np.uint64)

    def pack(span: slice) -> None:
        digit = (keys[span] - lowest).astype(np.uint64) >> np.uint64(shift)
        packed[span] = digit << places | np.arange(span.start, span.stop, dtype=np.uint64)

    spread(pack, spans(len(keys)))
    packed.sort()
    placed = _positions(len(keys))

    def unpack(span: slice) -> None:
        placed[span] = packed[span] & np.uint64((1 << int(places)) - 1)

    spread(unpack, spans(len(keys)))
    return placed


def settle_ties(order: Numbers, is_tied: Numbers, ranks: Ranks) -> None:
    """Reorder in place by rank each run of `order` whose members are tied with the one before them (bool[n])."""
    if not is_tied.any():
        return
    tied = is_tied.copy()
    tied[:-1] |= is_tied[1:]
    places = np.flatnonzero(tied)
    members = order[places]
    order[places] = members[np.lexsort((ranks(members), np.cumsum(~is_tied[places])))]
