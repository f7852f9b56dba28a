"""A server of a command's own, for a moment, where no other one serves the place."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from sojourn.app import Sojourn
from sojourn.place import Place
from sojourn.web.server import serve


@contextlib.contextmanager
def opened(place: Place) -> Iterator[None]:
    """It listens on the place's socket within the block. Raises StoreError for a place that cannot be opened."""
    place.make()
    sojourn = Sojourn.at(place)
    try:
        with _serving(sojourn, place.folder):
            yield
        sojourn.loop.stop()
        if sojourn.turns.is_mine:  # else another process of a shared store does it
            sojourn.work_off()
    finally:
        sojourn.close()


@contextlib.contextmanager
def _serving(sojourn: Sojourn, folder: Path) -> Iterator[None]:
    ready = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="sojourn-local") as threads:
        serving = threads.submit(lambda: uvloop.run(serve(sojourn, folder, None, ready.set)))
        serving.add_done_callback(lambda _: ready.set())
        ready.wait()
        try:
            if serving.done():
                serving.result()  # it could not begin, and says why
            yield
        finally:
            sojourn.stop()
