"""Events of many leads to the contents of their sessions, in arrays: what `atom.combined.sql` does, for whole sites.

Both give the same columns, and `session.of_atoms.sql` makes sessions of either; the laws hold both to the oracle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.frames.blocks import Numbers
from sojourn.frames.events import Coded
from sojourn.frames.rows import Rows
from sojourn.model.event import PAGE_VIEW
from sojourn.model.intent import EMAIL_PREFIX, OPEN_TYPE
from sojourn.model.page import location_of

# Of these a session has what its first event says that says anything.
FIRSTS = ("account", "source", "medium", "campaign", "referrer", "device", "browser", "os", "country")
Definitions = Mapping[str, Any]


@dataclass(frozen=True)
class Chained:
    """n events in order, s sessions: where each begins (int64[s]), and the session of each event (int64[n])."""

    starts: Numbers
    session: Numbers

    @property
    def count(self) -> int:
        return len(self.starts)

    @property
    def lasts(self) -> Numbers:
        return np.append(self.starts[1:], len(self.session)) - 1

    def sums(self, values: Numbers) -> Numbers:
        """The sum over each session: int64[s]."""
        total: Numbers = np.add.reduceat(values.astype(np.int64, copy=False), self.starts)
        return total


def fold(events: Rows, definitions: Definitions) -> pa.Table:
    """The sessions of the events, with the columns that `session.of_atoms.sql` reads, in the events' order.

    events: active ones, those of a lead together and ordered by (occurred_at, event_id, sender), with the columns lead
    and those of `event.paged.sql`; definitions: the parameters of the SQL texts, of which it uses the timeout and what
    steps, pages, goals and conversions are.
    """
    if not len(events):
        return pa.table({"lead": pa.array([], pa.string())})
    ms = events.numbers("occurred_at")
    chained = _chained(events.coded("lead").codes, ms, definitions["timeout_ms"])
    types, urls = events.coded("type"), events.coded("url")
    columns = {
        **{name: events.at(name, chained.starts) for name in ("lead", "event_id", "sender")},
        "started_at": pa.array(ms[chained.starts]),
        "ended_at": pa.array(ms[chained.lasts]),
        "event_count": pa.array(chained.lasts - chained.starts + 1),
        "total_points": pa.array(chained.sums(events.numbers("points"))),
        "entry_point": _texts_of(types, types.codes[chained.starts]),
        "exit_point": _texts_of(types, types.codes[chained.lasts]),
        "types": _types(types, chained),
        **{name: _first_texts(events.coded(name), chained) for name in FIRSTS},
        **_kinds(types, chained, definitions),
        **_pages(types, urls, chained, definitions),
        **_purchases(events, types, chained, definitions),
    }
    return pa.table(columns)


def _chained(leads: Numbers, ms: Numbers, timeout_ms: int) -> Chained:
    """The one rule: another lead, or a gap that is not shorter than the timeout, begins a session."""
    is_first = np.ones(len(ms), bool)
    is_first[1:] = (leads[1:] != leads[:-1]) | (ms[1:] - ms[:-1] >= timeout_ms)
    return Chained(np.flatnonzero(is_first), np.cumsum(is_first) - 1)


def _by_text(texts: pa.Array, meaning: Callable[[str], bool]) -> Numbers:
    """By code of text: what the meaning says of it (bool)."""
    return np.array([meaning(text) for text in texts.to_pylist()], bool)


def _first_texts(coded: Coded, chained: Chained) -> pa.Array:
    """The first text of each session that is not empty, else the empty one."""
    says = np.flatnonzero(~_by_text(coded.texts, lambda text: text == "")[coded.codes])
    is_new = np.ones(len(says), bool)
    is_new[1:] = chained.session[says[1:]] != chained.session[says[:-1]]
    found = says[is_new]
    codes = np.full(chained.count, len(coded.texts), np.int32)
    codes[chained.session[found]] = coded.codes[found]
    return _texts_of(coded, codes)


def _types(types: Coded, chained: Chained) -> pa.Array:
    """The different types in each session, sorted bytewise."""
    ranks = types.ranks() - 1
    owners, ranked = _distinct(chained, ranks[types.codes], np.ones(len(types.codes), bool))
    texts = types.texts.take(pa.array(np.argsort(ranks)))
    return _listed(np.searchsorted(owners, np.arange(chained.count + 1)), texts.take(pa.array(ranked)))


def _kinds(types: Coded, chained: Chained, definitions: Definitions) -> dict[str, pa.Array]:
    """How many events of each kind that tells intent."""
    unsubscribes = set(definitions["unsubscribe_types"])
    kinds: dict[str, Callable[[str], bool]] = {
        "decisive_count": set(definitions["decisive_types"]).__contains__,
        "conversion_count": set(definitions["conversion_events"]).__contains__,
        "email_count": lambda name: name.startswith(EMAIL_PREFIX) or name in unsubscribes,
        "open_count": lambda name: name == OPEN_TYPE,
        "unsubscribe_count": unsubscribes.__contains__,
    }
    return {name: pa.array(chained.sums(_by_text(types.texts, kind)[types.codes])) for name, kind in kinds.items()}


def _pages(types: Coded, urls: Coded, chained: Chained, definitions: Definitions) -> dict[str, pa.Array]:
    """Pages, steps and goals: what depends on where an event happened."""
    locations = [location_of(url) for url in urls.texts.to_pylist()]
    codes: dict[str, int] = {}
    page_of = np.array([codes.setdefault(location.page, len(codes)) for location in locations], np.int64)
    pages = page_of[urls.codes]
    has_page = np.array([location.page != "" for location in locations], bool)
    is_view = _by_text(types.texts, lambda name: name == PAGE_VIEW)[types.codes] & has_page[urls.codes]

    paths = pa.array([location.path for location in locations], pa.string())

    def on(pattern: str) -> Numbers:
        """Whether an event views a page whose path fits: linear in the path's length, as the engine's `match` is.

        '' fits none.
        """
        if not pattern:
            return np.zeros(len(is_view), bool)
        fits = pc.match_substring_regex(paths, f"(?s){pattern}").to_numpy(zero_copy_only=False)
        fitting: Numbers = fits[urls.codes] & is_view
        return fitting

    is_high = _by_text(types.texts, set(definitions["high_types"]).__contains__)[types.codes]
    is_high |= on(definitions["high_paths"])
    steps = types.codes.astype(np.int64) * len(codes) + pages
    views = np.flatnonzero(is_view)
    return {
        "page_count": _distinct_counts(chained, pages, is_view),
        "content_page_count": _distinct_counts(chained, pages, on(definitions["content_paths"])),
        "step_count": _distinct_counts(chained, steps, is_high),
        "entry_url": _outer_urls(urls, chained, views, last=False),
        "exit_url": _outer_urls(urls, chained, views, last=True),
        "goals": _goals(types, on, chained, definitions),
    }


def _distinct_counts(chained: Chained, things: Numbers, counts: Numbers) -> pa.Array:
    """How many different things each session has among the events that count."""
    owners, _ = _distinct(chained, things, counts)
    return pa.array(np.bincount(owners, minlength=chained.count))


def _distinct(chained: Chained, things: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """(session, thing) of the different things, in order."""
    rows = np.flatnonzero(counts)
    owners, kept = chained.session[rows], things[rows]
    width = int(kept.max()) + 1 if len(kept) else 1
    keys = np.sort(owners * width + kept)  # several times as fast as np.unique, which hashes
    is_new = np.ones(len(keys), bool)
    is_new[1:] = keys[1:] != keys[:-1]
    return keys[is_new] // width, keys[is_new] % width


def _outer_urls(urls: Coded, chained: Chained, views: Numbers, *, last: bool) -> pa.Array:
    """The URL of each session's first or last page view, else the empty text."""
    codes = np.full(chained.count, len(urls.texts), np.int32)
    ordered = views if last else views[::-1]  # of several writes to one place the last one stays
    codes[chained.session[ordered]] = urls.codes[ordered]
    return _texts_of(urls, codes)


