"""Sojourn: events in, sessions out."""

from typing import TYPE_CHECKING, Any

from sojourn.errors import (
    FileError,
    Forbidden,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    RateLimitExceeded,
    SojournError,
    StoreError,
    Unauthorized,
    Unavailable,
)
from sojourn.model.version import VERSION

if TYPE_CHECKING:
    from sojourn.client import AsyncClient, Client, Retries
    from sojourn.frames import sessionize

__version__ = VERSION
__all__ = [
    "AsyncClient",
    "Client",
    "FileError",
    "Forbidden",
    "InvalidRequest",
    "NotFound",
    "PayloadTooLarge",
    "RateLimitExceeded",
    "Retries",
    "SojournError",
    "StoreError",
    "Unauthorized",
    "Unavailable",
    "__version__",
    "sessionize",
]

# Whoever sends events needs no Arrow, whoever groups a table no HTTP: each is loaded when it is asked for.
_LOADED_LATER = {
    "AsyncClient": "sojourn.client",
    "Client": "sojourn.client",
    "Retries": "sojourn.client",
    "sessionize": "sojourn.frames",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LOADED_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
