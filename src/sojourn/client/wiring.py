"""What the client and its async twin are made from alike."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from sojourn.client.exchange import Manner
from sojourn.client.retries import Retries
from sojourn.client.steps import Request
from sojourn.errors import InvalidRequest

TIMEOUT = 30.0
PATIENT = Retries()
CHUNK = 1 << 20

_KEY = re.compile(r"[\x21-\x7e]+")


def new_event_id() -> str:
    return uuid.uuid4().hex


def manner_of(url: str, retries: Retries, chance: Callable[[], float], new_id: Callable[[], str]) -> Manner:
    """Raises InvalidRequest for what is no address of a server; a name or password in it is never shown."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        parts = httpx.URL("")
    if parts.userinfo:
        raise InvalidRequest("url has a name or a password in it; give the address alone, and the key as `key`.")
    if parts.scheme not in ("http", "https") or not parts.host or parts.query or parts.fragment:
        raise InvalidRequest(f"url is {url!r}; allowed is the address of a server such as http://127.0.0.1:8000.")
    return Manner(str(parts).rstrip("/"), retries, chance, new_id)


def options_of(manner: Manner, key: str, timeout: float | httpx.Timeout) -> dict[str, Any]:
    """What both kinds of httpx clients are made with. Raises InvalidRequest for what is no key; it is never shown."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidRequest("key is empty or has characters that no key has; give one such as sk_live_….")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "sojourn-python"}
    return {"base_url": manner.url, "headers": headers, "timeout": timeout}


def asked(request: Request) -> dict[str, Any]:
    """A request as the arguments of httpx."""
    return {
        "method": request.method,
        "url": request.path,
        "params": request.params or None,
        "content": request.body,
        "headers": request.headers(),
    }
