"""The columns of sessions: everything that is known of them from the events in their chain."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.frames.blocks import BLOCK_ROWS, Numbers, pick, spans, spread, stream
from sojourn.frames.breaks import Chain
from sojourn.frames.events import Coded, Events
from sojourn.frames.ids import SessionKeys, encoded, start_order
from sojourn.frames.meanings import (
    ALL_GOALS,
    CONTENT_PAGE,
    CONVERTING,
    GOAL_TYPES,
    HAS_PAGE,
    HIGH,
    HIGH_PAGE,
    VIEW,
    Intents,
    Meanings,
    intents,
    meanings_of,
)

INSTANT = pa.timestamp("ms", "UTC")
NONE = -1
TABLE_ROWS = 1 << 18
# The goals reached, by their flags. No Arrow array: to make the first one imports pandas where there is one.
GOAL_LISTS = [[goal for bit, goal in enumerate(GOAL_TYPES) if flags >> bit & 1] for flags in range(ALL_GOALS + 1)]


class Contents(NamedTuple):
    """What is in each of s sessions; the first three count distinct things (int32[s]).

    flags: those of its types, joined (uint16[s]); points: their sum (int64[s]); entry_urls, exit_urls: the codes of
    the first and last page view's URL, NONE where there is none (int32[s]).
    """

    pages: Numbers
    content_pages: Numbers
    steps: Numbers
    flags: Numbers
    points: Numbers
    entry_urls: Numbers
    exit_urls: Numbers


def session_tables(events: Events, chain: Chain, keys: SessionKeys) -> Iterator[pa.Table]:
    """Make a row for each session, ordered by (started_at, id), in tables of TABLE_ROWS.

    Repeated texts are dictionary-encoded. The next tables are made while the caller works on one.
    """
    contents = contents_of(events, chain)
    intent = intents(contents.flags, *contents[:3])
    order, ends = start_order(keys), chain.ends

    def make(span: slice) -> pa.Table:
        part = order[span]
        columns = {"id": encoded(keys.at(part)), "lead": _leads(events, chain, part)}
        columns |= _extent(chain, ends, part) | _points_and_pages(events, chain, contents, ends, part)
        return pa.table(columns | _judged(events, contents, intent, part))

    return stream(make, list(spans(len(order), TABLE_ROWS)) or [slice(0, 0)])


def _leads(events: Events, chain: Chain, part: Numbers) -> pa.Array:
    return events.leads.texts.take(pa.array(pick(chain.leads, pick(chain.starts, part))))


def _extent(chain: Chain, ends: Numbers, part: Numbers) -> dict[str, pa.Array]:
    """When the sessions at the positions `part` were, and how long."""
    firsts, lasts = pick(chain.starts, part), pick(ends, part) - 1
    started, ended = pick(chain.ms, firsts), pick(chain.ms, lasts)
    return {
        "started_at": pa.array(started).cast(INSTANT),
        "ended_at": pa.array(ended).cast(INSTANT),
        "duration": pa.array((ended - started) // 1000),
        "event_count": pa.array(lasts - firsts + 1),
    }


def _points_and_pages(
    events: Events, chain: Chain, contents: Contents, ends: Numbers, part: Numbers
) -> dict[str, pa.Array]:
    """How the sessions at the positions `part` began and ended, and what was in them."""
    columns = {}
    if events.urls:
        columns["page_count"] = pa.array(pick(contents.pages, part).astype(np.int64))
    if events.types:
        firsts, lasts = pick(chain.starts, part), pick(ends, part) - 1
        columns["entry_point"] = _texts_of(events.types, pick(events.types.codes, pick(chain.rows, firsts)))
        columns["exit_point"] = _texts_of(events.types, pick(events.types.codes, pick(chain.rows, lasts)))
    if events.urls:
        columns["entry_url"] = _texts_of(events.urls, pick(contents.entry_urls, part))
        columns["exit_url"] = _texts_of(events.urls, pick(contents.exit_urls, part))
    if events.points is not None:
        columns["total_points"] = pa.array(pick(contents.points, part))
    return columns


def _judged(events: Events, contents: Contents, intent: Intents, part: Numbers) -> dict[str, pa.Array]:
    """What the sessions at the positions `part` were for."""
    if events.types is None and events.urls is None:
        return {}
    columns = {
        "intent": pa.DictionaryArray.from_arrays(pick(intent.codes, part), intent.names),
        "intent_score": pa.array(pick(intent.scores, part)),
    }
    if events.types:
        flags = pick(contents.flags, part)
        columns["converted"] = pa.array(flags & CONVERTING != 0)
        columns["goals"] = pa.array(GOAL_LISTS, pa.list_(pa.string())).take(pa.array(flags & ALL_GOALS))
    return columns


def _texts_of(coded: Coded, codes: Numbers) -> pa.Array:
    """Texts by code as a dictionary array; NONE and the empty text are null."""
    empty = pc.index(coded.texts, "").as_py()  # -1, which is NONE, when it is not among them
    lacks = (codes == NONE) | (codes == empty)
    indices = pa.array(codes.astype(np.int32), mask=lacks if lacks.any() else None)
    return pa.DictionaryArray.from_arrays(indices, coded.texts)


def contents_of(events: Events, chain: Chain) -> Contents:
    """What is in the sessions of the chain, in its order."""
    if events.types is None and events.urls is None and events.points is None:
        return _empty(0)
    contents = _empty(len(chain.starts))
    meanings = meanings_of(events)

    def fill(sessions: slice) -> None:
        block = _block(events, meanings, chain, sessions)
        for whole, part in zip(contents, block, strict=True):
            whole[sessions] = part

    spread(fill, _session_spans(chain))
    return contents


def _empty(count: int) -> Contents:
    numbers = Contents(*(np.empty(count, np.int32) for _ in Contents._fields))
    return numbers._replace(flags=np.empty(count, np.uint16), points=np.empty(count, np.int64))


def _session_spans(chain: Chain) -> Iterator[slice]:
    """Slices of whole sessions of about BLOCK_ROWS events each; one session is never cut."""
    marks = np.arange(0, len(chain.rows), BLOCK_ROWS)
    edges = np.unique(np.append(np.searchsorted(chain.starts, marks), len(chain.starts)))
    return (slice(int(start), int(stop)) for start, stop in pairwise(edges))


def _block(events: Events, meanings: Meanings, chain: Chain, sessions: slice) -> Contents:
    """What is in the sessions of the slice."""
    starts = chain.starts[sessions]
    end = chain.starts[sessions.stop] if sessions.stop < len(chain.starts) else len(chain.rows)
    rows = chain.rows[starts[0] : end].astype(np.intp)
    starts = starts - starts[0]
    count = len(starts)
    lengths = np.diff(starts, append=len(rows))
    session = np.repeat(np.arange(count, dtype=np.uint32), lengths)
    types = None if events.types is None else pick(events.types.codes, rows)
    flags = np.broadcast_to(meanings.flags, len(rows)) if types is None else pick(meanings.flags, types)
    urls = np.zeros(len(rows), np.uint8) if events.urls is None else pick(events.urls.codes, rows)
    page_flags = pick(meanings.page_flags, urls)
    pages = pick(meanings.pages, urls)
    is_view = (flags & VIEW != 0) & (page_flags & HAS_PAGE != 0)
    is_step = (flags & HIGH != 0) | is_view & (page_flags & HIGH_PAGE != 0)
    is_content = is_view & (page_flags & CONTENT_PAGE != 0)
    steps = pages[is_step].astype(np.uint64)
    if types is not None:
        steps += meanings.steps[types[is_step]] * np.uint64(meanings.page_count)
    views = np.flatnonzero(is_view)
    entry_urls, exit_urls = _outer_urls(session[views], urls[views], count)
    return Contents(
        pages=_distinct(session[views], pages[views], meanings.page_count, count),
        content_pages=_distinct(session[is_content], pages[is_content], meanings.page_count, count),
        steps=_distinct(session[is_step], steps, meanings.page_count * (int(meanings.steps.max()) + 1), count),
        flags=np.bitwise_or.reduceat(flags, starts),
        points=np.zeros(count)
        if events.points is None
        else np.add.reduceat(pick(events.points, rows), starts, dtype=np.int64),
        entry_urls=entry_urls,
        exit_urls=exit_urls,
    )


def _outer_urls(session: Numbers, urls: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """The first and the last URL of each of `count` sessions; `session` is ascending."""
    entries, exits = np.full(count, NONE), np.full(count, NONE)
    if len(session):
        changes = np.flatnonzero(session[1:] != session[:-1])
        firsts, lasts = np.append(0, changes + 1), np.append(changes, len(session) - 1)
        entries[session[firsts]] = urls[firsts]
        exits[session[lasts]] = urls[lasts]
    return entries, exits


def _distinct(session: Numbers, things: Numbers, thing_count: int, count: int) -> Numbers:
    """How many different things each of `count` sessions has (int64[count])."""
    # Half as wide numbers sort twice as fast, and nearly always do.
    kind = np.dtype(np.uint32 if count * thing_count < 1 << 32 else np.uint64)
    keys = session.astype(kind, copy=False) * kind.type(thing_count) + things.astype(kind, copy=False)
    keys.sort()
    is_new = np.ones(len(keys), bool)
    is_new[1:] = keys[1:] != keys[:-1]
    owners = (keys[is_new] // kind.type(thing_count)).astype(np.int64)
    return np.bincount(owners, minlength=count)
