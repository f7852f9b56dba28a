"""What the sessions of a list come to: totals, days, durations, entry points, and what each filter leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sojourn.model.site import Site
from sojourn.reports.lists import Lists
from sojourn.reports.sessions import Question, Sessions
from sojourn.sql import sql
from sojourn.store.engine import Engine

DURATIONS = ("under 10 s", "10 to 60 s", "1 to 5 min", "5 to 15 min", "15 to 30 min", "30 min and more")
WINDOW = ("from", "to")


@dataclass(frozen=True)
class Summary:
    """`left` counts the sessions that the first filter leaves, the first two, and so on; durations in seconds, days as
    ISO dates in the time zone that was asked.
    """

    left: list[int]
    session_count: int
    lead_count: int
    event_count: int
    total_points: int
    converted_count: int
    median_duration: float
    by_day: dict[str, int]
    converted_by_day: dict[str, int]
    by_duration: list[int]
    by_entry: list[tuple[str, int]]


class Summaries:
    def __init__(self, engine: Engine, sessions: Sessions, lists: Lists) -> None:
        self._engine = engine
        self._sessions = sessions
        self._lists = lists

    def of(self, site_id: str, question: Question, time_zone: str, lead: str | None = None) -> Summary:
        """Reads every session of the window once. Raises InvalidRequest."""
        asked = self._lists.resolved(site_id, question, lead)
        return self._lists.sites.read(site_id, lambda site: self._of(site, site_id, asked, time_zone))

    def newer(self, site_id: str, question: Question, since_ms: int, lead: str | None = None) -> int:
        """How many sessions of the list began after the instant; at most 100."""
        asked = self._lists.resolved(site_id, question, lead)
        return self._lists.sites.read(site_id, lambda site: self._newer(site, site_id, asked, since_ms))

    def _of(self, site: Site, site_id: str, question: Question, time_zone: str) -> Summary:
        now_ms = self._lists.now_ms()
        texts, parameters = self._sessions.conditions(site, site_id, question, now_ms)
        names = [name for name in self._sessions.filters_of(site, question, now_ms) if name != "segment_id"]
        names += ["segment_id"] if len(texts) > len(names) else []
        named = list(zip(names, texts, strict=True))
        window = [text for name, text in named if name in WINDOW]
        chosen = [text for name, text in named if name not in WINDOW]
        text = sql("session.summary").replace("/* window */", " AND ".join(window))
        text = text.replace("/* chosen */", " AND ".join(chosen) or "1").replace("/* left */", _left(chosen))
        return _summary(self._engine.named(text, {**parameters, "time_zone": time_zone})[0])

    def _newer(self, site: Site, site_id: str, question: Question, since_ms: int) -> int:
        texts, parameters = self._sessions.conditions(site, site_id, question, self._lists.now_ms())
        text = sql("session.newer").replace("/* filters */", " AND ".join(texts))
        return int(self._engine.query(text, {**parameters, "since": since_ms})[0][0])


def _left(chosen: Sequence[str]) -> str:
    counts = [f"countIf({' AND '.join(chosen[: place + 1])})" for place in range(len(chosen))]
    return f"[{', '.join(counts)}]" if counts else "emptyArrayUInt64()"


def _summary(row: dict[str, Any]) -> Summary:
    durations = dict(zip(*row["by_duration"], strict=True))
    entries = zip(*row["by_entry"], strict=True)
    return Summary(
        left=[int(count) for count in row["left_by_filter"]],
        session_count=row["sessions_left"],
        lead_count=row["leads_left"],
        event_count=row["events_left"],
        total_points=row["points_left"],
        converted_count=row["converted_left"],
        median_duration=row["median_ms"] / 1000,
        by_day=dict(zip(*row["by_day"], strict=True)),
        converted_by_day=dict(zip(*row["converted_by_day"], strict=True)),
        by_duration=[int(durations.get(place, 0)) for place in range(len(DURATIONS))],
        by_entry=sorted(entries, key=lambda entry: (-entry[1], entry[0])),
    )
