"""Every single event, newest first: with filters, as stored, live; and one of them."""

import pyarrow as pa
from starlette.responses import Response
from starlette.routing import Route

from sojourn.model.instant import parse
from sojourn.reports.events import EventQuestion
from sojourn.reports.export import texts_of
from sojourn.reports.sessions import Page
from sojourn.web import exporting
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.event_view import FIRST_TIME, LAST_TIME, LIVE, chips_of, controls_of, event_view_of
from sojourn.web.pages.frame import HEADERS, Frame
from sojourn.web.pages.spreadsheet import guarded
from sojourn.web.pages.view import CURSOR, FIRST_DAY, LAST_DAY

# Events that came later than so many milliseconds after they happened are said to.
LATE_MS = 60_000


class EventListPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        # An event's id may hold a slash, so the path takes whatever is there.
        return [
            self._frame.route("/events", self.list),
            self._frame.route("/events.csv", self.csv),
            self._frame.route("/events/{id:path}", self.one),
        ]

    def list(self, asked: Asked) -> Response:
        view = event_view_of(asked.pairs, asked.zone)
        page = self._page(asked, view.question)
        names = {event["lead_id"]: event["lead"]["name"] for event in page.data}
        return self._frame.rendered(
            "events.html",
            asked,
            page=page,
            view=view,
            chips=chips_of(view, names),
            controls=controls_of(view),
            days=[(FIRST_DAY, FIRST_TIME, "From"), (LAST_DAY, LAST_TIME, "to")],
            live=[*view.pairs, (LIVE, "1")],
        )

    def one(self, asked: Asked) -> Response:
        """The newest event of the id, or that of one sender, where the address names it. Raises NotFound."""
        sojourn, site_id = self._sojourn, asked.site_id
        event_id, sender = asked.request.path_params["id"], dict(asked.pairs).get("sender")
        event = sojourn.sites.read(
            site_id, lambda site: sojourn.events.one(site, site_id, event_id, sender, sojourn.now_ms())
        )
        behind_ms = parse(event["received_at"], "received_at") - parse(event["occurred_at"], "occurred_at")
        return self._frame.rendered(
            "event.html", asked, event=event, late=behind_ms / 1000 if behind_ms >= LATE_MS else None
        )

    def csv(self, asked: Asked) -> Response:
        """All events that fit, with every column of the API's file, and without what a spreadsheet would run."""
        view = event_view_of([pair for pair in asked.pairs if pair[0] != CURSOR], asked.zone)
        sojourn, site_id = self._sojourn, asked.site_id
        pieces = sojourn.sites.stream(
            site_id, lambda site: sojourn.event_exports.tables(site, site_id, view.question, None, sojourn.now_ms())
        )
        answer = exporting.streamed((table for table, _ in pieces), exporting.CSV, "events", _texts)
        answer.headers.update(HEADERS)
        return answer

    def _page(self, asked: Asked, question: EventQuestion) -> Page:
        site_id = asked.site_id
        return self._sojourn.sites.read(
            site_id, lambda site: self._sojourn.events.page(site, site_id, question, self._sojourn.now_ms())
        )


def _texts(table: pa.Table) -> pa.Table:
    return guarded(texts_of(table))
