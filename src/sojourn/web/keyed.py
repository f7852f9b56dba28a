"""Routes that need a secret key: checked on the loop, answered in a thread."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.pipeline.keys import Access
from sojourn.web.access import access_of, need_secret
from sojourn.web.answers import json_answer
from sojourn.web.ingest import read_body

Answerer = Callable[[Access, Request], Any]


def keyed(sojourn: Sojourn, answer: Answerer, *, is_local: bool) -> Callable[[Request], Awaitable[Response]]:
    """The body is in `request.state.body`; what is no Response is sent as JSON."""

    async def respond(request: Request) -> Response:
        access = need_secret(access_of(sojourn, request.scope["headers"], is_local=is_local))
        request.state.body = await read_body(request.scope, request.receive)
        result = await anyio.to_thread.run_sync(answer, access, request)
        return result if isinstance(result, Response) else json_answer(result)

    return respond


def allow_only(request: Request, names: set[str]) -> None:
    """Raises InvalidRequest for any other query parameter."""
    for name in request.query_params:
        if name not in names:
            raise InvalidRequest(f"{name[:60]} is no parameter here; allowed: {', '.join(sorted(names)) or 'none'}.")
