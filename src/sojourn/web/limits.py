"""Rate limits: requests that a secret key may make to read, events that a publishable key may send, a minute."""

from sojourn.app import Sojourn
from sojourn.errors import PayloadTooLarge, RateLimitExceeded
from sojourn.model.bounds import Limiter
from sojourn.pipeline.keys import Access


class Limits:
    """Those of one process. On the folder's socket there are none: its owner may do as much as the machine can."""

    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        bounds = sojourn.bounds
        self._reads = Limiter(0 if is_local else bounds.reads)
        self._events = Limiter(0 if is_local else bounds.events)

    def take_request(self, access: Access) -> None:
        """One request of a secret key but for sending events. Raises RateLimitExceeded."""
        if access.is_secret:
            self._take(self._reads, "reads", access, 1)

    def take_events(self, access: Access, count: int) -> None:
        """So many events of a publishable key: all or none.

        Raises RateLimitExceeded, or PayloadTooLarge for more than a minute allows: waiting would not help.
        """
        if access.is_secret:
            return
        if not self._events.can_fit(count):
            raise PayloadTooLarge(
                f"The request has {count:,} events; this key may send {self._events.limit:,} a minute. "
                "Send fewer events in a request."
            )
        self._take(self._events, "events", access, count)

    def _take(self, limiter: Limiter, kind: str, access: Access, count: int) -> None:
        seconds = limiter.take(access.key_id, count, self._sojourn.now_ms())
        if seconds:
            self._sojourn.meter.limited.add(kind)
            raise RateLimitExceeded(seconds)
