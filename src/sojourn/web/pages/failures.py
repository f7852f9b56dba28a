"""What fails outside a page: as a page for a browser, as JSON for everybody else."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sojourn.web.pages.frame import Frame, Problem
from sojourn.web.pages.routes import wants_page

Handler = Callable[[Request, Exception], Awaitable[Response]]
# What lies here is for programs, whoever asks.
FOR_PROGRAMS = ("/v1/", "/static/", "/openapi.json", "/healthz", "/readyz", "/metrics")
_TOLD = {
    404: "There is no page at this address.",
    405: "This address cannot be asked like that.",
    500: "Something went wrong here. The server's log says what: whoever runs it can look there.",
}


def with_pages(frame: Frame, handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """The handlers of the API's errors, each with a page instead where a browser asks for one."""
    return {kind: _either(frame, handler) for kind, handler in handlers.items()}


def _either(frame: Frame, handler: Handler) -> Handler:
    async def respond(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        if not wants_page(request) or request.url.path.startswith(FOR_PROGRAMS):
            return answer
        said = msgspec.json.decode(answer.body)
        message = _TOLD.get(answer.status_code, said["message"])
        problem = Problem(said["error"], message, answer.status_code, answer.headers.get("retry-after"))
        return await anyio.to_thread.run_sync(frame.told, problem, request)

    return respond
