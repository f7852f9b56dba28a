"""A session's intent factor by factor, with the pages and steps by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sojourn.model.intent import DECISIVE_TYPES, Factor, Steps, factors_of
from sojourn.model.page import path_of
from sojourn.model.site import Site, steps_of
from sojourn.reports.journey import Part
from sojourn.web.pages.texts import plain

NAMED = 4
PAGE_VIEW = "PAGE_VIEW"
REASONS = {
    "high": "High intent: a demo request, a trial, a filled cart, or two different steps such as pricing and a form.",
    "research": "Research: three or more pages of content, and no step towards buying.",
    "low": "Low intent: nothing but e-mails, opened and not followed, or unsubscribed from.",
    "none": "No sign: it shows neither a step towards buying nor reading in depth.",
}
# Where the site's own steps and pages decide.
OWN_REASONS = {
    **REASONS,
    "high": "High intent: a decisive step, or two different high-intent steps, as this site defines them.",
    "research": "Research: three or more pages of content, as this site defines them, and no high-intent step.",
}


@dataclass(frozen=True)
class Explained:
    """A line of the formula, and what it counts: some names, and how many more there are ('' for none)."""

    factor: Factor
    names: tuple[str, ...]
    more: str


def reason_of(intent: str, site: Site) -> str:
    return (REASONS if steps_of(site) == Steps() else OWN_REASONS)[intent]


def explained(part: Part, site: Site, *, is_whole: bool) -> list[Explained]:
    """The lines whose sum is the score. Unless all events are there, pages have no names, and steps those of types."""
    session, events, own = part.session, part.events if is_whole else [], steps_of(site)
    decisive = sorted(part.types.intersection(own.decisive_types))
    purchases = sorted(part.types.intersection(site.conversion_events))
    lines = factors_of(
        session["intent_score"],
        session["page_count"],
        is_decisive=bool(decisive),
        is_converted=session["converted"],
    )
    if own.decisive_types != DECISIVE_TYPES:
        lines[2] = lines[2]._replace(name="A decisive step")
    steps = _steps(events, own) if is_whole else list(map(plain, sorted(part.types.intersection(own.high_types))))
    unnamed = "" if is_whole or len(steps) >= lines[1].score // 8 else _pages_of(site)
    return [
        _limited(lines[0], _distinct(_path(event) for event in events if event["type"] == PAGE_VIEW and event["url"])),
        _limited(lines[1], steps, unnamed),
        _limited(lines[2], list(map(plain, decisive))),
        _limited(lines[3], list(map(plain, purchases))),
    ]


def _limited(factor: Factor, names: list[str], unnamed: str = "") -> Explained:
    more = f"{len(names) - NAMED} more" if len(names) > NAMED else unnamed
    return Explained(factor, tuple(names[:NAMED]), more)


def _pages_of(site: Site) -> str:
    """Some of the site's high-intent pages, '' where it has none."""
    own = site.intent_steps.high_urls
    some = ("pricing", "a case study", "contact") if own is None else own[:NAMED]
    return f"pages such as {', '.join(some)}" if some else ""


def _steps(events: list[dict[str, Any]], own: Steps) -> list[str]:
    """The high-intent steps, in the order in which they were taken."""
    return _distinct(step for event in events if (step := _step(event, own)))


def _step(event: dict[str, Any], own: Steps) -> str:
    """How a high-intent step is called, '' for another event."""
    kind, path = event["type"].lower(), _path(event)
    if kind in own.high_types:
        return f"{plain(kind)} at {path}" if path else plain(kind)
    return path if event["type"] == PAGE_VIEW and path and own.is_high_path(path_of(event["url"])) else ""


def _path(event: dict[str, Any]) -> str:
    """The path of the page, as a page is told from others; '' without one."""
    return path_of(event["url"]).rstrip("/") or "/" if event["url"] else ""


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
