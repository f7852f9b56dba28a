"""The figures of small charts: where each bar stands, and the table behind them. Drawn as SVG, so without scripts."""

from dataclasses import dataclass
from datetime import date, timedelta

from sojourn.reports.summary import DURATIONS, Summary

MOST_BARS, MOST_ENTRIES = 92, 6
HEIGHT = 100.0


@dataclass(frozen=True)
class Bar:
    """A bar from 0 to 100 in height, and the part of it that converted; `count` and `converted` are sessions."""

    label: str
    count: int
    converted: int
    height: float
    converted_height: float


def days_chart(summary: Summary, first: date, last: date) -> list[Bar]:
    """A bar for each day, or for each 7, 28, 112 … days where they would be too many."""
    step = 1
    while (last - first).days // step >= MOST_BARS:
        step = 7 if step == 1 else step * 4
    found: list[tuple[str, int, int]] = []
    for start in range(0, (last - first).days + 1, step):
        days = [str(first + timedelta(days=start + day)) for day in range(step)]
        sessions, converted = (
            sum(by_day.get(day, 0) for day in days) for by_day in (summary.by_day, summary.converted_by_day)
        )
        found.append((days[0] if step == 1 else f"{days[0]} and {step - 1} days", sessions, converted))
    return _bars(found)


def durations_chart(summary: Summary) -> list[Bar]:
    return _bars([(label, count, 0) for label, count in zip(DURATIONS, summary.by_duration, strict=True)])


def entries_chart(summary: Summary) -> list[Bar]:
    """The most frequent entry points, and all others together."""
    first, others = summary.by_entry[:MOST_ENTRIES], summary.by_entry[MOST_ENTRIES:]
    rest = [("others", sum(count for _, count in others), 0)] if others else []
    return _bars([*((name, count, 0) for name, count in first), *rest])


def _bars(found: list[tuple[str, int, int]]) -> list[Bar]:
    most = max((count for _, count, _ in found), default=0) or 1
    return [
        Bar(label, count, converted, HEIGHT * count / most, HEIGHT * converted / most)
        for label, count, converted in found
    ]
