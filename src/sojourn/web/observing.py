"""Each request counted, timed and logged: by the route's template, never by what it was asked for."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sojourn.logs import REQUESTS
from sojourn.pipeline.keys import Access
from sojourn.pipeline.metering import Meter

# Where a request's access is kept for those that come after whoever checked the key.
ACCESS = "sojourn.access"
NO_ROUTE = "(none)"
KEY_LETTERS = 8
# Anybody may send any method: those that no route knows are one.
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

log = logging.getLogger(REQUESTS)


def template_of(scope: Scope) -> str:
    """The path of the route that took the request, such as /v1/sessions/{id}."""
    route = scope.get("route")
    return str(getattr(route, "path", NO_ROUTE))


class _Answer:
    """Passes an answer on and keeps its status; an answer that never began counts as 500."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


class Observer:
    """Lets an application answer, and notes what became of it."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    async def observe(self, application: ASGIApp, scope: Scope, receive: Receive, send: Send, route: str = "") -> None:
        """`route` is the template where the application has no routes of its own."""
        answer = _Answer(send)
        began = time.perf_counter()
        try:
            await application(scope, receive, answer.send)
        finally:
            self._note(scope, route or template_of(scope), answer.status, time.perf_counter() - began)

    def _note(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._meter.answered(route, method, status, seconds)
        if log.isEnabledFor(logging.INFO):
            access: Access | None = scope.get(ACCESS)
            fields = {
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "site": access and access.site_id,
                "key": access and access.key_id[:KEY_LETTERS],
            }
            log.info("request", extra={"fields": fields})
