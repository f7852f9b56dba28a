"""What the commands share: where they print, and how they ask the API."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
from rich.console import Console

from sojourn.errors import ERRORS, SojournError, Unavailable

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def ask(client: httpx.Client, method: str, path: str, body: Any = None, params: Any = None) -> dict[str, Any]:
    """The answer's JSON. Raises the error that the server answered with."""
    content = msgspec.json.encode(body) if body is not None else None
    try:
        answer = client.request(method, path, content=content, params=params)
    except httpx.TransportError as error:
        raise gone(error) from None
    return checked(msgspec.json.decode(answer.content))


def begin(client: httpx.Client, path: str, params: Any) -> httpx.Response:
    """The answer as far as its headers; `finish` reads its body. Raises the error that the server answered with."""
    try:
        answer = client.send(client.build_request("GET", path, params=params), stream=True)
    except httpx.TransportError as error:
        raise gone(error) from None
    if answer.status_code >= 400:
        checked(msgspec.json.decode(finish(answer)))
    return answer


def finish(answer: httpx.Response) -> bytes:
    """The body of an answer that was begun."""
    try:
        return answer.read()
    except httpx.TransportError as error:
        raise gone(error) from None


def stream(client: httpx.Client, path: str, body: Any) -> Iterator[dict[str, Any]]:
    """The objects of an answer of one a line, as they come. Raises the error that one of them is."""
    try:
        with client.stream("POST", path, content=msgspec.json.encode(body), timeout=None) as answer:
            for line in answer.iter_lines():
                yield checked(msgspec.json.decode(line))
    except httpx.TransportError as error:
        raise gone(error) from None


def checked(told: dict[str, Any]) -> dict[str, Any]:
    """The answer. Raises the error that it is."""
    if "error" in told and "message" in told:
        codes: dict[str, type[SojournError]] = {kind.code: kind for kind in ERRORS}
        raise codes.get(told["error"], SojournError)(told["message"])
    return told


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:,.1f} MB"


def gone(error: httpx.TransportError) -> Unavailable:
    return Unavailable(f"The server of the data folder does not answer: {error}; start it again.")
