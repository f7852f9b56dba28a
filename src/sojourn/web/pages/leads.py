"""The list of leads; one lead: who it is, what it did; its export, its erasure and the receipt."""

from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sojourn.errors import InvalidRequest, NotFound, SojournError
from sojourn.model.identity import lead_id_of
from sojourn.model.session import PREFIX, decode_id
from sojourn.pipeline.audit import Entry
from sojourn.reports.lead_pages import decode
from sojourn.reports.sessions import Page, Question
from sojourn.web.leads import RECEIPT_PREFIX, shown
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import HEADERS, Frame, see_other
from sojourn.web.pages.view import COLUMNS, CURSOR

SHOWN = ("started_at", "duration", "event_count", "entry_point", "exit_point", "total_points", "intent", "converted")
LATEST = 20


MOST_LEADS = 50
SEARCH = "search"


def confirming(lead: dict[str, Any]) -> str:
    """What has to be typed before a lead is erased: its strongest identifier, which is no other lead's."""
    return str(lead["identifiers"][0]["value"])


class LeadCards:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        # An own id may hold a slash, so the path takes whatever is there.
        return [
            self._frame.route("/leads", self.list),
            self._frame.route("/receipts/{id}", self.receipt),
            self._frame.route("/leads/{id:path}/export", self.export),
            self._frame.action("/leads/{id:path}/erase", self.erase),
            self._frame.route("/leads/{id:path}", self.show),
        ]

    def list(self, asked: Asked) -> Response:
        """Leads that have a session, page by page; or the one that is searched for, by any of its identifiers."""
        given = dict(asked.pairs)
        for name in given:
            if name not in (SEARCH, CURSOR):
                raise InvalidRequest(f"{name[:60]} is no parameter of this page; allowed: {SEARCH}, {CURSOR}.")
        sought = given.get(SEARCH, "").strip()
        return self._search(asked, sought) if sought else self._listed(asked, given.get(CURSOR))

    def _listed(self, asked: Asked, cursor: str | None) -> Response:
        sojourn, site_id = self._sojourn, asked.site_id
        place = None if cursor is None else decode(cursor)
        page = sojourn.sites.read(
            site_id, lambda site: sojourn.lead_pages.page(site, site_id, MOST_LEADS, place, sojourn.now_ms())
        )
        return self._frame.rendered("leads.html", asked, page=page, cursor=cursor, sought="", problem="", receipt="")

    def _search(self, asked: Asked, sought: str) -> Response:
        sojourn, site_id = self._sojourn, asked.site_id
        try:
            return see_other(asked.address(f"/leads/{lead_id_of(site_id, sojourn.leads.found(site_id, sought))}"))
        except SojournError as error:
            erased = sojourn.leads.erased(site_id, sought, sojourn.erasures) if isinstance(error, NotFound) else None
            receipt = shown(erased)["id"] if erased else ""
            told = {"page": Page([], None), "cursor": None, "sought": sought, "problem": error.message}
            return self._frame.rendered("leads.html", asked, error.status, **told, receipt=receipt)

    def show(self, asked: Asked) -> Response:
        lead = self._lead(asked)
        question = Question({"from": 0, "lead_id": lead["id"]}, LATEST)
        return self._frame.rendered(
            "lead.html",
            asked,
            lead=lead,
            confirming=confirming(lead),
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
        """Raises InvalidRequest unless the identifier was typed as it is shown."""
        lead = self._lead(asked)
        if asked.field("confirmed").strip() != confirming(lead).strip():
            raise InvalidRequest(f"To erase this lead, type {confirming(lead)!r}. Nothing was erased.")
        receipt = shown(self._sojourn.erase(asked.site_id, lead["id"]))
        self._note(asked, "lead_erased", {"receipt": receipt["id"]})
        return see_other(asked.address(f"/receipts/{receipt['id']}"))

    def receipt(self, asked: Asked) -> Response:
        """What an erasure removed; it names nobody. Raises NotFound."""
        text = asked.request.path_params["id"]
        number = decode_id(PREFIX + text.removeprefix(RECEIPT_PREFIX)) if text.startswith(RECEIPT_PREFIX) else None
        found = None if number is None else self._sojourn.erasures.by_number(asked.site_id, number)
        if found is None:
            raise NotFound(f"There is no receipt {text[:60]!r} on this site.")
        return self._frame.rendered("erased.html", asked, receipt=shown(found), is_done=found.is_done)

    def _lead(self, asked: Asked) -> dict[str, Any]:
        """Raises NotFound."""
        sojourn, site_id = self._sojourn, asked.site_id
        ref = sojourn.leads.found(site_id, asked.request.path_params["id"])
        return sojourn.sites.read(site_id, lambda site: sojourn.lead_pages.one(site, site_id, ref, sojourn.now_ms()))

    def _note(self, asked: Asked, action: str, detail: dict[str, Any]) -> None:
        self._sojourn.audit.note(asked.site_id, Entry(self._sojourn.now_ms(), asked.login.email, action, detail))
