"""Numbers, times and names as people read them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sojourn.model.instant import parse

INTENTS = {"high": "High intent", "research": "Research", "low": "Low intent", "none": "No sign"}


def local(text: str, zone: ZoneInfo) -> datetime:
    """An instant of the API in a time zone."""
    return datetime.fromtimestamp(parse(text, "instant") / 1000, UTC).astimezone(zone)


def moment(text: str, zone: ZoneInfo) -> str:
    """`29 Apr 2026, 10:14`."""
    return f"{local(text, zone):%-d %b %Y, %H:%M}"


def day(text: str, zone: ZoneInfo) -> str:
    """`29 Apr 2026`."""
    return f"{local(text, zone):%-d %b %Y}"


def clock(text: str, zone: ZoneInfo) -> str:
    """`10:14:32`."""
    return f"{local(text, zone):%H:%M:%S}"


def duration(seconds: float) -> str:
    """`0 s`, `42 s`, `5 min 7 s`, `2 h 3 min`, `3 d 4 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    place = next(place for place, (size, _) in enumerate(units) if whole >= size)
    (size, name), (smaller, below) = units[place], units[place + 1]
    rest = whole % size // smaller
    return f"{whole // size} {name} {rest} {below}" if rest else f"{whole // size} {name}"


def count(number: int) -> str:
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 session`, `2,000 sessions`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def plain(name: str) -> str:
    """`demo_request` as `demo request`."""
    return name.replace("_", " ")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def as_json(value: Any) -> str:
    """As people read it: a line for each field."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


FILTERS: dict[str, Any] = {
    "moment": moment,
    "day": day,
    "clock": clock,
    "duration": duration,
    "count": count,
    "plain": plain,
    "json": as_json,
}
GLOBALS: dict[str, Any] = {"counted": counted, "share": share, "INTENTS": INTENTS}
