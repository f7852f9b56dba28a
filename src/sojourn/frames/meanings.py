"""What types and URLs mean to a session, as tables by their codes.

The meaning itself is in `model`; here it is asked for once for each distinct text.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sojourn.frames.blocks import Numbers, pick
from sojourn.frames.events import Coded, Events
from sojourn.model.event import PAGE_VIEW
from sojourn.model.intent import (
    DECISIVE_TYPES,
    EMAIL_PREFIX,
    HIGH_TYPES,
    OPEN_TYPE,
    UNSUBSCRIBE_TYPES,
    Signs,
    intent_of,
    is_content_path,
    is_high_path,
    score_of,
)
from sojourn.model.page import page_of, path_of
from sojourn.model.site import DEFAULT_PASSIVE_TYPES

CONVERSION_TYPES = ("purchase",)
GOAL_TYPES = ("demo_request", "purchase", "trial_signup")  # sorted; the goal at i has the bit 1 << i

# Flags of a type, joined by `or` over a session; the lowest ones are the goals. Not being something is a flag,
# so that "all are" needs no second pass.
CONVERTING, DECISIVE, UNSUBSCRIBE, NOT_EMAIL, NOT_OPEN, HIGH, VIEW = (1 << bit for bit in range(3, 10))
ALL_GOALS = (1 << len(GOAL_TYPES)) - 1

# Flags of a URL.
HAS_PAGE, HIGH_PAGE, CONTENT_PAGE = 1, 2, 4

# Counts above this say no more about intent: well over any bound in `model.intent`, as a test asserts.
MOST = 15


@dataclass(frozen=True)
class Meanings:
    """Tables by code of type: flags (uint16), step (uint64, of high types from 1; 0 is a page view).

    By code of URL: page_flags (uint8), pages (uint32, the code of the page, 0 the one without URL).
    page_count is the number of pages with the empty one.
    """

    flags: Numbers
    steps: Numbers
    page_flags: Numbers
    pages: Numbers
    page_count: int


def meanings_of(events: Events) -> Meanings:
    names = events.type_names
    high = {name: step for step, name in enumerate(HIGH_TYPES, 1)}
    urls = [""] if events.urls is None else events.urls.texts.to_pylist()
    codes: dict[str, int] = {"": 0}
    pages = [codes.setdefault(page_of(url), len(codes)) for url in urls]
    return Meanings(
        flags=np.array([_type_flags(name) for name in names], np.uint16),
        steps=np.array([high.get(name, 0) for name in names], np.uint64),
        page_flags=np.array([_page_flags(url) for url in urls], np.uint8),
        pages=np.array(pages, np.uint32),
        page_count=len(codes),
    )


def is_passive(types: Coded) -> Numbers:
    """By code of type: whether its events are in no session (bool)."""
    return np.array([name in DEFAULT_PASSIVE_TYPES for name in types.texts.to_pylist()], bool)


def _type_flags(name: str) -> int:
    flags = sum(1 << bit for bit, goal in enumerate(GOAL_TYPES) if name == goal)
    flags |= CONVERTING * (name in CONVERSION_TYPES)
    flags |= DECISIVE * (name in DECISIVE_TYPES)
    flags |= UNSUBSCRIBE * (name in UNSUBSCRIBE_TYPES)
    flags |= NOT_EMAIL * (not name.startswith(EMAIL_PREFIX) and name not in UNSUBSCRIBE_TYPES)
    flags |= NOT_OPEN * (name != OPEN_TYPE)
    flags |= HIGH * (name in HIGH_TYPES)
    return flags | VIEW * (name == PAGE_VIEW)


def _page_flags(url: str) -> int:
    if not url:
        return 0
    path = path_of(url)
    return HAS_PAGE | HIGH_PAGE * is_high_path(path) | CONTENT_PAGE * is_content_path(path)


class Intents(NamedTuple):
    """The intent of s sessions: the place of its name (int8[s]), the names, and the score (int64[s])."""

    codes: Numbers
    names: pa.Array
    scores: Numbers


def intents(flags: Numbers, pages: Numbers, content_pages: Numbers, steps: Numbers) -> Intents:
    """Judge sessions by the joined flags of their types and their counts of different pages and high-intent steps.

    The model is asked once for each combination that occurs.
    """
    packed = (flags >> 3 & 31).astype(np.uint32)
    for counts in (pages, content_pages, steps):
        packed = packed << np.uint32(4) | np.minimum(counts, MOST).astype(np.uint32)
    present = np.flatnonzero(np.bincount(packed, minlength=1 << 17))
    signs = [_signs(int(each)) for each in present]
    names = sorted({intent_of(each) for each in signs})
    code_at, score_at = np.zeros(1 << 17, np.int8), np.zeros(1 << 17, np.int64)
    code_at[present] = [names.index(intent_of(each)) for each in signs]
    score_at[present] = [score_of(each) for each in signs]
    return Intents(pick(code_at, packed), pa.array(names, pa.string()), pick(score_at, packed))


def _signs(packed: int) -> Signs:
    flags = packed >> 12 << 3
    return Signs(
        page_count=packed >> 8 & MOST,
        content_page_count=packed >> 4 & MOST,
        high_step_count=packed & MOST,
        is_decisive=bool(flags & DECISIVE),
        is_converted=bool(flags & CONVERTING),
        is_email_only=not flags & NOT_EMAIL,
        has_unsubscribe=bool(flags & UNSUBSCRIBE),
        is_open_only=not flags & NOT_OPEN,
    )
