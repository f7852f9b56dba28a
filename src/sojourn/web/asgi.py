"""The ASGI application: sending events on the raw path, all else through Starlette."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, RateLimitExceeded, SojournError, Unauthorized, Unavailable
from sojourn.web.access import access_of
from sojourn.web.answers import error_answer, on_bug, on_error, on_not_found, on_unreadable, on_wrong_method
from sojourn.web.api import Api
from sojourn.web.events import EventRoutes
from sojourn.web.imports import Importing
from sojourn.web.ingest import Ingest
from sojourn.web.leads import LeadRoutes
from sojourn.web.limits import Limits
from sojourn.web.local import Local
from sojourn.web.logins import LocalLogins
from sojourn.web.metrics import Metrics
from sojourn.web.observing import ACCESS, Observer
from sojourn.web.pages.failures import Handler, with_pages
from sojourn.web.pages.frame import Frame
from sojourn.web.pages.routes import page_routes
from sojourn.web.segments import SegmentRoutes
from sojourn.web.sites import LocalSites
from sojourn.web.upkeep import Upkeep

EVENTS_PATH = "/v1/events"
# What is asked of a server that may not know what others did.
OF_HEALTH = ("/healthz", "/readyz")


class Application:
    """Serves one Sojourn. `is_local` is the folder's socket: its owner needs no key and may do more."""

    def __init__(self, sojourn: Sojourn, *, is_local: bool = False) -> None:
        self._sojourn = sojourn
        self._is_local = is_local
        self._limits = Limits(sojourn, is_local=is_local)
        self._observer = Observer(sojourn.meter)
        routes = Api(sojourn, is_local=is_local).routes() + Metrics(sojourn, is_local=is_local).routes()
        routes += LeadRoutes(sojourn, is_local=is_local).routes() + EventRoutes(sojourn, is_local=is_local).routes()
        routes += SegmentRoutes(sojourn, is_local=is_local).routes()
        handlers: dict[Any, Handler] = {
            SojournError: on_error,
            404: on_not_found,
            405: on_wrong_method,
            HTTPException: _on_http,
            Exception: on_bug,
        }
        if not is_local:
            frame = Frame(sojourn)
            routes = page_routes(frame, _at(routes, "/sessions")) + routes
            handlers = with_pages(frame, handlers)
        else:
            local = (Local, LocalSites, LocalLogins, Importing, Upkeep)
            routes += [route for each in local for route in each(sojourn).routes()]
        self._ingest: ASGIApp = Ingest(sojourn, self._limits, is_local=is_local)
        rest = Starlette(
            routes=routes,
            exception_handlers=handlers,
        )
        # What is not there is 404: a redirect would send the key on, to an address that the request chose.
        rest.router.redirect_slashes = False
        self._rest: ASGIApp = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
        elif scope["path"] == EVENTS_PATH and scope["method"] in ("POST", "OPTIONS"):
            await self._observer.observe(self._ingest, scope, receive, send, EVENTS_PATH)
        else:
            await self._observer.observe(self._limited, scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whether the key is a valid one is for the route to say: some need none."""
        try:
            if scope["path"] not in OF_HEALTH:
                self._sojourn.share.check()
            with contextlib.suppress(Unauthorized, InvalidRequest):
                scope[ACCESS] = access_of(self._sojourn, scope["headers"], is_local=self._is_local)
                self._limits.take_request(scope[ACCESS])
        except (RateLimitExceeded, Unavailable) as error:
            await error_answer(error)(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def _at(routes: list[Route], path: str) -> Callable[[Request], Awaitable[Response]]:
    """What answers at a path."""
    endpoint: Callable[[Request], Awaitable[Response]] = next(each.endpoint for each in routes if each.path == path)
    return endpoint


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = {400: on_unreadable, 405: on_wrong_method}.get(error.status_code, on_not_found)
    return await answer(request, error)
