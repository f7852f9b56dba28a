"""Every single event, newest first: with filters, as stored, live."""

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.reports.event_filters import BY_NAME
from sojourn.reports.export import texts_of
from sojourn.reports.sessions import Page
from sojourn.web import exporting
from sojourn.web.events import event_question_of
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.chips import Control
from sojourn.web.pages.frame import HEADERS, Frame

LIVE, CURSOR = "live", "cursor"
CONTROLS = {
    "type": ("Event", "page_view"),
    "lead_id": ("Lead", "e-mail, your own id, visitor id"),
    "session_id": ("Session", "sess_…"),
    "url": ("Address contains", "/pricing"),
    "suppressed": ("Suppressed", "true, false or the reason"),
    "passive": ("Passive", ""),
    "from": ("From (UTC)", "2026-04-29"),
    "to": ("to before (UTC)", "2026-04-30T12:00:00Z"),
}


class EventListPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [self._frame.route("/events", self.show), self._frame.route("/events.csv", self.csv)]

    def show(self, asked: Asked) -> Response:
        given = [pair for pair in asked.pairs if pair[0] != LIVE]
        pairs = [pair for pair in given if pair[0] != CURSOR]
        _check_names(given)
        return self._frame.rendered(
            "events.html",
            asked,
            page=self._page(asked, given),
            pairs=pairs,
            controls=_controls(pairs),
            is_live=LIVE in dict(asked.pairs),
            is_first_page=CURSOR not in dict(given),
        )

    def csv(self, asked: Asked) -> Response:
        """All events that fit, with every column of the API's file."""
        pairs = [pair for pair in asked.pairs if pair[0] not in (LIVE, CURSOR)]
        question, sojourn, site_id = event_question_of(pairs), self._sojourn, asked.site_id
        pieces = sojourn.sites.stream(
            site_id, lambda site: sojourn.event_exports.tables(site, site_id, question, None, sojourn.now_ms())
        )
        answer = exporting.streamed((table for table, _ in pieces), exporting.CSV, "events", texts_of)
        answer.headers.update(HEADERS)
        return answer

    def _page(self, asked: Asked, pairs: list[tuple[str, str]]) -> Page:
        question, site_id = event_question_of(pairs), asked.site_id
        return self._sojourn.sites.read(
            site_id, lambda site: self._sojourn.events.page(site, site_id, question, self._sojourn.now_ms())
        )


def _check_names(pairs: list[tuple[str, str]]) -> None:
    for name, _ in pairs:
        if name not in BY_NAME and name != CURSOR:
            raise InvalidRequest(f"{name[:60]} is no filter of this page.")


def _controls(pairs: list[tuple[str, str]]) -> list[Control]:
    given = dict(pairs)
    yes_no = (("true", "only these"), ("false", "without these"))
    return [
        Control(name, label, given.get(name, ""), yes_no if name == "passive" else (), hint)
        for name, (label, hint) in CONTROLS.items()
    ]
