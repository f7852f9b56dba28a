"""/v1/leads: a list, one lead, everything about it, and its erasure."""

from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.model.identity import LEAD_PREFIX
from sojourn.model.instant import iso
from sojourn.model.session import encode_id
from sojourn.pipeline.erasures import Receipt
from sojourn.pipeline.keys import Access
from sojourn.reports import filters as filter_table
from sojourn.reports import lead_pages
from sojourn.reports.filters import DEFAULT_LIMIT, MAX_LIMIT
from sojourn.web.keyed import Answerer, allow_only, keyed

RECEIPT_PREFIX = "rcpt_"


class LeadRoutes:
    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._is_local = is_local

    def routes(self) -> list[Route]:
        # An own id may hold a slash, so the path takes whatever is there.
        return [
            self._route("/v1/leads", self.list_leads, "GET"),
            self._route("/v1/leads/{id:path}/export", self.export, "GET"),
            self._route("/v1/leads/{id:path}", self.get_lead, "GET"),
            self._route("/v1/leads/{id:path}", self.erase, "DELETE"),
        ]

    def _route(self, path: str, answer: Answerer, method: str) -> Route:
        return Route(path, keyed(self._sojourn, answer, is_local=self._is_local), methods=[method])

    def list_leads(self, access: Access, request: Request) -> Any:
        allow_only(request, {"limit", "cursor"})
        parameters = request.query_params
        limit = filter_table.integer("limit", parameters.get("limit", str(DEFAULT_LIMIT)), 1, MAX_LIMIT)
        cursor = lead_pages.decode(parameters["cursor"]) if "cursor" in parameters else None
        sojourn, site_id = self._sojourn, access.site_id
        page = sojourn.sites.read(
            site_id, lambda site: sojourn.lead_pages.page(site, site_id, limit, cursor, sojourn.now_ms())
        )
        return {"data": page.data, "next_cursor": page.next_cursor, "has_more": page.has_more}

    def get_lead(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return self._one(access.site_id, request.path_params["id"])

    def _one(self, site_id: str, text: str) -> Any:
        sojourn = self._sojourn
        lead = sojourn.leads.found(site_id, text)
        found = sojourn.sites.read(site_id, lambda site: sojourn.lead_pages.one(site, site_id, lead, sojourn.now_ms()))
        return {"data": found}

    def export(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        sojourn, site_id = self._sojourn, access.site_id
        if not request.scope["raw_path"].endswith(b"/export"):
            # The slash was sent as %2F: it is a lead's, whose own id ends so.
            return self._one(site_id, request.path_params["id"] + "/export")
        lead = sojourn.leads.found(site_id, request.path_params["id"])
        pieces = sojourn.sites.stream(
            site_id, lambda site: sojourn.lead_pages.export(site, site_id, lead, sojourn.now_ms())
        )
        return StreamingResponse(pieces, media_type="application/json")

    def erase(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": shown(self._sojourn.erase(access.site_id, request.path_params["id"]))}


def shown(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": encode_id(receipt.receipt_number, RECEIPT_PREFIX),
        "lead_id": encode_id(receipt.lead_number, LEAD_PREFIX),
        "erased_at": iso(receipt.erased_at),
        "event_count": receipt.event_count,
        "session_count": receipt.session_count,
        "identifier_count": receipt.identifier_count,
    }
