"""Answers as JSON, and errors as the contract writes them."""

import logging
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sojourn.errors import SojournError
from sojourn.web.observing import template_of

log = logging.getLogger("sojourn")
_encoder = msgspec.json.Encoder()


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(_encoder.encode(body), status, headers, media_type="application/json")


def error_body(code: str, message: str) -> dict[str, str]:
    return {"error": code, "message": message}


def error_answer(error: SojournError) -> Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return json_answer(error_body(error.code, error.message), error.status, headers)


async def on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SojournError)
    return error_answer(error)


async def on_not_found(request: Request, _error: Exception) -> Response:
    message = f"There is nothing at {request.url.path}; /openapi.json lists what there is."
    return json_answer(error_body("NotFound", message), 404)


async def on_wrong_method(request: Request, _error: Exception) -> Response:
    message = f"{request.method} is not allowed at {request.url.path}; /openapi.json lists what there is."
    return json_answer(error_body("InvalidRequest", message), 405)


async def on_unreadable(_request: Request, error: Exception) -> Response:
    return json_answer(error_body("InvalidRequest", f"What was sent cannot be read: {error}."), 400)


async def on_bug(request: Request, error: Exception) -> Response:
    told = {"method": request.method, "route": template_of(request.scope)}
    if isinstance(error.__cause__, SojournError):
        # Starlette's word for an error of ours in the middle of an answer: whoever reads it sees it break off.
        log.warning("an answer was cut off: %s", error.__cause__.code, extra={"fields": told})
        return error_answer(error.__cause__)
    log.error("a request failed", exc_info=error, extra={"fields": told})
    return json_answer(error_body("InternalError", "Something went wrong here; the log says what."), 500)
