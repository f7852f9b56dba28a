"""GET /v1/events and /v1/events/{id}: everything that is stored, suppressed and passive ones too."""

from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.pipeline.keys import Access
from sojourn.reports import events
from sojourn.reports.event_filters import BY_NAME
from sojourn.reports.export import MAX_EXPORT, texts_of
from sojourn.reports.filters import MAX_LIMIT
from sojourn.web import exporting
from sojourn.web.api import check_own, parameters_of
from sojourn.web.keyed import Answerer, allow_only, keyed


class EventRoutes:
    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._is_local = is_local

    def routes(self) -> list[Route]:
        # An event's id may hold a slash, so the path takes whatever is there.
        return [self._route("/v1/events", self.list_events), self._route("/v1/events/{id:path}", self.get_event)]

    def _route(self, path: str, answer: Answerer) -> Route:
        return Route(path, keyed(self._sojourn, answer, is_local=self._is_local))

    def list_events(self, access: Access, request: Request) -> Any:
        form = exporting.format_of(request)
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "format"]
        if form != exporting.JSON:
            return self._export(access, form, pairs)
        question = event_question_of(pairs)
        sojourn, site_id = self._sojourn, access.site_id
        page = sojourn.sites.read(site_id, lambda site: sojourn.events.page(site, site_id, question, sojourn.now_ms()))
        return {"data": page.data, "next_cursor": page.next_cursor, "has_more": page.has_more}

    def _export(self, access: Access, form: str, pairs: list[tuple[str, str]]) -> Response:
        """The whole list as a file, or with a limit so many rows of it and the cursor of what follows."""
        question = event_question_of(pairs, MAX_EXPORT)
        if question.after is not None and question.after.direction == "after":
            raise InvalidRequest("paging back is for JSON alone.")
        sojourn, site_id = self._sojourn, access.site_id
        limit = question.limit if "limit" in dict(pairs) else None
        pieces = sojourn.sites.stream(
            site_id, lambda site: sojourn.event_exports.tables(site, site_id, question, limit, sojourn.now_ms())
        )
        if limit is None:
            return exporting.streamed((table for table, _ in pieces), form, "events", texts_of)
        tables, cursors = zip(*pieces, strict=True)
        return exporting.whole(pa.concat_tables(tables), form, texts_of, cursors[-1])

    def get_event(self, access: Access, request: Request) -> Any:
        allow_only(request, {"sender"})
        sojourn, site_id = self._sojourn, access.site_id
        event_id, sender = request.path_params["id"], request.query_params.get("sender")
        found = sojourn.sites.read(
            site_id, lambda site: sojourn.events.one(site, site_id, event_id, sender, sojourn.now_ms())
        )
        return {"data": found}


def event_question_of(pairs: list[tuple[str, str]], most: int = MAX_LIMIT) -> events.EventQuestion:
    """What a list of events is asked by query parameters. Raises InvalidRequest."""
    single, limit, filters = parameters_of(pairs, BY_NAME, most)
    if "cursor" not in single:
        return events.EventQuestion(filters, limit)
    edge = events.decode(single["cursor"])
    carried = edge.filters or {}
    check_own(filters, carried)
    return events.EventQuestion(carried, limit, edge)
