"""A stop that takes no longer than it may, whatever is under way."""

import logging
import os
import sys
import threading

# Of the five seconds in which a server is to be gone; the last is for the system, which takes its memory back.
END_WITHIN = 4.0

log = logging.getLogger("sojourn")


class Deadline:
    """Once set, the process is gone in time.

    Everything acknowledged is durable then, and what the worker was doing is done again after the next start: a
    statement of the store in another thread cannot be cut short, and waiting for it would help nobody.
    """

    def __init__(self, seconds: float = END_WITHIN) -> None:
        self._timer = threading.Timer(seconds, _end)
        self._timer.daemon = True

    def set(self) -> None:
        if not self._timer.is_alive():
            self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()


def _end() -> None:
    log.warning("stopped in the middle of work that can be done again; the next start does it")
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
