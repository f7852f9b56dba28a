"""One session: its journey step by step, its intent factor by factor, its neighbours."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.model.instant import parse
from sojourn.model.site import Site
from sojourn.reports.cursor import decode_place
from sojourn.reports.filters import integer
from sojourn.reports.journey import Surrounded
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.explained import explained, reason_of
from sojourn.web.pages.frame import Frame, see_other

# So many events of a session are on a page.
STEPS = 500
PLACE, STEP = "events_cursor", "step"
MOST_STEPS = 10**12


class JourneyPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [self._frame.route("/sessions/{id}", self.show), self._frame.route("/sessions/{id}/beside", self.beside)]

    def show(self, asked: Asked) -> Response:
        """The session; an id that became another's leads there. Raises NotFound, InvalidRequest."""
        place, first = _place_of(asked)
        site, found = self._found(asked, place)
        part, session = found.part, found.part.session
        if session["id"] != asked.request.path_params["id"]:
            return see_other(asked.address(f"/sessions/{session['id']}"))
        return self._frame.rendered(
            "session.html",
            asked,
            session=session,
            steps=_steps(part.events, found.aside, None if place is None else decode_place(place)[0]),
            more_aside=found.has_more_aside,
            first=first,
            last=first + len(part.events) - 1,
            following=[] if part.following is None else _parameters(part.following, first + len(part.events)),
            factors=explained(part, site, is_whole=place is None and part.following is None),
            reason=reason_of(session["intent"], site),
        )

    def beside(self, asked: Asked) -> Response:
        """The lead's sessions before and after: a part that comes after the page, or without scripts a page of its own.

        Raises NotFound.
        """
        sojourn, site_id, text = self._sojourn, asked.site_id, asked.request.path_params["id"]
        found = sojourn.sites.read(site_id, lambda site: sojourn.journeys.beside(site, site_id, text, sojourn.now_ms()))
        template = "_beside.html" if asked.is_part else "beside.html"
        return self._frame.rendered(template, asked, id=text, earlier=found.earlier, later=found.later)

    def _found(self, asked: Asked, place: str | None) -> tuple[Site, Surrounded]:
        """The session, and the definition that it is of."""
        sojourn, site_id, text = self._sojourn, asked.site_id, asked.request.path_params["id"]
        return sojourn.sites.read(
            site_id,
            lambda site: (site, sojourn.journeys.surrounded(site, site_id, text, sojourn.now_ms(), place, STEPS)),
        )


def _place_of(asked: Asked) -> tuple[str | None, int]:
    """Behind which event the page begins, and the number of its first one. Raises InvalidRequest."""
    given = dict(asked.pairs)
    for name in given:
        if name not in (PLACE, STEP):
            raise InvalidRequest(f"{name[:60]} is no parameter of this page; allowed: {PLACE}, {STEP}.")
    return given.get(PLACE), integer(STEP, given.get(STEP, "1"), 1, MOST_STEPS)


def _parameters(place: str, step: int) -> list[tuple[str, str]]:
    return [(PLACE, place), (STEP, str(step))]


def _steps(events: list[dict[str, Any]], aside: list[dict[str, Any]], before_ms: int | None) -> list[dict[str, Any]]:
    """All in the order of time, each with the seconds since the one before, which may be of the part before."""
    steps = [event | {"aside": ""} for event in events]
    steps += [event | {"aside": f"suppressed: {why}" if (why := event["suppressed"]) else "passive"} for event in aside]
    ordered = sorted(
        (step | {"type": step["type"].lower()} for step in steps),
        key=lambda step: parse(step["occurred_at"], "occurred_at"),
    )
    before = before_ms
    for step in ordered:
        at = parse(step["occurred_at"], "occurred_at")
        step["gap"] = 0.0 if before is None else (at - before) / 1000
        before = at
    return ordered
