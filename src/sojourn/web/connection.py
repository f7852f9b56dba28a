"""How a command reaches a data folder: through the server that owns it, or through one of its own for a moment."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import uvloop

from sojourn.app import Sojourn
from sojourn.model.site import check_site_id, owner_of
from sojourn.web.server import serve, socket_path

TIMEOUT = 300.0


def is_served(folder: Path) -> bool:
    """Whether a server owns the folder and answers."""
    if not folder.is_dir():
        return False
    with socket_path(folder) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


@contextlib.contextmanager
def connect(folder: Path, site_id: str | None = None) -> Iterator[httpx.Client]:
    """A client of the API on the folder's socket, which needs no key; for the default site or another one.

    Raises StoreError when the folder cannot be opened, InvalidRequest for a site id that is none.
    """
    headers = {"X-Sojourn-Site": site_id} if site_id is not None and check_site_id(owner_of(site_id)) else {}
    if is_served(folder):
        with _client(folder, headers) as client:
            yield client
        return
    sojourn = Sojourn.in_folder(folder)
    try:
        with _serving(sojourn, folder), _client(folder, headers) as client:
            yield client
        sojourn.loop.stop()
        sojourn.work_off()
    finally:
        sojourn.close()


@contextlib.contextmanager
def _client(folder: Path, headers: dict[str, str]) -> Iterator[httpx.Client]:
    with socket_path(folder) as path:
        transport = httpx.HTTPTransport(uds=path)
        with httpx.Client(transport=transport, base_url="http://sojourn", headers=headers, timeout=TIMEOUT) as client:
            yield client


@contextlib.contextmanager
def _serving(sojourn: Sojourn, folder: Path) -> Iterator[None]:
    ready = threading.Event()
    thread = threading.Thread(
        target=lambda: uvloop.run(serve(sojourn, folder, None, ready.set)), name="sojourn-local", daemon=True
    )
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        sojourn.stop()
        thread.join()
