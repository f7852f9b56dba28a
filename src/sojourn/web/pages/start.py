"""First steps: a key, a line to send the first event with, and the event as it arrives."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.model.instant import parse
from sojourn.model.site import owner_of
from sojourn.reports.events import EventQuestion
from sojourn.web.local import told
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.audit_log import note
from sojourn.web.pages.frame import Frame
from sojourn.web.pages.people import address_of


class Start:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/start", self.show),
            self._frame.action("/start/key", self.make_key),
            self._frame.route("/start/arrived", self.arrived),
        ]

    def show(self, asked: Asked) -> Response:
        return self._page(asked, "", self._since(asked))

    def make_key(self, asked: Asked) -> Response:
        """A secret key, shown this once within the line to send."""
        is_test, now_ms = asked.site_id != owner_of(asked.site_id), self._sojourn.now_ms()
        key, token = self._sojourn.keys.create(asked.site_id, "secret", is_test=is_test, now_ms=now_ms)
        note(self._sojourn, asked, "key_created", told(key))
        return self._page(asked, token, now_ms)

    def arrived(self, asked: Asked) -> Response:
        """The first event that came since the page was made, with its session as soon as it is in one."""
        since = self._since(asked)
        return self._frame.rendered("_arrived.html", asked, event=self._event(asked, since), since=since)

    def _page(self, asked: Asked, token: str, since: int) -> Response:
        return self._frame.rendered(
            "start.html",
            asked,
            token=token,
            since=since,
            event=self._event(asked, since),
            address=address_of(asked.request),
            is_test=asked.site_id != owner_of(asked.site_id),
        )

    def _since(self, asked: Asked) -> int:
        """The instant that the address says. Raises InvalidRequest."""
        text = dict(asked.pairs).get("since")
        if text is None:
            return self._sojourn.now_ms()
        if not text.isdigit():
            raise InvalidRequest(f"since is {text[:60]!r}; allowed are milliseconds since 1970.")
        return parse(text, "since")

    def _event(self, asked: Asked, since: int) -> dict[str, Any] | None:
        """The newest event, if it came since then."""
        sojourn, site_id = self._sojourn, asked.site_id
        question = EventQuestion({}, 1)
        page = sojourn.sites.read(site_id, lambda site: sojourn.events.page(site, site_id, question, sojourn.now_ms()))
        found = page.data[0] if page.data else None
        return found if found and parse(found["received_at"], "received_at") >= since else None