def _texts_of(coded: Coded, codes: Numbers) -> pa.Array:
    """Texts by code (int32[n]); the code behind the last stands for the empty text."""
    empty, texts = pc.index(coded.texts, "").as_py(), coded.texts
    if empty < 0:
        texts = pa.concat_arrays([texts, pa.array([""], texts.type)])
    placed = np.where(codes == len(coded.texts), empty % len(texts), codes)
    return pa.DictionaryArray.from_arrays(pa.array(placed), texts)


def _goals(types: Coded, on: Callable[[str], Numbers], chained: Chained, definitions: Definitions) -> pa.Array:
    """The names of the goals that each session reached, sorted bytewise."""
    rows: list[Numbers] = []
    goals = zip(definitions["goal_names"], definitions["goal_types"], definitions["goal_paths"], strict=True)
    ordered = sorted(goals, key=lambda goal: goal[0].encode())
    for _, kinds, paths in ordered:
        reached = _by_text(types.texts, set(kinds).__contains__)[types.codes]
        reached = reached | on(paths) if paths else reached
        rows.append(chained.sums(reached) > 0)
    return _lists(rows, [goal[0] for goal in ordered], chained.count)


def _lists(rows: Sequence[Numbers], names: Sequence[str], count: int) -> pa.Array:
    """A list of names for each of `count` sessions: those whose row (bool[count]) is true there."""
    texts = pa.array(list(names), pa.string())
    sessions, places = np.nonzero(np.stack(rows, axis=1)) if rows else (np.empty(0, int), np.empty(0, int))
    return _listed(np.searchsorted(sessions, np.arange(count + 1)), texts.take(pa.array(places)))


def _listed(offsets: Numbers, values: pa.Array) -> pa.Array:
    """Lists whose members are never null."""
    kind = pa.list_(pa.field("item", values.type, nullable=False))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values, kind)


def _purchases(events: Rows, types: Coded, chained: Chained, definitions: Definitions) -> dict[str, pa.Array]:
    """What conversions were worth, in order, as two lists: amounts and their currencies."""
    is_conversion = _by_text(types.texts, set(definitions["conversion_events"]).__contains__)[types.codes]
    worth = np.flatnonzero(is_conversion & events.is_given("value"))
    offsets = np.searchsorted(chained.session[worth], np.arange(chained.count + 1))

    def listed(name: str, kind: pa.DataType) -> pa.Array:
        return _listed(offsets, events.at(name, worth).cast(kind))

    return {"amounts": listed("value", pa.float64()), "currencies": listed("currency", pa.string())}
