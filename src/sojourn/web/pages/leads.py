"""One lead: who it is, what it did; and its export and erasure."""

from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.model.identity import lead_id_of
from sojourn.pipeline.audit import Entry
from sojourn.reports.sessions import Question
from sojourn.web.leads import shown
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import HEADERS, Frame
from sojourn.web.pages.view import COLUMNS

SHOWN = ("started_at", "duration", "event_count", "entry_point", "exit_point", "total_points", "intent", "converted")
LATEST = 20


class LeadCards:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        # An own id may hold a slash, so the path takes whatever is there.
        return [
            self._frame.route("/leads/{id:path}/export", self.export),
            self._frame.action("/leads/{id:path}/erase", self.erase),
            self._frame.route("/leads/{id:path}", self.show),
        ]

    def show(self, asked: Asked) -> Response:
        lead = self._lead(asked)
        question = Question({"from": 0, "lead_id": lead["id"]}, LATEST)
        return self._frame.rendered(
            "lead.html",
            asked,
            lead=lead,
            sessions=self._sojourn.lists.page(asked.site_id, question, lead["id"]).data,
            columns=[column for column in COLUMNS if column.name in SHOWN],
        )

    def export(self, asked: Asked) -> Response:
        """The file of the API: everything that is stored of the lead."""
        sojourn, site_id = self._sojourn, asked.site_id
        lead = sojourn.leads.found(site_id, asked.request.path_params["id"])
        pieces = sojourn.sites.stream(
            site_id, lambda site: sojourn.lead_pages.export(site, site_id, lead, sojourn.now_ms())
        )
        self._note(asked, "lead_exported", {"lead_id": lead_id_of(site_id, lead)})
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="lead.json"'}
        return StreamingResponse(pieces, 200, headers, "application/json")

    def erase(self, asked: Asked) -> Response:
        """Raises InvalidRequest unless the name was typed as it is shown."""
        lead = self._lead(asked)
        if asked.field("confirmed").strip() != lead["lead"]["name"].strip():
            raise InvalidRequest(
                f"The lead is called {lead['lead']['name']!r}; type that to confirm. Nothing was erased."
            )
        receipt = shown(self._sojourn.erase(asked.site_id, lead["id"]))
        self._note(asked, "lead_erased", {"receipt": receipt["id"]})
        return self._frame.rendered("erased.html", asked, receipt=receipt)

    def _lead(self, asked: Asked) -> dict[str, Any]:
        """Raises NotFound."""
        sojourn, site_id = self._sojourn, asked.site_id
        ref = sojourn.leads.found(site_id, asked.request.path_params["id"])
        return sojourn.sites.read(site_id, lambda site: sojourn.lead_pages.one(site, site_id, ref, sojourn.now_ms()))

    def _note(self, asked: Asked, action: str, detail: dict[str, Any]) -> None:
        self._sojourn.audit.note(asked.site_id, Entry(self._sojourn.now_ms(), asked.login.email, action, detail))
