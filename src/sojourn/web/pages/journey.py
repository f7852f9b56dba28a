"""One session: its journey step by step, its intent factor by factor, its neighbours."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.model.instant import parse
from sojourn.model.page import host_of
from sojourn.model.site import Site
from sojourn.reports.cursor import decode_place
from sojourn.reports.events import EventQuestion
from sojourn.reports.filters import integer
from sojourn.reports.journey import Part, shown_url
from sojourn.reports.ranked import Order
from sojourn.reports.sessions import MAX_LIMIT, Page, Question
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.explained import explained
from sojourn.web.pages.frame import Frame, see_other

# So many events of a session are on a page.
STEPS = 500
PLACE, STEP = "events_cursor", "step"
MOST_STEPS = 10**12
REASONS = {
    "high": "High intent: a demo request, a trial, a filled cart, or two different steps such as pricing and a form.",
    "research": "Research: three or more pages of content, and no step towards buying.",
    "low": "Low intent: nothing but e-mails, opened and not followed, or unsubscribed from.",
    "none": "No sign: it shows neither a step towards buying nor reading in depth.",
}


class JourneyPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [self._frame.route("/sessions/{id}", self.show)]

    def show(self, asked: Asked) -> Response:
        """The session; an id that became another's leads there. Raises NotFound, InvalidRequest."""
        place, first = _place_of(asked)
        part = self._part(asked, place)
        session = part.session
        if session["id"] != asked.request.path_params["id"]:
            return see_other(asked.address(f"/sessions/{session['id']}"))
        started = parse(session["started_at"], "started_at")
        aside, more_aside = self._aside(asked, part, place)
        return self._frame.rendered(
            "session.html",
            asked,
            session=session,
            steps=_steps(part.events, aside, None if place is None else decode_place(place)[0]),
            more_aside=more_aside,
            first=first,
            last=first + len(part.events) - 1,
            following=[] if part.following is None else _parameters(part.following, first + len(part.events)),
            factors=explained(part, asked.site.conversion_events, is_whole=place is None and part.following is None),
            reason=REASONS[session["intent"]],
            earlier=self._earlier(asked, session["lead_id"], started),
            later=self._later(asked, session["lead_id"], started),
        )

    def _part(self, asked: Asked, place: str | None) -> Part:
        sojourn, site_id, text = self._sojourn, asked.site_id, asked.request.path_params["id"]
        return sojourn.sites.read(
            site_id, lambda site: sojourn.journeys.part(site, site_id, text, sojourn.now_ms(), place, STEPS)
        )

    def _aside(self, asked: Asked, part: Part, place: str | None) -> tuple[list[dict[str, Any]], bool]:
        """What happened meanwhile and counts in no session: suppressed and passive events of the lead. And whether
        there are more than are shown.
        """
        session = part.session
        last = session["ended_at"] if part.following is None else part.events[-1]["occurred_at"]
        window = {
            "lead_id": session["lead_id"],
            "from": parse(session["started_at"], "started_at") if place is None else decode_place(place)[0],
            "to": parse(last, "occurred_at") + (part.following is None),
        }
        site_id, found, is_more = asked.site_id, dict[tuple[str, str], dict[str, Any]](), False
        for name, value in (("suppressed", "true"), ("passive", True)):
            question = EventQuestion({**window, name: value}, MAX_LIMIT)
            page = self._sojourn.sites.read(site_id, self._reader(site_id, question))
            found |= {(event["id"], event["occurred_at"]): event for event in page.data}
            is_more = is_more or page.has_more
        return [_aside_of(event, asked.site) for event in found.values()], is_more

    def _reader(self, site_id: str, question: EventQuestion) -> Callable[[Site], Page]:
        return lambda site: self._sojourn.events.page(site, site_id, question, self._sojourn.now_ms())

    def _earlier(self, asked: Asked, lead_id: str, started_ms: int) -> dict[str, Any] | None:
        question = Question({"from": 0, "to": started_ms, "lead_id": lead_id}, 1)
        return next(iter(self._sojourn.lists.page(asked.site_id, question, lead_id).data), None)

    def _later(self, asked: Asked, lead_id: str, started_ms: int) -> dict[str, Any] | None:
        question, order = Question({"from": started_ms + 1, "lead_id": lead_id}, 1), Order("started_at", is_rising=True)
        return next(iter(self._sojourn.orders.page(asked.site_id, question, order, None, lead_id).data), None)


def _place_of(asked: Asked) -> tuple[str | None, int]:
    """Behind which event the page begins, and the number of its first one. Raises InvalidRequest."""
    given = dict(asked.pairs)
    for name in given:
        if name not in (PLACE, STEP):
            raise InvalidRequest(f"{name[:60]} is no parameter of this page; allowed: {PLACE}, {STEP}.")
    return given.get(PLACE), integer(STEP, given.get(STEP, "1"), 1, MOST_STEPS)


def _parameters(place: str, step: int) -> list[tuple[str, str]]:
    return [(PLACE, place), (STEP, str(step))]


def _aside_of(event: dict[str, Any], site: Site) -> dict[str, Any]:
    """An event of a list as a step that counts in no session."""
    url = event["url"] or ""
    step = {name: event[name] for name in ("id", "occurred_at", "type", "points", "properties")}
    reason = f"suppressed: {event['suppressed']}" if event["suppressed"] else "passive"
    return step | {"url": shown_url(url, host_of(url), site.hosts), "aside": reason}


def _steps(events: list[dict[str, Any]], aside: list[dict[str, Any]], before_ms: int | None) -> list[dict[str, Any]]:
    """All in the order of time, each with the seconds since the one before, which may be of the part before."""
    counted = [event | {"type": event["type"].lower(), "aside": ""} for event in events]
    ordered = sorted([*counted, *aside], key=lambda step: parse(step["occurred_at"], "occurred_at"))
    before = before_ms
    for step in ordered:
        at = parse(step["occurred_at"], "occurred_at")
        step["gap"] = 0.0 if before is None else (at - before) / 1000
        before = at
    return ordered
