"""Answers in place: what a session is, and where in the pages a question is answered."""

from starlette.responses import Response
from starlette.routing import Route

from sojourn.web.pages.asked import Asked
from sojourn.web.pages.frame import Frame
from sojourn.web.pages.site_texts import timeout_text


class Help:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> list[Route]:
        return [self._frame.route("/help", self.show)]

    def show(self, asked: Asked) -> Response:
        timeout = timeout_text(asked.site.session_timeout_ms)
        return self._frame.rendered("help.html", asked, timeout=timeout)
