"""Filters as keyword arguments, and as the query parameters they stand for."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TypedDict

from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso, to_ms

Instant = datetime | date | str | int
Texts = str | Iterable[str]
Pairs = tuple[tuple[str, str], ...]


class SessionFilters(TypedDict, total=False):
    """The parameters of GET /v1/sessions; `from_` is `from`. Texts take one or several."""

    from_: Instant
    to: Instant
    lead_id: str
    account_id: Texts
    segment_id: Texts
    min_duration: int
    max_duration: int
    min_events: int
    max_events: int
    min_points: int
    max_points: int
    min_intent: int
    max_intent: int
    entry_point: Texts
    exit_point: Texts
    entry_url: Texts
    exit_url: Texts
    has_event: Texts
    converted: bool
    goal: Texts
    intent: Texts
    source: Texts
    medium: Texts
    campaign: Texts
    channel: Texts
    country: Texts
    device: Texts
    browser: Texts
    os: Texts


class EventFilters(TypedDict, total=False):
    """The parameters of GET /v1/events; `from_` is `from`. Texts take one or several."""

    from_: Instant
    to: Instant
    lead_id: str
    session_id: str
    type: Texts
    suppressed: bool | str
    passive: bool
    url: str


def pairs_of(given: Mapping[str, object]) -> Pairs:
    """Query parameters in the order given; None is left out, a list is repeated.

    Raises InvalidRequest for a value that no parameter has, and for an empty list: it would filter nothing.
    """
    pairs: list[tuple[str, str]] = []
    for keyword, value in given.items():
        if value is None:
            continue
        name = keyword.removesuffix("_")
        is_many = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
        texts = [_text(name, item) for item in value] if is_many else [_text(name, value)]  # type: ignore[attr-defined]
        if not texts:
            raise InvalidRequest(f"{name} is empty; give it a value, or leave it out.")
        pairs += [(name, text) for text in texts]
    return tuple(pairs)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso(to_ms(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value)
    shown = repr(value)[:60]
    raise InvalidRequest(f"{name} is {shown}; allowed are texts, numbers, booleans, datetimes, and lists of them.")
