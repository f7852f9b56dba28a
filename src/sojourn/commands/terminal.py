"""What the commands share: where they print, and how they ask the API."""

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
        raise Unavailable(f"The server of the data folder does not answer: {error}; start it again.") from None
    told: dict[str, Any] = msgspec.json.decode(answer.content)
    if answer.status_code >= 400:
        codes: dict[str, type[SojournError]] = {kind.code: kind for kind in ERRORS}
        raise codes.get(told["error"], SojournError)(told["message"])
    return told
