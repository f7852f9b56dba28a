"""A session's intent factor by factor, with the pages and steps by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sojourn.model.intent import DECISIVE_TYPES, HIGH_TYPES, Factor, factors_of, is_high_path
from sojourn.model.page import path_of
from sojourn.reports.journey import Part
from sojourn.web.pages.texts import plain

NAMED = 4
PAGE_VIEW = "PAGE_VIEW"


@dataclass(frozen=True)
class Explained:
    """A line of the formula, and what it counts: some names, and how many more there are ('' for none)."""

    factor: Factor
    names: tuple[str, ...]
    more: str


def explained(part: Part, conversion_events: Iterable[str], *, is_whole: bool) -> list[Explained]:
    """The lines whose sum is the score. Unless all events are there, pages have no names, and steps those of types."""
    session, events = part.session, part.events if is_whole else []
    decisive = sorted(part.types.intersection(DECISIVE_TYPES))
    purchases = sorted(part.types.intersection(conversion_events))
    lines = factors_of(
        session["intent_score"],
        session["page_count"],
        is_decisive=bool(decisive),
        is_converted=session["converted"],
    )
    steps = _steps(events) if is_whole else list(map(plain, sorted(part.types.intersection(HIGH_TYPES))))
    unnamed = "" if is_whole or len(steps) >= lines[1].score // 8 else "pages such as pricing, a case study, contact"
    return [
        _limited(lines[0], _distinct(_path(event) for event in events if event["type"] == PAGE_VIEW and event["url"])),
        _limited(lines[1], steps, unnamed),
        _limited(lines[2], list(map(plain, decisive))),
        _limited(lines[3], list(map(plain, purchases))),
    ]


def _limited(factor: Factor, names: list[str], unnamed: str = "") -> Explained:
    more = f"{len(names) - NAMED} more" if len(names) > NAMED else unnamed
    return Explained(factor, tuple(names[:NAMED]), more)


def _steps(events: list[dict[str, Any]]) -> list[str]:
    """The high-intent steps, in the order in which they were taken."""
    return _distinct(filter(None, map(_step, events)))


def _step(event: dict[str, Any]) -> str:
    """How a high-intent step is called, '' for another event."""
    kind, path = event["type"].lower(), _path(event)
    if kind in HIGH_TYPES:
        return f"{plain(kind)} at {path}" if path else plain(kind)
    return path if event["type"] == PAGE_VIEW and path and is_high_path(path) else ""


def _path(event: dict[str, Any]) -> str:
    """The path of the page, as a page is told from others; '' without one."""
    return path_of(event["url"]).rstrip("/") or "/" if event["url"] else ""


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
