"""One session: its journey step by step, its intent factor by factor, its neighbours."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sojourn.model.instant import parse
from sojourn.model.intent import DECISIVE_TYPES, factors_of
from sojourn.model.site import Site
from sojourn.reports.events import EventQuestion
from sojourn.reports.ranked import Order
from sojourn.reports.sessions import MAX_LIMIT, Page, Question
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import Frame, see_other

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
        """The session; an id that became another's leads there. Raises NotFound."""
        session = self._sojourn.journey(asked.site_id, asked.request.path_params["id"])
        if session["id"] != asked.request.path_params["id"]:
            return see_other(asked.address(f"/sessions/{session['id']}"))
        started = parse(session["started_at"], "started_at")
        types = {event["type"].lower() for event in session["events"]}
        return self._frame.rendered(
            "session.html",
            asked,
            session=session,
            steps=_steps(session["events"], self._aside(asked, session)),
            factors=factors_of(
                session["intent_score"],
                session["page_count"],
                is_decisive=not types.isdisjoint(DECISIVE_TYPES),
                is_converted=session["converted"],
            ),
            reason=REASONS[session["intent"]],
            earlier=self._earlier(asked, session["lead_id"], started),
            later=self._later(asked, session["lead_id"], started),
        )

    def _aside(self, asked: Asked, session: dict[str, Any]) -> list[dict[str, Any]]:
        """What happened meanwhile and counts in no session: suppressed and passive events of the lead."""
        window = {
            "lead_id": session["lead_id"],
            "from": parse(session["started_at"], "started_at"),
            "to": parse(session["ended_at"], "ended_at") + 1,
        }
        site_id, found = asked.site_id, dict[tuple[str, str], dict[str, Any]]()
        for name, value in (("suppressed", "true"), ("passive", True)):
            question = EventQuestion({**window, name: value}, MAX_LIMIT)
            for event in self._sojourn.sites.read(site_id, self._reader(site_id, question)).data:
                found[event["id"], event["occurred_at"]] = event
        return list(found.values())

    def _reader(self, site_id: str, question: EventQuestion) -> Callable[[Site], Page]:
        return lambda site: self._sojourn.events.page(site, site_id, question, self._sojourn.now_ms())

    def _earlier(self, asked: Asked, lead_id: str, started_ms: int) -> dict[str, Any] | None:
        question = Question({"from": 0, "to": started_ms, "lead_id": lead_id}, 1)
        return next(iter(self._sojourn.lists.page(asked.site_id, question, lead_id).data), None)

    def _later(self, asked: Asked, lead_id: str, started_ms: int) -> dict[str, Any] | None:
        question, order = Question({"from": started_ms + 1, "lead_id": lead_id}, 1), Order("started_at", is_rising=True)
        return next(iter(self._sojourn.orders.page(asked.site_id, question, order, None, lead_id).data), None)


def _steps(events: list[dict[str, Any]], aside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All in the order of time, each with the seconds since the one before."""
    counted = [event | {"type": event["type"].lower(), "aside": ""} for event in events]
    others = [
        {name: event[name] for name in ("occurred_at", "type", "url", "points", "properties")}
        | {"aside": f"suppressed: {event['suppressed']}" if event["suppressed"] else "passive"}
        for event in aside
    ]
    ordered = sorted([*counted, *others], key=lambda step: parse(step["occurred_at"], "occurred_at"))
    before = None
    for step in ordered:
        at = parse(step["occurred_at"], "occurred_at")
        step["gap"] = 0.0 if before is None else (at - before) / 1000
        before = at
    return ordered
