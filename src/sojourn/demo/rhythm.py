"""When people do things: by the hour and the day of the week, in one time zone."""

import random
from bisect import bisect
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from sojourn.demo.product import ZONE

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# How much happens in each hour, from midnight on, and on each day, from Monday on.
HOURS = (2, 1, 1, 1, 1, 3, 10, 24, 55, 88, 100, 94, 66, 78, 94, 88, 72, 48, 30, 24, 26, 24, 14, 6)
DAYS = (100, 108, 104, 98, 78, 22, 26)
_hours = tuple(accumulate(HOURS))


@cache
def _zone() -> ZoneInfo:
    return ZoneInfo(ZONE)


def local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(_zone())


def instant(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def within(rng: random.Random, from_ms: int, to_ms: int) -> int:
    """An instant between two, more likely when more happens."""
    while True:
        ms = rng.randrange(from_ms, to_ms)
        moment = local(ms)
        if rng.random() * max(HOURS) * max(DAYS) < HOURS[moment.hour] * DAYS[moment.weekday()]:
            return ms


def days_later(rng: random.Random, ms: int, days: float) -> int:
    """About so many days later, never before, at an hour at which things happen; mostly not on a weekend."""
    moment = local(ms + int(days * DAY))
    if moment.weekday() >= 5 and rng.random() < 0.75:
        moment += timedelta(days=7 - moment.weekday() + rng.randrange(5))
    hour = bisect(_hours, rng.randrange(_hours[-1]))
    found = moment.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
    return max(instant(found) + rng.randrange(1000), ms + 2 * HOUR)


def weekly(from_ms: int, to_ms: int, weekday: int, hour: int) -> list[int]:
    """Each week's instant at an hour of a weekday (Monday is 0), from the first instant on."""
    day = local(from_ms).replace(hour=hour, minute=0, second=0, microsecond=0)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    found = []
    while instant(day) < to_ms:
        if instant(day) >= from_ms:
            found.append(instant(day))
        day += timedelta(days=7)
    return found
