"""GET /v1/events and /v1/events/{id}: everything that is stored, suppressed and passive ones too."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.pipeline.keys import Access
from sojourn.reports import events
from sojourn.reports.event_filters import BY_NAME
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
        question = event_question_of(request.query_params.multi_items())
        sojourn, site_id = self._sojourn, access.site_id
        page = sojourn.events.page(sojourn.sites[site_id], site_id, question, sojourn.now_ms())
        return {"data": page.data, "next_cursor": page.next_cursor, "has_more": page.has_more}

    def get_event(self, access: Access, request: Request) -> Any:
        allow_only(request, {"sender"})
        sojourn, site_id = self._sojourn, access.site_id
        event_id, sender = request.path_params["id"], request.query_params.get("sender")
        return {"data": sojourn.events.one(sojourn.sites[site_id], site_id, event_id, sender, sojourn.now_ms())}


def event_question_of(pairs: list[tuple[str, str]]) -> events.EventQuestion:
    """What a list of events is asked by query parameters. Raises InvalidRequest."""
    single, limit, filters = parameters_of(pairs, BY_NAME)
    if "cursor" not in single:
        return events.EventQuestion(filters, limit)
    edge = events.decode(single["cursor"])
    carried = edge.filters or {}
    check_own(filters, carried)
    return events.EventQuestion(carried, limit, edge)
