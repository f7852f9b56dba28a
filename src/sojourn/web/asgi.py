"""The ASGI application: sending events on the raw path, all else through Starlette."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sojourn.app import Sojourn
from sojourn.errors import SojournError
from sojourn.web.answers import on_bug, on_error, on_not_found, on_wrong_method
from sojourn.web.api import Api
from sojourn.web.ingest import Ingest
from sojourn.web.local import Local
from sojourn.web.upkeep import Upkeep

EVENTS_PATH = "/v1/events"


class Application:
    """Serves one Sojourn. `is_local` is the folder's socket: its owner needs no key and may do more."""

    def __init__(self, sojourn: Sojourn, *, is_local: bool = False) -> None:
        routes = Api(sojourn, is_local=is_local).routes()
        if is_local:
            routes += Local(sojourn).routes() + Upkeep(sojourn).routes()
        self._ingest: ASGIApp = Ingest(sojourn, is_local=is_local)
        self._rest: ASGIApp = Starlette(
            routes=routes,
            exception_handlers={
                SojournError: on_error,
                404: on_not_found,
                405: on_wrong_method,
                HTTPException: _on_http,
                Exception: on_bug,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_event = scope["type"] == "http" and scope["path"] == EVENTS_PATH and scope["method"] in ("POST", "OPTIONS")
        await (self._ingest if is_event else self._rest)(scope, receive, send)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return await (on_wrong_method if error.status_code == 405 else on_not_found)(request, error)
