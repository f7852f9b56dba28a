"""One click removes the demo's data."""

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest
from sojourn.pipeline.audit import Entry
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import Frame, see_other


class DemoPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [self._frame.action("/demo/remove", self.remove)]

    def remove(self, asked: Asked) -> Response:
        """Raises InvalidRequest where there is no demo data, Unavailable while an import is under way."""
        if asked.site_id != DEFAULT_SITE:
            raise InvalidRequest("Demo data lies on the default site alone; nothing was removed.")
        self._sojourn.demo.remove()
        entry = Entry(self._sojourn.now_ms(), asked.login.email, "demo_removed", {})
        self._sojourn.audit.note(asked.site_id, entry)
        return see_other(asked.address("/sessions"))
