"""The list of sessions, what it comes to, and its CSV; and one session."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sojourn.model.instant import parse
from sojourn.pipeline.audit import Entry
from sojourn.reports import cursor as cursors
from sojourn.reports import ranked
from sojourn.reports.filters import MAX_LIMIT
from sojourn.reports.sessions import Page
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.charts import days_chart, durations_chart, entries_chart
from sojourn.web.pages.chips import carried, chips_of, controls_of, days_chip
from sojourn.web.pages.frame import HEADERS, Frame, see_other
from sojourn.web.pages.spreadsheet import guarded_text
from sojourn.web.pages.texts import local
from sojourn.web.pages.view import COLUMNS, VIEW, View, days_of, sort_of, view_of

PAGE = "sessions"


class SessionPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/sessions.csv", self.csv),
            self._frame.route("/sessions/summary", self.summary),
            self._frame.route("/sessions/newer", self.newer),
            self._frame.action("/sessions/views", self.save_view, is_for_owners=False),
            self._frame.action("/sessions/views/{id}/remove", self.remove_view, is_for_owners=False),
        ]

    def list(self, asked: Asked) -> Response:
        view = view_of(asked.pairs, asked.zone)
        page = self._page(asked, view)
        segments = self._segments(asked)
        first, last = days_of(view, asked.zone, self._sojourn.now_ms())
        return self._frame.rendered(
            "sessions.html",
            asked,
            view=view,
            page=page,
            chips=chips_of(view, segments),
            days=days_chip(view),
            controls=controls_of(view, segments, sorted(asked.site.goals)),
            carried=carried(view),
            all_columns=COLUMNS,
            first_day=first,
            last_day=last,
            views=self._sojourn.saved_views.list(asked.site_id, PAGE),
            chosen_view=dict(asked.pairs).get(VIEW, ""),
            orders=self._orders(view),
            is_empty_site=not page.data and not view.pairs and self._is_empty(asked),
        )

    def summary(self, asked: Asked) -> Response:
        """What the list comes to: a part of its page that comes after it, or without scripts a page of its own."""
        view = view_of(asked.pairs, asked.zone)
        question = replace(view.question, after=None)
        found = self._sojourn.summaries.of(asked.site_id, question, str(asked.zone), view.lead)
        first, last = days_of(view, asked.zone, self._sojourn.now_ms())
        return self._frame.rendered(
            "_summary.html" if asked.is_part else "summary.html",
            asked,
            summary=found,
            chips=list(zip(chips_of(view, self._segments(asked)), found.left, strict=True)),
            days=days_chip(view),
            days_chart=days_chart(found, first, last),
            durations_chart=durations_chart(found),
            entries_chart=entries_chart(found),
            view=view,
        )

    def newer(self, asked: Asked) -> Response:
        """How many sessions began since the page was made: a link that shows them."""
        pairs = [pair for pair in asked.pairs if pair[0] != "since"]
        view = view_of(pairs, asked.zone)
        since = parse(dict(asked.pairs).get("since", "0"), "since")
        count = self._sojourn.summaries.newer(asked.site_id, view.question, since, view.lead)
        return self._frame.rendered("_newer.html", asked, count=count, view=view)

    def csv(self, asked: Asked) -> Response:
        """All sessions of the list with the columns and in the order that are shown."""
        view = view_of([pair for pair in asked.pairs if pair[0] != "cursor"], asked.zone)
        first = self._page(asked, view)  # refused before the answer begins
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="sessions.csv"'}
        return StreamingResponse(self._csv_lines(asked, view, first), 200, headers, "text/csv; charset=utf-8")

    def save_view(self, asked: Asked) -> Response:
        query = asked.field("query")
        view = self._sojourn.saved_views.save(asked.site_id, asked.field("name"), PAGE, query)
        self._note(asked, "view_saved", {"name": view.name})
        return see_other(f"/sessions?{'&'.join(filter(None, [query, f'view={view.id}']))}")

    def remove_view(self, asked: Asked) -> Response:
        view = self._sojourn.saved_views.remove(asked.site_id, asked.request.path_params["id"])
        self._note(asked, "view_removed", {"name": view.name})
        return see_other(asked.address("/sessions"))

    def _page(self, asked: Asked, view: View) -> Page:
        if view.order.is_newest_first:
            return self._sojourn.lists.page(asked.site_id, view.question, view.lead)
        return self._sojourn.orders.page(asked.site_id, view.question, view.order, view.rank, view.lead)

    def _csv_lines(self, asked: Asked, view: View, page: Page) -> Iterator[bytes]:
        yield _csv([[column.heading for column in view.columns]])
        while True:
            yield _csv([_cells(view, session, asked) for session in page.data])
            if page.next_cursor is None:
                return
            if view.order.is_newest_first:
                after = cursors.decode(page.next_cursor)
                question = replace(view.question, filters=after.filters or {}, after=after, limit=MAX_LIMIT)
                view = replace(view, question=question)
            else:
                view = replace(
                    view, rank=ranked.decode(page.next_cursor), question=replace(view.question, limit=MAX_LIMIT)
                )
            page = self._page(asked, view)

    def _segments(self, asked: Asked) -> dict[str, str]:
        return {segment.id: segment.name for segment in self._sojourn.segments.list(asked.site_id)}

    def _orders(self, view: View) -> dict[str, str]:
        """By order, the one that its heading asks for next."""
        present = view.order
        return {
            column.order: sort_of(replace(present, by=column.order, is_rising=_turned(present, column.order)))
            for column in COLUMNS
            if column.order
        }

    def _is_empty(self, asked: Asked) -> bool:
        """Whether nothing was ever sent."""
        question = replace(view_of([], asked.zone).question, filters={"from": 0}, limit=1)
        return not self._sojourn.page(asked.site_id, question).data

    def _note(self, asked: Asked, action: str, detail: dict[str, Any]) -> None:
        self._sojourn.audit.note(asked.site_id, Entry(self._sojourn.now_ms(), asked.login.email, action, detail))


def _turned(present: ranked.Order, by: str) -> bool:
    return present.by == by and not present.is_rising


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(view: View, session: dict[str, Any], asked: Asked) -> list[str]:
    return [_cell(column.name, session, asked) for column in view.columns]


def _cell(name: str, session: dict[str, Any], asked: Asked) -> str:
    """A value as it is shown, without what a spreadsheet would take for a formula."""
    value = session[name]
    if name == "lead":
        value = value["name"]
    elif name in ("started_at", "ended_at"):
        value = local(value, asked.zone).isoformat()
    elif name == "intent":
        value = f"{value} {session['intent_score']}"
    elif isinstance(value, list):
        value = " ".join(value)
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    text = "" if value is None else str(value)
    return text if isinstance(value, int | float) else guarded_text(text)
