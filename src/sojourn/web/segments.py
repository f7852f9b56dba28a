"""/v1/segments: named filters of sessions, and the leads behind them for `segment_id`."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.model.segment import Segment, Wanted, pairs_of, wanted_of
from sojourn.pipeline.keys import Access
from sojourn.reports import filters as filter_table
from sojourn.web.answers import json_answer
from sojourn.web.api import object_of
from sojourn.web.keyed import Answerer, allow_only, keyed


class SegmentRoutes:
    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._is_local = is_local

    def routes(self) -> list[Route]:
        one = "/v1/segments/{id}"
        return [
            self._route("/v1/segments", self.list_segments, "GET"),
            self._route("/v1/segments", self.create, "POST"),
            self._route(one, self.get, "GET"),
            self._route(one, self.change, "PATCH"),
            self._route(one, self.remove, "DELETE"),
        ]

    def _route(self, path: str, answer: Answerer, method: str) -> Route:
        return Route(path, keyed(self._sojourn, answer, is_local=self._is_local), methods=[method])

    def list_segments(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        segments = self._sojourn.segments.list(access.site_id)
        return {"data": [shown(segment) for segment in segments], "next_cursor": None, "has_more": False}

    def create(self, access: Access, request: Request) -> Response:
        wanted = _checked(request)
        segment = self._sojourn.segments.create(access.site_id, wanted, self._sojourn.now_ms())
        return json_answer({"data": shown(segment)}, 201)

    def get(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": shown(self._sojourn.segments.find(access.site_id, request.path_params["id"]))}

    def change(self, access: Access, request: Request) -> Any:
        wanted = _checked(request)
        segments = self._sojourn.segments
        return {
            "data": shown(segments.change(access.site_id, request.path_params["id"], wanted, self._sojourn.now_ms()))
        }

    def remove(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": shown(self._sojourn.segments.remove(access.site_id, request.path_params["id"]))}


def _checked(request: Request) -> Wanted:
    """Raises InvalidRequest for filters that a list of sessions would not take."""
    allow_only(request, set())
    wanted = wanted_of(object_of(request.state.body))
    for name in wanted.filters or {}:
        if name not in filter_table.OF_SEGMENTS:
            allowed = ", ".join(filter_table.OF_SEGMENTS)
            raise InvalidRequest(f"filters.{name[:60]} is no filter of a segment; allowed: {allowed}.")
    filter_table.parse(pairs_of(wanted.filters or {}))
    return wanted


def shown(segment: Segment) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(segment)
    return body | {"created_at": iso(segment.created_at), "updated_at": iso(segment.updated_at)}
