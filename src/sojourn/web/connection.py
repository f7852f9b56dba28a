"""How a command reaches a data folder: through the server that owns it, or through one of its own for a moment."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from sojourn.model.site import check_site_id, owner_of
from sojourn.place import Place
from sojourn.web.sockets import is_answered, socket_path

TIMEOUT = 300.0


def is_served(place: Place) -> bool:
    """Whether a server of this machine owns the place and answers."""
    return place.is_own() and is_answered(place.folder)


@contextlib.contextmanager
def connect(place: Place, site_id: str | None = None) -> Iterator[httpx.Client]:
    """A client of the API on the place's socket, which needs no key; for the default site or another one.

    Raises StoreError when it cannot be opened, InvalidRequest for a site id that is none.
    """
    headers = {"X-Sojourn-Site": site_id} if site_id is not None and check_site_id(owner_of(site_id)) else {}
    if is_served(place):
        with _client(place.folder, headers) as client:
            yield client
        return
    # Most of a command's time would go into loading what only a server needs.
    from sojourn.web.own import opened

    with opened(place), _client(place.folder, headers) as client:
        yield client


@contextlib.contextmanager
def _client(folder: Path, headers: dict[str, str]) -> Iterator[httpx.Client]:
    with socket_path(folder) as path:
        transport = httpx.HTTPTransport(uds=path)
        with httpx.Client(transport=transport, base_url="http://sojourn", headers=headers, timeout=TIMEOUT) as client:
            yield client
